"""One bucket as a store."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import cast

import pyarrow as pa
import urllib3

from mirrorlake.core.errors import ObjectChanged, ObjectGone, ObjectTooLarge, StorageError
from mirrorlake.model.objects import KeyRange, ObjectInfo, UnsupportedKey
from mirrorlake.model.sources import Location
from mirrorlake.storage.base import Body, ListPage
from mirrorlake.storage.http import deadline_of
from mirrorlake.storage.listing_batches import count_upto, filter_range, key_at
from mirrorlake.storage.paging import bounds, ranges
from mirrorlake.storage.providers.s3.access import S3Access
from mirrorlake.storage.providers.s3.credentials import AwsConfig, CredentialSource, machine_config
from mirrorlake.storage.providers.s3.errors import RequestInfo, is_inconclusive, translate, unreachable
from mirrorlake.storage.providers.s3.http import Http
from mirrorlake.storage.providers.s3.list_requests import request_page
from mirrorlake.storage.providers.s3.pages import S3Page

SPLIT_PAGES = 4  # how many folders a split lists, and how many pages of each
PRESIGN_MAX_S = 7 * 24 * 3600  # longer signatures are refused by S3
_KEY_BYTES = 1024
_NOT_TEXT = "its key contains a NUL character or is not UTF-8, which no catalog can hold"


@dataclass(frozen=True, slots=True)
class _Token:
    """The server's token of the next page."""

    text: str


class S3Store:
    """Lists and reads one bucket of S3, or of a server that speaks its protocol.

    With `listing_ordered` None, only AWS counts as ordered. With `credentials` None, the machine's chain is used.
    `config` is the machine's configuration, if it was already read.
    """

    def __init__(
        self,
        location: Location,
        access: S3Access,
        *,
        listing_ordered: bool | None = None,
        credentials: CredentialSource | None = None,
        config: AwsConfig | None = None,
    ) -> None:
        if config is None:
            config = machine_config(access, credentials)
        self._bucket = location.container
        self._region = config.region
        self._anonymous = access.anonymous
        self._ordered = config.server.is_aws if listing_ordered is None else listing_ordered
        self._server = str(config.server)
        self._http = Http(self._bucket, config)

    @property
    def ordered(self) -> bool:
        """Whether pages are in byte order of their keys."""
        return self._ordered

    @property
    def server(self) -> str | None:
        """The endpoint, with the setting or variable that specifies it unless that is the region."""
        return self._server

    def list_page(self, scope: KeyRange, cursor: object | None) -> ListPage:
        """One ListObjectsV2 page of `scope`."""
        # Servers with another order list the whole prefix; keys outside the scope are removed here.
        after = scope.after if self._ordered else None
        page = self._list(scope.prefix, after=after, token=cast("_Token | None", cursor))
        batch, passed = _within(page.batch, scope, ordered=self._ordered)
        following = None if passed or page.next_token is None else _Token(page.next_token)
        unsupported = tuple(UnsupportedKey(shown=key, reason=_NOT_TEXT) for key in page.unsupported)
        return ListPage(batch=batch, cursor=following, unsupported=unsupported)

    def head(self, key: str) -> ObjectInfo:
        """The object's facts by HEAD."""
        asked = self._asked(key)
        _check_key(key)
        answer = self._http.send("HEAD", self._http.endpoint.path(key), asked=asked)
        if answer.status == HTTPStatus.OK:
            self._http.read(answer, asked=asked, limit=0)
            return _info(key, answer)
        error = translate(self._http.refusal(answer), asked)
        raise self._gone(asked) if isinstance(error, ObjectGone) else error

    def get(self, key: str, *, token: str | None, limit: int) -> Body:
        """The whole object by a GET with If-Match."""
        _check_key(key)
        asked = self._asked(key)
        headers = {} if token is None else {"If-Match": f'"{token}"'}
        answer = self._http.send(
            "GET", self._http.endpoint.path(key), asked=asked, headers=headers, deadline_s=deadline_of(limit)
        )
        try:
            if answer.status != HTTPStatus.OK:
                raise self._refused(answer, asked)
            info = _info(key, answer)
            # Not every server honours If-Match.
            if token is not None and info.token != token:
                raise ObjectChanged(f"{asked.what} has changed since it was listed.")
            if info.size > limit:
                raise ObjectTooLarge(f"{asked.what} has {info.size:,} bytes, more than the {limit:,} allowed.")
            data = self._http.read(answer, asked=asked, limit=info.size)
            return Body(data=data, info=info)
        finally:
            self._http.discard(answer)

    def split(self, scope: KeyRange, parts: int) -> list[KeyRange]:
        """Ranges whose bounds are common prefixes, found by a few pages with a delimiter."""
        if parts < 2 or not self._ordered:  # noqa: PLR2004 - one part is the whole
            return [scope]
        return ranges(scope, bounds(self._names_below, scope.prefix, parts, SPLIT_PAGES), parts)

    def presign(self, key: str, expires_s: int) -> str | None:
        """A URL for reading `key` during the next `expires_s` seconds (at most a week), encoded once."""
        _check_key(key)
        return self._http.presign(self._http.endpoint.path(key), max(1, min(expires_s, PRESIGN_MAX_S)))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _names_below(self, prefix: str) -> list[str]:
        """Keys and common prefixes directly below `prefix`: all of them, or those of the first pages."""
        names: set[str] = set()
        token: _Token | None = None
        for _ in range(SPLIT_PAGES):
            page = self._list(prefix, token=token, delimiter="/")
            names.update(page.prefixes, cast("list[str]", page.batch.column("key").to_pylist()))
            if page.next_token is None:
                break
            token = _Token(page.next_token)
        return sorted(names)

    def _list(
        self, prefix: str, *, after: str | None = None, token: _Token | None = None, delimiter: str | None = None
    ) -> S3Page:
        asked = RequestInfo(bucket=self._bucket, region=self._region, prefix=prefix, anonymous=self._anonymous)
        text = None if token is None else token.text
        return request_page(self._http, asked, prefix=prefix, after=after, token=text, delimiter=delimiter)

    def _asked(self, key: str) -> RequestInfo:
        return RequestInfo(
            bucket=self._bucket, region=self._region, key=key, permission="s3:GetObject", anonymous=self._anonymous
        )

    def _refused(self, answer: urllib3.BaseHTTPResponse, asked: RequestInfo) -> StorageError:
        refusal = self._http.refusal(answer)
        error = translate(refusal, asked)
        return is_inconclusive(asked) if isinstance(error, ObjectGone) and not refusal.code else error

    def _gone(self, asked: RequestInfo) -> StorageError:
        """The cause of a 404 without a body, as in all responses to HEAD: the object, its bucket, or neither.

        A GET of the same key returns an S3 error document. Without one, the 404 may not come from S3.
        """
        path = self._http.endpoint.path(cast("str", asked.key))
        answer = self._http.send("GET", path, asked=asked, headers={"Range": "bytes=0-0"})
        try:
            if answer.status in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
                return unreachable(asked, "it reports an object as missing, but returns it")
            return self._refused(answer, asked)
        finally:
            self._http.discard(answer)


