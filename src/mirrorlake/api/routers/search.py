"""Routes of searching: how a query is understood, and a search whose query and fields are in the body."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query

from mirrorlake.api.routing import Bound, add_route
from mirrorlake.api.schemas.search import QUERY_CHARS, AssetField, SearchRequest
from mirrorlake.model.access import Permission
from mirrorlake.model.assets import SearchPage
from mirrorlake.model.query_explanations import ExplainedQuery


def explain(
    library: Bound,
    query: Annotated[
        str, Query(max_length=QUERY_CHARS, description="Query in the search language; empty matches everything.")
    ] = "",
) -> ExplainedQuery:
    """Explain how a query is understood: its terms as sentences, its order and its canonical form."""
    return library.assets.explain(query)


def search(library: Bound, request: SearchRequest) -> SearchPage:
    """Search assets with the query in the body, and return only some fields of each.

    The same as a search of `/assets`, for queries that are too long for an address.
    """
    page = library.assets.search(request.query, limit=request.page_size, cursor=request.continuation_token)
    fields = {AssetField.ID, *request.fields}  # the id is always returned
    items: list[dict[str, Any]] = orjson.loads(orjson.dumps(page.items, option=orjson.OPT_UTC_Z))
    if request.fields:
        items = [{name: value for name, value in item.items() if name in fields} for item in items]
    return SearchPage(
        results=tuple(items),
        total=page.total,
        total_capped=page.total_capped,
        continuation_token=page.next_cursor,
        notes=page.notes,
    )


def search_routes() -> APIRouter:
    """The routes under /search."""
    router = APIRouter(prefix="/search", tags=["assets"])
    add_route(router, "POST", "", search, operation="search", needs=Permission.ASSETS_READ)
    add_route(router, "GET", "/explain", explain, operation="explainQuery", needs=Permission.ASSETS_READ)
    return router
