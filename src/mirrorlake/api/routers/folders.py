"""Routes of folders."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from mirrorlake.api.routing import Bound, add_route, list_answer
from mirrorlake.model.access import Permission
from mirrorlake.model.folders import Folder
from mirrorlake.services.contract import PAGE_LIMIT

PATH_LIMIT = 4096  # characters


def show_children(
    request: Request,
    library: Bound,
    *,
    path: Annotated[
        str, Query(max_length=PATH_LIMIT, pattern=r"^[^\x00]*$", description="The folder; empty is the top.")
    ] = "",
    datasource: Annotated[str | None, Query(max_length=500, description="Only folders of this datasource.")] = None,
    query: Annotated[
        str | None, Query(max_length=8192, description="Count only matching assets; see the search language.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT, description="Items per page.")] = 100,
    cursor: Annotated[
        str | None, Query(max_length=8192, description="Position from the Link header of the page before.")
    ] = None,
) -> Response:
    """List the folders directly in a folder, with their numbers of assets. Folders without assets are not listed."""
    page = library.folders.page(path, datasource=datasource, query=query, limit=limit, cursor=cursor)
    return list_answer(request, page)


def folder_routes() -> APIRouter:
    """The routes under /folders."""
    router = APIRouter(prefix="/folders", tags=["folders"])
    add_route(
        router,
        "GET",
        "",
        show_children,
        operation="listFolders",
        needs=Permission.ASSETS_READ,
        response_model=list[Folder],
    )
    return router
