"""Read single blobs: their facts by HEAD, and objects or parts of them by GET with If-Match."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from types import MappingProxyType

from mirrorlake.core.dates import read_date
from mirrorlake.model.objects import ObjectInfo
from mirrorlake.storage.base import Body
from mirrorlake.storage.bodies import declared_size, decoded_body
from mirrorlake.storage.etags import unquoted
from mirrorlake.storage.http import Response, deadline_of
from mirrorlake.storage.providers.azure.errors import RequestInfo, gone, has_changed, translate, unreachable
from mirrorlake.storage.providers.azure.http import Http
from mirrorlake.storage.ranges import range_header, whole_size

Query = Sequence[tuple[str, str]]
_PLAIN: Mapping[str, str] = MappingProxyType({})


def read_head(http: Http, key: str, asked: RequestInfo, query: Query = ()) -> ObjectInfo:
    """The facts of the object, or of the version that `query` names. Raises StorageError.

    ObjectGone also for a directory of a hierarchical namespace.
    """
    answer = http.send("HEAD", http.path(key), asked=asked, query=query)
    if answer.status != HTTPStatus.OK:
        raise translate(http.refusal(answer), asked)
    http.read(answer, asked=asked, limit=0)
    if _is_directory(answer.headers):
        raise gone(asked)
    size = declared_size(answer.headers)
    if size is None:
        raise unreachable(asked, "it does not report the size of the object")
    return _object_info(key, answer.headers, size, asked)


def read_object(http: Http, key: str, asked: RequestInfo, *, token: str | None, limit: int, query: Query = ()) -> Body:
    """The object without its content encoding, or the version that `query` names, if it has `token`.

    Errors as in `storage.base.Store`.
    """
    answer = _send(http, key, asked, token=token, limit=limit, query=query)
    try:
        info = _checked(http, key, answer, asked, token=token, query=query)
        encoding = answer.headers.get("Content-Encoding", "")
        data = http.read_object(answer, asked=asked, what=asked.what, limit=limit)
    finally:
        http.discard(answer)
    return decoded_body(asked.what, replace(info, size=len(data)), data, encoding, limit)


def read_range(http: Http, key: str, asked: RequestInfo, *, token: str | None, start: int, length: int) -> Body:
    """A part of the object, if it still has `token`. Errors as in `storage.base.Store`."""
    answer = _send(http, key, asked, token=token, limit=length, headers=range_header(start, length))
    try:
        if answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise has_changed(asked)  # it ends before
        info = _checked(http, key, answer, asked, token=token)
        size = whole_size(asked.what, answer.status, answer.headers, start=start, length=length)
        if size <= start:  # a server that returns nothing instead of 416
            raise has_changed(asked)
        data = http.read_object(answer, asked=asked, what=asked.what, limit=length)
    finally:
        http.discard(answer)
    return Body(data=data, info=replace(info, size=size))


def _send(
    http: Http,
    key: str,
    asked: RequestInfo,
    *,
    token: str | None,
    limit: int,
    headers: Mapping[str, str] = _PLAIN,
    query: Query = (),
) -> Response:
    headers = headers if token is None else {**headers, "If-Match": f'"{token}"'}
    return http.send("GET", http.path(key), asked=asked, query=query, headers=headers, deadline_s=deadline_of(limit))


def _checked(
    http: Http, key: str, answer: Response, asked: RequestInfo, *, token: str | None, query: Query = ()
) -> ObjectInfo:
    """The facts in a response with bytes of the object, but its size. Raises the error of any other response."""
    if answer.status == HTTPStatus.PRECONDITION_FAILED:
        http.discard(answer)
        read_head(http, key, asked, query)  # some servers answer so for a missing object too
        raise has_changed(asked)
    if answer.status not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
        raise translate(http.refusal(answer), asked)
    if _is_directory(answer.headers):
        raise gone(asked)
    info = _object_info(key, answer.headers, 0, asked)
    if token is not None and not info.is_version(token):  # not every server honours If-Match
        raise has_changed(asked)
    return info


def etag_of(headers: Mapping[str, str], asked: RequestInfo) -> str:
    """The token in the headers of a response. Raises SourceUnreachable if it has none."""
    etag = unquoted(headers.get("ETag", ""))
    if not etag:
        raise unreachable(asked, "it does not report the ETag of the object")
    return etag


def _object_info(key: str, headers: Mapping[str, str], size: int, asked: RequestInfo) -> ObjectInfo:
    return ObjectInfo(
        key=key,
        size=size,
        token=etag_of(headers, asked),
        modified=read_date(headers.get("Last-Modified", "")),
        storage_class=headers.get("x-ms-access-tier"),
        version=headers.get("x-ms-version-id"),
    )


def _is_directory(headers: Mapping[str, str]) -> bool:
    return headers.get("x-ms-resource-type", "").strip().lower() == "directory"
