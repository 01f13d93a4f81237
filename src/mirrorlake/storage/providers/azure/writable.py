"""A container as a writable store: single requests, and blocks for streams."""

from __future__ import annotations

import threading
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import cast
from uuid import uuid4

from mirrorlake.core.dates import read_date
from mirrorlake.core.errors import (
    ObjectChanged,
    ObjectExists,
    ObjectGone,
)
from mirrorlake.model.sources import Location
from mirrorlake.storage.bucket_writer import BucketWriter
from mirrorlake.storage.http import ERROR_BYTES, Response, deadline_of
from mirrorlake.storage.providers.azure.access import AzureAccess
from mirrorlake.storage.providers.azure.address import account_of, container_of
from mirrorlake.storage.providers.azure.credentials import AzureConfig
from mirrorlake.storage.providers.azure.errors import RequestInfo, translate, unreachable
from mirrorlake.storage.providers.azure.http import Http
from mirrorlake.storage.providers.azure.list_requests import request_page
from mirrorlake.storage.providers.azure.object_reader import etag_of
from mirrorlake.storage.providers.azure.pages import AzurePage
from mirrorlake.storage.providers.azure.resolving import config_of
from mirrorlake.storage.providers.azure.store import url_of
from mirrorlake.storage.writable import StoredObject, check_key, check_prefix

BLOCK_BYTES = 8 << 20  # of a stream; Azure allows 50,000 blocks
_BLOCK_BLOB = {"x-ms-blob-type": "BlockBlob"}
_ABSENT = {"If-None-Match": "*"}
_EXISTS = ("BlobAlreadyExists", "ConditionNotMet")


