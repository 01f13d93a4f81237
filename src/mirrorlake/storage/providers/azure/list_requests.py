"""Request one page of a listing by List Blobs.

https://learn.microsoft.com/rest/api/storageservices/list-blobs
"""

from __future__ import annotations

from http import HTTPStatus

from mirrorlake.storage.providers.azure.errors import RequestInfo, translate
from mirrorlake.storage.providers.azure.http import Http
from mirrorlake.storage.providers.azure.pages import AzurePage, read_page

PAGE_KEYS = 5000  # the maximum of Azure per page
START_VERSION = "2026-02-06"  # the first one with startFrom


def request_page(
    http: Http,
    asked: RequestInfo,
    *,
    prefix: str,
    marker: str | None = None,
    start: str | None = None,
    delimiter: str | None = None,
    most: int = PAGE_KEYS,
) -> AzurePage | None:
    """The first page from the key `start` (including it), or that of the server's `marker`.

    None if the server does not know the version with startFrom. Raises StorageError, such as ListingBroken.
    """
    fields = {
        "comp": "list",
        "delimiter": delimiter,
        "marker": marker,
        "maxresults": str(most),
        "prefix": prefix or None,
        "restype": "container",
        "startFrom": start,
    }
    answer = http.send(
        "GET",
        http.container_path,
        asked=asked,
        query=[(name, value) for name, value in fields.items() if value is not None],
        headers=None if start is None else {"x-ms-version": START_VERSION},
    )
    if answer.status != HTTPStatus.OK:
        refusal = http.refusal(answer)
        if start is not None and refusal.status == HTTPStatus.BAD_REQUEST:
            return None
        raise translate(refusal, asked)
    return read_page(http.read(answer, asked=asked))
