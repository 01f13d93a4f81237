"""A bucket as a writable store: single requests, and multipart uploads for streams."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import quote

from mirrorlake.core.errors import (
    ListingBroken,
    ObjectChanged,
    ObjectExists,
    ObjectGone,
    StorageError,
)
from mirrorlake.model.sources import Location
from mirrorlake.storage.bucket_writer import BucketWriter
from mirrorlake.storage.etags import unquoted
from mirrorlake.storage.http import ERROR_BYTES, Response, deadline_of
from mirrorlake.storage.providers.s3.access import S3Access
from mirrorlake.storage.providers.s3.credentials import AwsConfig, machine_config
from mirrorlake.storage.providers.s3.errors import RequestInfo, read_refusal, translate, unreachable
from mirrorlake.storage.providers.s3.http import Http
from mirrorlake.storage.providers.s3.list_requests import request_page
from mirrorlake.storage.providers.s3.list_xml import read_xml
from mirrorlake.storage.providers.s3.multipart import PART_BYTES, MultipartUpload, knows_no_conditions
from mirrorlake.storage.providers.s3.pages import S3Page
from mirrorlake.storage.writable import StoredObject, check_key, check_prefix

_PERMISSIONS = "s3:ListBucket, s3:GetObject, s3:PutObject and s3:DeleteObject"  # of a library store, always all


class S3WritableStore(BucketWriter):
    """The objects below one prefix of a bucket. The server must support If-None-Match and If-Match for PUT."""

    part_bytes = PART_BYTES

    def __init__(self, location: Location, access: S3Access, *, config: AwsConfig | None = None) -> None:
        check_prefix(location)
        super().__init__(location.prefix)
        self._config = config or machine_config(access)
        self._bucket = location.container
        self._opened: Http | None = None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The address of the prefix."""
        return f"s3://{self._bucket}/{self._prefix}"

    def put(self, key: str, data: bytes) -> str:
        """One PUT."""
        return self._put(key, data, {})

    def put_if_absent(self, key: str, data: bytes) -> str:
        """One PUT with If-None-Match."""
        try:
            return self._put(key, data, {"If-None-Match": "*"})
        except ObjectChanged as error:
            raise ObjectExists(f"{self.name}{key} already exists.") from error

    def put_if_match(self, key: str, data: bytes, *, token: str) -> str:
        """One PUT with If-Match."""
        try:
            return self._put(key, data, {"If-Match": f'"{token}"'})
        except ObjectGone as error:
            raise ObjectChanged(f"{self.name}{key} no longer exists.") from error

    def head(self, key: str) -> StoredObject:
        """One HEAD."""
        check_key(key)
        asked = self._asked(key)
        answer = self._send("HEAD", key)
        self._check(answer, key)
        self._http().read(answer, asked=asked, limit=0)
        return self._info(key, answer)

    def delete(self, key: str) -> None:
        """One DELETE."""
        check_key(key.removesuffix("/"))
        if key.endswith("/"):  # a bucket has no folders; a marker of one is not ours
            return
        try:
            self._finish(self._send("DELETE", key), key)
        except ObjectGone:
            return

    def move(self, key: str, to: str) -> None:
        """A copy by the server, then a DELETE."""
        check_key(key)
        check_key(to)
        if key == to:
            self.head(key)
            return
        source = quote(f"/{self._bucket}/{self._prefix}{key}", safe="/-_.~")
        answer = self._send("PUT", to, headers={"x-amz-copy-source": source}, body=b"")
        self._finish(answer, key)
        self.delete(key)

    def close(self) -> None:
        """Close the connections."""
        if self._opened is not None:
            self._opened.close()

    def _create(self, key: str, data: bytes) -> str:
        try:
            return self.put_if_absent(key, data)
        except StorageError as error:
            if not knows_no_conditions(error):
                raise
        return self.put(key, data)

    def _upload(self, key: str, parts: Iterator[bytes]) -> str:
        http = self._http()
        upload = MultipartUpload(http, http.endpoint.path(self._prefix + key), self._asked(key))
        try:
            return upload.write(parts)
        except ObjectChanged as error:
            raise ObjectExists(f"{self.name}{key} already exists.") from error

    def _fetch(self, key: str, headers: dict[str, str], limit: int) -> Response:
        return self._send("GET", key, headers=headers, deadline_s=deadline_of(limit))

    def _read(self, answer: Response, key: str, limit: int) -> bytes:
        return self._http().read(answer, asked=self._asked(key), limit=limit)

    def _discard(self, answer: Response) -> None:
        self._http().discard(answer)

    def _page(self, prefix: str, token: str | None, *, folders: bool) -> S3Page:
        asked = replace(self._asked(prefix), key=None, prefix=self._prefix + prefix)
        delimiter = "/" if folders else None
        return request_page(self._http(), asked, prefix=asked.prefix, token=token, delimiter=delimiter)

    def _put(self, key: str, data: bytes, headers: Mapping[str, str]) -> str:
        check_key(key)
        answer = self._send("PUT", key, headers=headers, body=data, deadline_s=deadline_of(len(data)))
        self._finish(answer, key)
        return _token(answer)

    def _send(
        self,
        method: str,
        key: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        deadline_s: float = deadline_of(0),
    ) -> Response:
        http = self._http()
        path = http.endpoint.path(self._prefix + key)
        asked = self._asked(key)
        return http.send(method, path, asked=asked, headers=headers, body=body, deadline_s=deadline_s)

    def _finish(self, answer: Response, key: str) -> None:
        """Read the small body of a successful request. Raises StorageError for a refusal."""
        self._check(answer, key)
        asked = self._asked(key)
        body = self._http().read(answer, asked=asked, limit=ERROR_BYTES)
        if not body.strip():
            return
        try:
            root = read_xml(body).root
        except ListingBroken as error:
            raise unreachable(asked, "its response is not XML") from error
        if root == "Error":  # S3 may report a failed copy after it has sent status 200
            refusal = read_refusal(HTTPStatus.INTERNAL_SERVER_ERROR, answer.headers, body)
            raise translate(self._http().hide(refusal), asked)

    def _check(self, answer: Response, key: str) -> None:
        if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            return
        asked = self._asked(key)
        raise translate(self._http().refusal(answer), asked)

    def _info(self, key: str, answer: Response) -> StoredObject:
        asked = self._asked(key)
        whole = answer.headers.get("Content-Range", "").rpartition("/")[2] or answer.headers.get("Content-Length", "")
        try:
            modified = parsedate_to_datetime(answer.headers.get("Last-Modified", "")).timestamp()
            size = int(whole)
        except (ValueError, TypeError, OverflowError) as error:
            raise unreachable(asked, "it reports no size or no date of an object") from error
        return StoredObject(key=key, size=size, token=_token(answer), modified=modified)

    def _asked(self, key: str) -> RequestInfo:
        return RequestInfo(
            bucket=self._bucket,
            region=self._config.region,
            key=self._prefix + key,
            permission=_PERMISSIONS,
            verb="read or write",
        )

    def _http(self) -> Http:
        """The connections, opened in the process that uses them."""
        with self._lock:
            if self._opened is None:
                self._opened = Http(self._bucket, self._config)
            return self._opened


def _token(answer: Response) -> str:
    return unquoted(answer.headers.get("ETag", ""))
