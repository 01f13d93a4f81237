"""Routes of activity: show who changed what."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from mirrorlake.api.routers.assets import Cursor
from mirrorlake.api.routing import Bound, add_route, list_answer
from mirrorlake.model.activity import Activity, Subject
from mirrorlake.services.contract import PAGE_LIMIT


def show_all(
    request: Request,
    library: Bound,
    *,
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT)] = 100,
    kind: Annotated[Subject | None, Query(description="Only changes of subjects of this kind.")] = None,
    subject: Annotated[
        str | None, Query(max_length=1024, description="Only changes of this asset, project or datasource of `kind`.")
    ] = None,
    cursor: Cursor = None,
) -> Response:
    """List who changed what, the newest first. The Link header contains the address of the next page."""
    page = library.activity.page(limit=limit, kind=kind, subject=subject, cursor=cursor)
    return list_answer(request, page)


def activity_routes() -> APIRouter:
    """The routes of activity."""
    router = APIRouter(tags=["activity"])
    add_route(router, "GET", "/activity", show_all, operation="listActivity", response_model=list[Activity])
    return router
