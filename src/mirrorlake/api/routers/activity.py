"""Routes of activity: show who changed what."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from mirrorlake.api.routers.assets import Cursor
from mirrorlake.api.routing import Bound, add_route, list_answer
from mirrorlake.api.schemas import WrittenTime
from mirrorlake.model.access import Permission
from mirrorlake.model.activity import Activity, ActivityFilter, Subject
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
    actor: Annotated[str | None, Query(max_length=1024, description="Only what this actor did.")] = None,
    action: Annotated[str | None, Query(max_length=100, description="Only actions of this kind.")] = None,
    refused: Annotated[
        bool | None, Query(description="Only what was refused, or only what was not; true requires audit:read.")
    ] = None,
    since: Annotated[WrittenTime | None, Query(description="From this moment on.")] = None,
    until: Annotated[WrittenTime | None, Query(description="Before this moment.")] = None,
    cursor: Cursor = None,
) -> Response:
    """List who did what, the newest first. The Link header contains the address of the next page.

    With the permission audit:read also what was refused, and from which address and with which key or session.
    """
    chosen = ActivityFilter(
        kind=kind, subject=subject, actor=actor, action=action, refused=refused, since=since, until=until
    )
    page = library.activity.page(chosen, limit=limit, cursor=cursor)
    return list_answer(request, page)


def activity_routes() -> APIRouter:
    """The routes of activity."""
    router = APIRouter(tags=["activity"])
    add_route(
        router,
        "GET",
        "/activity",
        show_all,
        operation="listActivity",
        needs=Permission.ACTIVITY_READ,
        response_model=list[Activity],
    )
    return router
