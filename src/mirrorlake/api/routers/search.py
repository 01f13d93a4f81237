"""Routes of searching: how a query is understood, and a search whose query and fields are in the body."""

from __future__ import annotations

from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Query, Request, Response
from starlette.datastructures import FormData, UploadFile

from mirrorlake.api.bodies import FORM_TYPE
from mirrorlake.api.forms import answer_form, check_names, one_text
from mirrorlake.api.routing import NUMBER_LIMIT, Bound, add_route, json_answer, policy
from mirrorlake.api.schemas.search import QUERY_CHARS, AssetField, SearchRequest
from mirrorlake.core.errors import UsageError
from mirrorlake.model.access import Permission
from mirrorlake.model.assets import AssetPage, SearchPage
from mirrorlake.model.duplicates import DuplicatePage
from mirrorlake.model.query_explanations import ExplainedQuery
from mirrorlake.services.contract import PAGE_LIMIT

_FORM: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["file"],
    "additionalProperties": False,
    "properties": {
        "file": {"type": "string", "format": "binary", "description": "The picture: any image that a run imports."},
        "query": {"type": "string", "maxLength": QUERY_CHARS, "description": "Only assets that match; default: all."},
        "limit": {"type": "integer", "minimum": 1, "maximum": PAGE_LIMIT, "default": 100},
        "offset": {"type": "integer", "minimum": 0, "maximum": NUMBER_LIMIT, "default": 0},
        "cursor": {"type": "string", "description": "Cursor of the previous page of this picture and query."},
    },
}


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
    page = library.assets.search(
        request.query,
        limit=request.page_size,
        cursor=request.continuation_token,
        patience_ms=request.patience_ms,
    )
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
        searched=page.searched,
    )


def duplicates(
    library: Bound,
    query: Annotated[
        str, Query(max_length=QUERY_CHARS, description="Query in the search language; empty matches everything.")
    ] = "",
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT, description="Groups.")] = 20,
    cursor: Annotated[str | None, Query(max_length=16384, description="Cursor of the previous page.")] = None,
) -> DuplicatePage:
    """List groups of near-duplicates among the assets that match. A page may have none although more follow."""
    return library.assets.duplicates_page(query, limit=limit, cursor=cursor)


async def search_by_picture(request: Request, library: Bound) -> Response:
    """Search assets that look like the picture in a form, most similar first. Nothing of the picture is kept."""

    def answer(form: FormData) -> Response:
        check_names(form, _FORM["properties"])
        files = form.getlist("file")
        if len(files) != 1 or not isinstance(files[0], UploadFile):
            raise UsageError("The form does not have one picture.", "Send it as the field `file`.")
        page = library.assets.search_by_picture(
            files[0].file.read(),
            one_text(form, "query") or "",
            limit=_number(form, "limit", 100, least=1, most=PAGE_LIMIT),
            offset=_number(form, "offset", 0, least=0, most=NUMBER_LIMIT),
            cursor=one_text(form, "cursor"),
        )
        return json_answer(page)

    return await answer_form(request, answer, files=1, fields=len(_FORM["properties"]), field_bytes=4 * QUERY_CHARS)


def _number(form: FormData, name: str, default: int, *, least: int, most: int) -> int:
    text = one_text(form, name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(most)) and least <= int(text) <= most):
        raise UsageError(f"The field {name!r} is not a whole number from {least} to {most:,}.", "Correct it.")
    return int(text)


def search_routes() -> APIRouter:
    """The routes under /search."""
    router = APIRouter(prefix="/search", tags=["assets"])
    add_route(router, "POST", "", search, operation="search", needs=Permission.ASSETS_READ)
    router.add_api_route(
        "/picture",
        search_by_picture,
        methods=["POST"],
        operation_id="searchByPicture",
        response_model=AssetPage,
        **policy(
            Permission.ASSETS_READ, {"requestBody": {"required": True, "content": {FORM_TYPE: {"schema": _FORM}}}}
        ),
    )
    add_route(router, "GET", "/duplicates", duplicates, operation="listDuplicates", needs=Permission.ASSETS_READ)
    add_route(router, "GET", "/explain", explain, operation="explainQuery", needs=Permission.ASSETS_READ)
    return router