def _within(batch: pa.RecordBatch, scope: KeyRange, *, ordered: bool) -> tuple[pa.RecordBatch, bool]:
    """The rows of `batch` within `scope`, and whether the end of the scope was reached."""
    if not ordered:
        return filter_range(batch, scope), False
    if scope.until is None or not batch.num_rows or key_at(batch, -1) <= scope.until:
        return batch, False
    return batch.slice(0, count_upto(batch, scope.until)), True


def _check_key(key: str) -> None:
    """Raise ObjectGone for an invalid key without a request: the response of S3 would be misleading."""
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        size = 0
    if not 1 <= size <= _KEY_BYTES or "\0" in key:
        raise ObjectGone(f"{key!r} is not a valid key of a bucket.")


def _info(key: str, answer: urllib3.BaseHTTPResponse) -> ObjectInfo:
    headers = answer.headers
    modified: datetime | None = None
    with suppress(ValueError, TypeError, OverflowError):  # an invalid date is ignored
        modified = parsedate_to_datetime(headers["Last-Modified"]) if "Last-Modified" in headers else None
    length = headers.get("Content-Length", "")
    if not length.isdigit():
        raise StorageError(f"The server does not report the size of {key!r}.", "Check the endpoint and any proxy.")
    return ObjectInfo(
        key=key,
        size=int(length),
        token=headers.get("ETag", "").strip().removeprefix('"').removesuffix('"'),
        modified=modified,
        storage_class=headers.get("x-amz-storage-class"),
        version=_version_id(headers.get("x-amz-version-id")),
    )


def _version_id(header: str | None) -> str | None:
    """The version id of a response header; "null" stands for an object without one."""
    return None if header == "null" else header
