"""Read objects or parts of them from servers as they are: compare what responses state with what a listing stated.

a GET with If-Match ─(412)─▶ a GET without it, and the ETag is compared
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus

from mirrorlake.core.dates import read_date
from mirrorlake.core.errors import StorageError
from mirrorlake.model.objects import ObjectInfo
from mirrorlake.storage.base import Body
from mirrorlake.storage.bodies import decoded_body
from mirrorlake.storage.etags import token_of
from mirrorlake.storage.http import Response, deadline_of
from mirrorlake.storage.providers.s3.dialect import AWS, Dialect
from mirrorlake.storage.providers.s3.errors import RequestInfo, has_changed, unreachable
from mirrorlake.storage.providers.s3.http import Http
from mirrorlake.storage.ranges import range_header, whole_size

_FOUND = (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT)
_UNMATCHED = (HTTPStatus.PRECONDITION_FAILED, HTTPStatus.NOT_IMPLEMENTED)

Refuse = Callable[[Response, RequestInfo], StorageError]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """What is read of an object."""

    token: str | None  # of the version; None: any
    length: int  # bytes, at most
    start: int | None = None  # None: all of it
    query: Sequence[tuple[str, str]] = ()  # names a version

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.start is None else range_header(self.start, self.length)


def object_info(key: str, headers: Mapping[str, str], size: int, dialect: Dialect = AWS) -> ObjectInfo:
    """The facts in the headers of a response."""
    modified = read_date(headers.get("Last-Modified", ""))
    if dialect.version_header != AWS.version_header:
        return ObjectInfo(
            key=key,
            size=size,
            token=headers.get(dialect.version_header, ""),
            modified=modified,
            storage_class=headers.get("x-goog-storage-class"),
        )
    return ObjectInfo(
        key=key,
        size=size,
        token=token_of(headers.get("ETag"), modified),
        modified=modified,
        storage_class=headers.get("x-amz-storage-class"),
        version=version_id(headers.get("x-amz-version-id")),
    )


def version_id(header: str | None) -> str | None:
    """The version id of a response header; "null" stands for an object without one."""
    return None if header == "null" else header


class ObjectReader:
    """Reads objects of one bucket, whole or in parts. Thread-safe.

    It learns from the responses: a server that does not accept our If-Match for an unchanged object gets no more of
    them.
    """

    def __init__(self, http: Http, refused: Refuse, dialect: Dialect = AWS) -> None:
        self._http = http
        self._refused = refused
        self._dialect = dialect
        self._sends_if_match = dialect.if_match

    def get(
        self,
        key: str,
        asked: RequestInfo,
        *,
        token: str | None,
        limit: int,
        query: Sequence[tuple[str, str]] = (),
    ) -> Body:
        """The object, or the version that `query` names, if it has `token`. Errors as in `storage.base.Store`."""
        return self._get(key, asked, _Part(token=token, length=limit, query=query))

    def get_range(self, key: str, asked: RequestInfo, *, token: str | None, start: int, length: int) -> Body:
        """A part of the object, if it still has `token`. Errors as in `storage.base.Store`."""
        return self._get(key, asked, _Part(token=token, start=start, length=length))

    def _get(self, key: str, asked: RequestInfo, part: _Part) -> Body:
        token = part.token
        if_match = token if self._sends_if_match and token is not None and read_date(token) is None else None
        headers = {} if if_match is None else {"If-Match": f'"{if_match}"'}
        answer = self._send(key, asked, part, headers)
        try:
            if if_match is None or answer.status not in _UNMATCHED:
                return self._read(key, answer, asked, part)
        finally:
            self._http.discard(answer)
        return self._get_unconditional(key, asked, part)

    def _send(self, key: str, asked: RequestInfo, part: _Part, headers: Mapping[str, str]) -> Response:
        path = self._http.endpoint.path(key)
        headers = {**headers, **part.headers}
        deadline_s = deadline_of(part.length)
        return self._http.send("GET", path, asked=asked, query=part.query, headers=headers, deadline_s=deadline_s)

    def _get_unconditional(self, key: str, asked: RequestInfo, part: _Part) -> Body:
        """The object after a refused If-Match, if its ETag shows that it is unchanged.

        Some servers accept the tag only without quotes, or not at all; a tag that a proxy made weak matches nothing.
        """
        answer = self._send(key, asked, part, {})
        try:
            if answer.status in _FOUND and not object_info(key, answer.headers, 0).has_etag:
                raise has_changed(asked)  # nothing contradicts the server
            body = self._read(key, answer, asked, part)
        finally:
            self._http.discard(answer)
        self._sends_if_match = False
        return body

    def _read(self, key: str, answer: Response, asked: RequestInfo, part: _Part) -> Body:
        if answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and part.start is not None:
            raise has_changed(asked)  # it ends before
        if answer.status not in _FOUND:
            raise self._refused(answer, asked)
        info = object_info(key, answer.headers, 0, self._dialect)
        if not info.token and not self._dialect.if_match:
            raise unreachable(asked, f"it does not report {self._dialect.version_header}")
        # Not every server honours If-Match.
        if part.token is not None and not info.is_version(part.token):
            raise has_changed(asked)
        if part.start is not None:
            size = whole_size(asked.what, answer.status, answer.headers, start=part.start, length=part.length)
            if size <= part.start:  # a server that returns nothing instead of 416
                raise has_changed(asked)
            data = self._http.read_object(answer, asked=asked, what=asked.what, limit=part.length)
            return Body(data=data, info=replace(info, size=size))
        encoding = answer.headers.get("Content-Encoding", "")
        data = self._http.read_object(answer, asked=asked, what=asked.what, limit=part.length)
        return decoded_body(asked.what, replace(info, size=len(data)), data, encoding, part.length)
