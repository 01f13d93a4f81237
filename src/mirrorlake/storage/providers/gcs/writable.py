"""A bucket of Google Cloud Storage as a writable store: single requests, and resumable uploads for streams."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from itertools import chain
from typing import cast

import msgspec

from mirrorlake.core.dates import read_date
from mirrorlake.core.errors import (
    ListingBroken,
    ObjectChanged,
    ObjectExists,
    ObjectGone,
    SettingsError,
    StorageError,
)
from mirrorlake.model.objects import ObjectInfo
from mirrorlake.model.sources import Location
from mirrorlake.storage.chunks import chunks
from mirrorlake.storage.http import ERROR_BYTES, Response, deadline_of
from mirrorlake.storage.providers.gcs.config import GcsConfig
from mirrorlake.storage.providers.gcs.errors import RequestInfo, no_such_bucket, translate, unreachable
from mirrorlake.storage.providers.gcs.http import Http
from mirrorlake.storage.providers.gcs.list_requests import request_page
from mirrorlake.storage.providers.gcs.object_reader import ObjectReader, number_of
from mirrorlake.storage.providers.gcs.pages import FIELDS, FOLDER_FIELDS, GcsPage
from mirrorlake.storage.providers.gcs.tokens import WRITE
from mirrorlake.storage.providers.gcs.uploads import PART_BYTES, ResumableUpload
from mirrorlake.storage.retry import RetryPolicy
from mirrorlake.storage.writable import OBJECT_BYTES, StoredBody, StoredObject, check_key, check_prefix

_REWRITES = 1000  # requests of one copy; a copy within a bucket usually takes one
_ROLE = "roles/storage.objectUser"  # of a library store: list, read, write and delete


class _Rewrite(msgspec.Struct, rename="camel"):
    done: bool = False
    rewrite_token: str | None = None


class GcsWritableStore:
    """The objects below one prefix of a bucket."""

    durable = True

    def __init__(self, location: Location, config: GcsConfig) -> None:
        check_prefix(location)
        if config.hmac is not None:
            raise SettingsError(
                f"{location.uri} cannot be written to with HMAC keys.",
                "Use a service account: only the JSON API writes on condition of a generation.",
            )
        self._config = config
        self._bucket = location.container
        self._prefix = location.prefix
        self._opened: tuple[Http, ObjectReader] | None = None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The address of the prefix."""
        return f"gs://{self._bucket}/{self._prefix}"

    def put(self, key: str, data: bytes) -> str:
        """One upload."""
        return self._put(key, data, [])

    def put_if_absent(self, key: str, data: bytes) -> str:
        """One upload on condition that there is no generation."""
        try:
            return self._put(key, data, [("ifGenerationMatch", "0")])
        except ObjectChanged as error:
            raise ObjectExists(f"{self.name}{key} already exists.") from error

    def put_if_match(self, key: str, data: bytes, *, token: str) -> str:
        """One upload on condition of the generation."""
        if number_of(token) is None or token.strip("0") == "":  # 0 would mean that there is no object
            raise ObjectChanged(f"{self.name}{key} has no such version.")
        return self._put(key, data, [("ifGenerationMatch", token)])

    def put_stream(self, key: str, parts: Iterable[bytes]) -> str:
        """A resumable upload, or a single one if everything fits into one part."""
        check_key(key)
        pieces = chunks(parts, PART_BYTES)
        first = next(pieces)
        second = next(pieces, None)
        if second is None:
            return self.put(key, first)
        http, reader = self._open()
        asked = self._asked(key)
        answer = ResumableUpload(http, self._prefix + key, asked).write(chain((first, second), pieces))
        return reader.read_info(self._prefix + key, answer, asked).token

    def get(self, key: str, *, length: int | None = None) -> StoredBody:
        """One GET, with a range if only the beginning is requested."""
        check_key(key)
        http, reader = self._open()
        asked = self._asked(key)
        limit = OBJECT_BYTES if length is None else length
        headers = {} if length is None else {"Range": f"bytes=0-{length - 1}"}
        answer = self._send("GET", key, query=[("alt", "media")], headers=headers, deadline_s=deadline_of(limit))
        try:
            if answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:  # an empty object has no first bytes
                return StoredBody(data=b"", info=self.head(key))
            if answer.status not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
                raise reader.refused(answer, asked)
            info = self._info_of_headers(key, answer, asked)
            # A server that ignores the range returns the whole object.
            limit = info.size if answer.status == HTTPStatus.OK else limit
            if limit > OBJECT_BYTES:
                raise StorageError(f"{self.name}{key} has {info.size:,} bytes, more than mirrorlake ever writes there.")
            data = http.read(answer, asked=asked, limit=limit)
            return StoredBody(data=data if length is None else data[:length], info=info)
        finally:
            http.discard(answer)

    def head(self, key: str) -> StoredObject:
        """The object's metadata."""
        check_key(key)
        return _stored(key, self._open()[1].head(self._prefix + key, self._asked(key)))

    def delete(self, key: str) -> None:
        """One DELETE."""
        check_key(key.removesuffix("/"))
        if key.endswith("/"):  # a bucket has no folders; a marker of one is not ours
            return
        http, reader = self._open()
        answer = self._send("DELETE", key)
        if answer.status in (HTTPStatus.OK, HTTPStatus.NO_CONTENT):
            http.read(answer, asked=self._asked(key), limit=ERROR_BYTES)
            return
        error = reader.refused(answer, self._asked(key))
        if not isinstance(error, ObjectGone):
            raise error

    def move(self, key: str, to: str) -> None:
        """A copy by the server, in as many requests as it needs, then a DELETE."""
        check_key(key)
        check_key(to)
        if key == to:
            self.head(key)
            return
        http, reader = self._open()
        asked = self._asked(key)
        path = f"{http.path(self._prefix + key)}/rewriteTo{http.path(self._prefix + to).partition('/storage/v1')[2]}"
        token: str | None = None
        for _ in range(_REWRITES):
            query = [("fields", "done,rewriteToken")] + ([] if token is None else [("rewriteToken", token)])
            answer = http.send("POST", path, asked=asked, query=query, body=b"")
            if answer.status != HTTPStatus.OK:
                raise reader.refused(answer, asked)
            done, token = _rewrite_of(http.read(answer, asked=asked, limit=ERROR_BYTES))
            if done:
                self.delete(key)
                return
            if token is None:
                break
        raise unreachable(asked, "it does not finish a copy")

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Pages of a thousand; each is retried separately, because a listing cannot be resumed in the middle."""
        for page in self._pages(prefix, [], FIELDS):
            for found in page.batch.to_pylist():
                modified = cast("datetime | None", found["modified"])
                yield StoredObject(
                    key=found["key"].removeprefix(self._prefix),
                    size=found["size"],
                    token=found["token"],
                    modified=0.0 if modified is None else modified.timestamp(),
                )

    def folders(self, prefix: str) -> list[str]:
        """The common prefixes below `prefix`."""
        pages = self._pages(prefix, [("delimiter", "/")], FOLDER_FIELDS)
        return sorted({name.rstrip("/").rpartition("/")[2] for page in pages for name in page.prefixes})

    def close(self) -> None:
        """Close the connections."""
        if self._opened is not None:
            self._opened[0].close()

    def _pages(self, prefix: str, more: Sequence[tuple[str, str]], fields: str) -> Iterator[GcsPage]:
        http, _ = self._open()
        asked = replace(self._asked(""), key=None, prefix=self._prefix + prefix)
        token: str | None = None
        while True:
            page = RetryPolicy().call(lambda token=token: request_page(http, asked, more, token, fields=fields))
            yield page
            if page.next_token is None:
                return
            if page.next_token == token:
                raise ListingBroken(f"The listing of {asked.what} does not advance.", "Check the endpoint.")
            token = page.next_token

    def _put(self, key: str, data: bytes, condition: Sequence[tuple[str, str]]) -> str:
        check_key(key)
        http, reader = self._open()
        asked = self._asked(key)
        answer = http.send(
            "POST",
            http.upload_path(),
            asked=asked,
            query=[("name", self._prefix + key), ("uploadType", "media"), *condition],
            headers={"Content-Type": "application/octet-stream"},
            body=data,
            deadline_s=deadline_of(len(data)),
        )
        if answer.status not in (HTTPStatus.OK, HTTPStatus.CREATED):
            error = translate(http.refusal(answer), asked)
            # A missing object never answers an upload with 404, so its bucket is missing.
            raise no_such_bucket(asked) if isinstance(error, ObjectGone) else error
        return reader.read_info(self._prefix + key, answer, asked).token

    def _send(
        self,
        method: str,
        key: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        headers: dict[str, str] | None = None,
        deadline_s: float = deadline_of(0),
    ) -> Response:
        http, _ = self._open()
        path = http.path(self._prefix + key)
        return http.send(method, path, asked=self._asked(key), query=query, headers=headers, deadline_s=deadline_s)

    def _info_of_headers(self, key: str, answer: Response, asked: RequestInfo) -> StoredObject:
        whole = answer.headers.get("Content-Range", "").rpartition("/")[2] or answer.headers.get("Content-Length", "")
        size, generation = number_of(whole), answer.headers.get("X-Goog-Generation", "")
        modified = read_date(answer.headers.get("Last-Modified", ""))
        if size is None or modified is None or number_of(generation) is None:
            raise unreachable(asked, "it reports no size, date or generation of an object")
        return StoredObject(key=key, size=size, token=generation, modified=modified.timestamp())

    def _asked(self, key: str) -> RequestInfo:
        source = self._config.source
        return RequestInfo(
            bucket=self._bucket,
            key=self._prefix + key,
            permission="storage.objects.create",
            role=_ROLE,
            anonymous=self._config.anonymous,
            principal=None if source is None else source.principal,
            verb="read or write",
        )

    def _open(self) -> tuple[Http, ObjectReader]:
        """The connections, opened in the process that uses them."""
        with self._lock:
            if self._opened is None:
                http = Http(self._bucket, self._config, WRITE)
                self._opened = http, ObjectReader(http)
            return self._opened


def _stored(key: str, info: ObjectInfo) -> StoredObject:
    modified = 0.0 if info.modified is None else info.modified.timestamp()
    return StoredObject(key=key, size=info.size, token=info.token, modified=modified)


def _rewrite_of(body: bytes) -> tuple[bool, str | None]:
    """Whether a copy is done, and the token with which it continues."""
    try:
        found = msgspec.json.decode(body, type=_Rewrite)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False, None
    return found.done, found.rewrite_token
