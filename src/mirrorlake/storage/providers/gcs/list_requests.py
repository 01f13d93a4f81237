"""Request one page of a listing by the JSON API."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from mirrorlake.storage.providers.gcs.errors import RequestInfo, translate
from mirrorlake.storage.providers.gcs.http import Http
from mirrorlake.storage.providers.gcs.pages import FIELDS, GcsPage, read_page

PAGE_KEYS = 1000  # the maximum of Google per page


def request_page(
    http: Http, asked: RequestInfo, more: Sequence[tuple[str, str]], token: str | None, *, fields: str = FIELDS
) -> GcsPage:
    """The page of the prefix that is asked for, with the parameters in `more`, or that of the server's `token`.

    Raises StorageError, such as ListingBroken.
    """
    query = [("fields", fields), ("maxResults", str(PAGE_KEYS)), ("prettyPrint", "false"), *more]
    query += [("prefix", asked.prefix)] if asked.prefix else []
    query += [("pageToken", token)] if token is not None else []
    answer = http.send("GET", http.list_path, asked=asked, query=query)
    if answer.status != HTTPStatus.OK:
        raise translate(http.refusal(answer), asked)
    return read_page(http.read(answer, asked=asked))