class AzureWritableStore(BucketWriter):
    """The objects below one prefix of a container."""

    part_bytes = BLOCK_BYTES

    def __init__(self, location: Location, access: AzureAccess, *, config: AzureConfig | None = None) -> None:
        check_prefix(location)
        super().__init__(location.prefix)
        config = config or config_of(access, account_of(location), None)
        self._url = url_of(location, config)
        self._authentication, self._wire = config.authentication, config.wire
        self._place = location.container
        self._container = container_of(location)
        self._opened: Http | None = None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The address of the prefix."""
        return f"az://{self._place}/{self._prefix}"

    def put(self, key: str, data: bytes) -> str:
        """One Put Blob."""
        return self._put(key, data, {})

    def put_if_absent(self, key: str, data: bytes) -> str:
        """One Put Blob with If-None-Match."""
        check_key(key)
        return self._created(self._send("PUT", key, headers={**_BLOCK_BLOB, **_ABSENT}, body=data), key)

    def _created(self, answer: Response, key: str) -> str:
        refused = answer.status in (HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED)
        if refused and answer.headers.get("x-ms-error-code", "") in _EXISTS:
            self._http().discard(answer)
            raise ObjectExists(f"{self.name}{key} already exists.")
        return self._finish(answer, key)

    def put_if_match(self, key: str, data: bytes, *, token: str) -> str:
        """One Put Blob with If-Match."""
        try:
            return self._put(key, data, {"If-Match": f'"{token}"'})
        except ObjectGone as error:
            raise ObjectChanged(f"{self.name}{key} no longer exists.") from error

    def head(self, key: str) -> StoredObject:
        """One HEAD."""
        check_key(key)
        answer = self._send("HEAD", key)
        self._check(answer, key)
        self._http().read(answer, asked=self._asked(key), limit=0)
        return self._info(key, answer)

    def delete(self, key: str) -> None:
        """One Delete Blob, with its snapshots."""
        check_key(key.removesuffix("/"))
        if key.endswith("/"):  # a container has no folders; a marker of one is not ours
            return
        try:
            self._finish(self._send("DELETE", key, headers={"x-ms-delete-snapshots": "include"}), key, tagged=False)
        except ObjectGone:
            return

    def move(self, key: str, to: str) -> None:
        """The bytes written to the new key, then a Delete Blob: a copy by the server would need another signature."""
        check_key(to)
        if key == to:
            self.head(key)
            return
        self.put(to, self.get(key).data)
        self.delete(key)

    def close(self) -> None:
        """Close the connections."""
        if self._opened is not None:
            self._opened.close()

    def _upload(self, key: str, parts: Iterator[bytes]) -> str:
        """Uncommitted blocks, then their list.

        Azure discards the blocks of an upload that broke off after a week; nothing lists or reads them before.
        """
        upload, ids = uuid4().hex, list[str]()
        for piece in parts:
            ids.append(b64encode(f"{upload}{len(ids):08}".encode()).decode())
            answer = self._send("PUT", key, query=[("blockid", ids[-1]), ("comp", "block")], body=piece)
            self._finish(answer, key, tagged=False)
        listed = "".join(f"<Latest>{one}</Latest>" for one in ids)
        body = f'<?xml version="1.0" encoding="utf-8"?><BlockList>{listed}</BlockList>'.encode()
        return self._created(self._send("PUT", key, query=[("comp", "blocklist")], headers=_ABSENT, body=body), key)

    def _fetch(self, key: str, headers: dict[str, str], limit: int) -> Response:
        return self._send("GET", key, headers=headers, deadline_s=deadline_of(limit))

    def _read(self, answer: Response, key: str, limit: int) -> bytes:
        return self._http().read(answer, asked=self._asked(key), limit=limit)

    def _discard(self, answer: Response) -> None:
        self._http().discard(answer)

    def _page(self, prefix: str, token: str | None, *, folders: bool) -> AzurePage:
        asked = RequestInfo(container=self._place, prefix=self._prefix + prefix, writes=True)
        delimiter = "/" if folders else None
        page = request_page(self._http(), asked, prefix=asked.prefix, marker=token, delimiter=delimiter)
        return cast("AzurePage", page)  # None only with a start

    def _put(self, key: str, data: bytes, headers: Mapping[str, str]) -> str:
        check_key(key)
        return self._finish(self._send("PUT", key, headers={**_BLOCK_BLOB, **headers}, body=data), key)

    def _send(
        self,
        method: str,
        key: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        deadline_s: float | None = None,
    ) -> Response:
        http = self._http()
        return http.send(
            method,
            http.path(self._prefix + key),
            asked=self._asked(key),
            query=query,
            headers=headers,
            body=body,
            deadline_s=deadline_of(len(body or b"")) if deadline_s is None else deadline_s,
        )

    def _finish(self, answer: Response, key: str, *, tagged: bool = True) -> str:
        """The token that a successful write returned, if it returns one. Raises StorageError for a refusal."""
        self._check(answer, key)
        asked = self._asked(key)
        self._http().read(answer, asked=asked, limit=ERROR_BYTES)
        return etag_of(answer.headers, asked) if tagged else ""

    def _check(self, answer: Response, key: str) -> None:
        if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            raise translate(self._http().refusal(answer), self._asked(key))

    def _info(self, key: str, answer: Response) -> StoredObject:
        asked = self._asked(key)
        whole = answer.headers.get("Content-Range", "").rpartition("/")[2] or answer.headers.get("Content-Length", "")
        modified = read_date(answer.headers.get("Last-Modified", ""))
        if modified is None or not (whole.isascii() and whole.isdigit()):
            raise unreachable(asked, "it reports no size or no date of an object")
        return StoredObject(
            key=key, size=int(whole), token=etag_of(answer.headers, asked), modified=modified.timestamp()
        )

    def _asked(self, key: str) -> RequestInfo:
        return RequestInfo(container=self._place, key=self._prefix + key, writes=True, verb="read or write")

    def _http(self) -> Http:
        """The connections, opened in the process that uses them."""
        with self._lock:
            if self._opened is None:
                self._opened = Http(self._url, self._container, self._authentication, self._wire)
            return self._opened
