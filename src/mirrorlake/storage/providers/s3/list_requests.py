"""Request one page of a listing by ListObjectsV2."""

from __future__ import annotations

from http import HTTPStatus

from mirrorlake.core.errors import ListingBroken
from mirrorlake.storage.http import ERROR_BYTES
from mirrorlake.storage.providers.s3.errors import RequestInfo, read_refusal, translate
from mirrorlake.storage.providers.s3.http import Http
from mirrorlake.storage.providers.s3.pages import S3Page, read_page

PAGE_KEYS = 1000  # the maximum of S3 per page


def request_page(
    http: Http,
    asked: RequestInfo,
    *,
    prefix: str,
    after: str | None = None,
    token: str | None = None,
    delimiter: str | None = None,
    version_1: bool = False,
    version_element: str = "ETag",
) -> S3Page:
    """The page after the key `after`, or that of the server's `token`; with `version_1`, by ListObjects.

    Raises StorageError, such as ListingBroken.
    """
    start = (
        [("marker", token or after)]
        if version_1
        else [("continuation-token", token), ("list-type", "2"), ("start-after", after if token is None else None)]
    )
    query = [("delimiter", delimiter), ("encoding-type", "url"), ("max-keys", str(PAGE_KEYS)), ("prefix", prefix)]
    answer = http.send(
        "GET",
        http.endpoint.bucket_path,
        asked=asked,
        query=sorted((name, value) for name, value in [*query, *start] if value is not None),
    )
    if answer.status != HTTPStatus.OK:
        raise translate(http.refusal(answer), asked)
    body = http.read(answer, asked=asked)
    try:
        return read_page(body, version_element)
    except ListingBroken as error:
        # Some servers detect an error only after they have sent status 200.
        refusal = http.hide(read_refusal(answer.status, answer.headers, body[:ERROR_BYTES]))
        if refusal.code:
            raise translate(refusal, asked) from error
        raise
