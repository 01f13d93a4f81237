"""A bucket of Google Cloud Storage as a writable store: single requests, and resumable uploads for streams."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from http import HTTPStatus

import msgspec

from mirrorlake.core.dates import read_date
from mirrorlake.core.errors import (
    ObjectChanged,
    ObjectExists,
    ObjectGone,
    SettingsError,
)
from mirrorlake.model.objects import ObjectInfo
from mirrorlake.model.sources import Location
from mirrorlake.storage.bucket_writer import BucketWriter
from mirrorlake.storage.http import ERROR_BYTES, Response, deadline_of
from mirrorlake.storage.providers.gcs.config import GcsConfig
from mirrorlake.storage.providers.gcs.errors import RequestInfo, no_such_bucket, translate, unreachable
from mirrorlake.storage.providers.gcs.http import Http
from mirrorlake.storage.providers.gcs.list_requests import request_page
from mirrorlake.storage.providers.gcs.object_reader import ObjectReader, number_of
from mirrorlake.storage.providers.gcs.pages import FIELDS, FOLDER_FIELDS, GcsPage
from mirrorlake.storage.providers.gcs.tokens import WRITE
from mirrorlake.storage.providers.gcs.uploads import ABSENT, PART_BYTES, ResumableUpload
from mirrorlake.storage.writable import StoredObject, check_key, check_prefix

_REWRITES = 1000  # requests of one copy; a copy within a bucket usually takes one
_ROLE = "roles/storage.objectUser"  # of a library store: list, read, write and delete


class _Rewrite(msgspec.Struct, rename="camel"):
    done: bool = False
    rewrite_token: str | None = None


class GcsWritableStore(BucketWriter):
    """The objects below one prefix of a bucket."""

    part_bytes = PART_BYTES

    def __init__(self, location: Location, config: GcsConfig) -> None:
        check_prefix(location)
        super().__init__(location.prefix)
        if config.hmac is not None:
            raise SettingsError(
                f"{location.uri} cannot be written to with HMAC keys.",
                "Use a service account: only the JSON API writes on condition of a generation.",
            )
        self._config = config
        self._bucket = location.container
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
            return self._put(key, data, [ABSENT])
        except ObjectChanged as error:
            raise ObjectExists(f"{self.name}{key} already exists.") from error

    def put_if_match(self, key: str, data: bytes, *, token: str) -> str:
        """One upload on condition of the generation."""
        if number_of(token) is None or token.strip("0") == "":  # 0 would mean that there is no object
            raise ObjectChanged(f"{self.name}{key} has no such version.")
        return self._put(key, data, [("ifGenerationMatch", token)])

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

    def close(self) -> None:
        """Close the connections."""
        if self._opened is not None:
            self._opened[0].close()

    def _upload(self, key: str, parts: Iterator[bytes]) -> str:
        http, reader = self._open()
        asked = self._asked(key)
        try:
            answer = ResumableUpload(http, self._prefix + key, asked).write(parts)
        except ObjectChanged as error:
            raise ObjectExists(f"{self.name}{key} already exists.") from error
        return reader.read_info(self._prefix + key, answer, asked).token

    def _fetch(self, key: str, headers: dict[str, str], limit: int) -> Response:
        return self._send("GET", key, query=[("alt", "media")], headers=headers, deadline_s=deadline_of(limit))

    def _check(self, answer: Response, key: str) -> None:
        if answer.status not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
            raise self._open()[1].refused(answer, self._asked(key))

    def _read(self, answer: Response, key: str, limit: int) -> bytes:
        return self._open()[0].read(answer, asked=self._asked(key), limit=limit)

    def _discard(self, answer: Response) -> None:
        self._open()[0].discard(answer)

    def _page(self, prefix: str, token: str | None, *, folders: bool) -> GcsPage:
        asked = replace(self._asked(""), key=None, prefix=self._prefix + prefix)
        more, fields = ([("delimiter", "/")], FOLDER_FIELDS) if folders else ([], FIELDS)
        return request_page(self._open()[0], asked, more, token, fields=fields)

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

    def _info(self, key: str, answer: Response) -> StoredObject:
        whole = answer.headers.get("Content-Range", "").rpartition("/")[2] or answer.headers.get("Content-Length", "")
        size, generation = number_of(whole), answer.headers.get("X-Goog-Generation", "")
        modified = read_date(answer.headers.get("Last-Modified", ""))
        if size is None or modified is None or number_of(generation) is None:
            raise unreachable(self._asked(key), "it reports no size, date or generation of an object")
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
