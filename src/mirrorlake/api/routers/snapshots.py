"""Routes of snapshots."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from mirrorlake.api.routers.assets import BYTES, AssetId, download_headers, redirect_to, stream
from mirrorlake.api.routing import NUMBER_LIMIT, Bound, Served, add_route, list_answer
from mirrorlake.api.schemas.snapshots import NoteBody, RestoreBody, SnapshotBody
from mirrorlake.catalog.projects import NAME_LIMIT
from mirrorlake.model.access import Permission
from mirrorlake.model.jobs import Job
from mirrorlake.model.snapshots import GoneAsset, Snapshot, SnapshotAsset, SnapshotComparison
from mirrorlake.services.contract import PAGE_LIMIT

SnapshotName = Annotated[
    str,
    Path(
        max_length=4 * NAME_LIMIT,
        description="Name of the snapshot, such as roads@3.",
        json_schema_extra={"pattern": r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029/]{1,100}@[1-9][0-9]{0,8}$"},
    ),
]
Limit = Annotated[int, Query(ge=1, le=PAGE_LIMIT, description="Items per page.")]
Cursor = Annotated[str | None, Query(max_length=2048, description="Position from the Link header of the page before.")]


def show_all(
    request: Request,
    library: Bound,
    *,
    project: Annotated[str | None, Query(max_length=NAME_LIMIT, description="Only snapshots of this project.")] = None,
    asset: Annotated[
        str | None,
        Query(max_length=64, description="Only snapshots that hold the asset with this id, also if it was removed."),
    ] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """List snapshots, the newest first."""
    return list_answer(request, library.snapshots.page(limit=limit, project=project, asset=asset, cursor=cursor))


def get(library: Bound, snapshot: SnapshotName) -> Snapshot:
    """Get a snapshot with its digest and counts."""
    return library.snapshots.get(snapshot)


def create(library: Bound, body: SnapshotBody) -> Job:
    """Freeze a project. Returns the queued job, whose result is the snapshot."""
    return library.snapshots.start(body.as_options())


def change(library: Bound, snapshot: SnapshotName, body: NoteBody) -> Snapshot:
    """Change the note of a snapshot. Nothing else of it can change."""
    return library.snapshots.set_note(snapshot, body.note)


def delete(
    library: Bound,
    snapshot: SnapshotName,
    acknowledge: Annotated[int, Query(ge=0, le=NUMBER_LIMIT, description="Number of assets in the snapshot.")],
) -> Response:
    """Delete a snapshot."""
    library.snapshots.delete(snapshot, acknowledge=acknowledge)
    return Response(status_code=204)


def list_assets(
    request: Request,
    library: Bound,
    snapshot: SnapshotName,
    *,
    limit: Limit = 100,
    named: Annotated[
        str | None,
        Query(max_length=NAME_LIMIT, description="Only assets whose name or key contains this text, in any case."),
    ] = None,
    class_name: Annotated[
        str | None,
        Query(
            max_length=2 * NAME_LIMIT + 1,
            description="Only assets with an annotation of this class, as ONTOLOGY/CLASS or CLASS.",
        ),
    ] = None,
    cursor: Cursor = None,
) -> Response:
    """List the assets of a snapshot as they were, by id.

    With `named` or `class_name`, a page may have fewer assets than `limit`, or none, although the header Link names
    the next one: each searches a part of a large snapshot.
    """
    page = library.snapshots.asset_page(snapshot, limit=limit, named=named, class_name=class_name, cursor=cursor)
    return list_answer(request, page)


def list_gone(
    request: Request, library: Bound, snapshot: SnapshotName, limit: Limit = 100, cursor: Cursor = None
) -> Response:
    """List the assets whose frozen content the library does not reach any more, with the reason."""
    return list_answer(request, library.snapshots.gone_page(snapshot, limit=limit, cursor=cursor))


def original(library: Served, snapshot: SnapshotName, asset_id: AssetId) -> Response:
    """Download the bytes that an asset had when it was frozen, from the object or its version in a versioned bucket."""
    opened = library.snapshots.open_original(snapshot, asset_id)
    if opened.original.url is not None:
        return redirect_to(opened.original)
    return stream(opened, download_headers(opened.original))


def compare(
    library: Bound,
    snapshot: SnapshotName,
    other: Annotated[str, Query(alias="with", max_length=4 * NAME_LIMIT, description="Name of the later snapshot.")],
    limit: Annotated[int, Query(ge=0, le=10_000, description="Number of differing assets to return.")] = 100,
) -> SnapshotComparison:
    """Compare a snapshot with a later one."""
    return library.snapshots.compare(snapshot, other, limit=limit)


def restore(library: Bound, snapshot: SnapshotName, body: RestoreBody) -> Job:
    """Restore the project's assets and splits, and optionally more. Returns the queued job."""
    return library.snapshots.start_restore(body.as_options(snapshot))


def snapshot_routes() -> APIRouter:
    """The routes under /snapshots."""
    router = APIRouter(prefix="/snapshots", tags=["snapshots"])
    add_route(
        router,
        "GET",
        "",
        show_all,
        operation="listSnapshots",
        needs=Permission.PROJECTS_READ,
        response_model=list[Snapshot],
    )
    add_route(router, "POST", "", create, operation="createSnapshot", needs=Permission.PROJECTS_EDIT, status=202)
    add_route(router, "GET", "/{snapshot:snapshot}", get, operation="getSnapshot", needs=Permission.PROJECTS_READ)
    add_route(
        router, "PATCH", "/{snapshot:snapshot}", change, operation="changeSnapshot", needs=Permission.PROJECTS_EDIT
    )
    add_route(
        router,
        "DELETE",
        "/{snapshot:snapshot}",
        delete,
        operation="deleteSnapshot",
        needs=Permission.PROJECTS_EDIT,
        status=204,
        response_class=Response,
    )
    add_asset_routes(router)
    add_route(
        router, "GET", "/{snapshot:name}/compare", compare, operation="compareSnapshots", needs=Permission.PROJECTS_READ
    )
    add_route(
        router,
        "POST",
        "/{snapshot:name}/restore",
        restore,
        operation="restoreSnapshot",
        needs=Permission.PROJECTS_EDIT,
        status=202,
    )
    return router


def add_asset_routes(router: APIRouter) -> None:
    """The routes of frozen assets."""
    assets, gone = "/{snapshot:name}/assets", "/{snapshot:name}/gone"
    add_route(
        router,
        "GET",
        assets,
        list_assets,
        operation="listFrozenAssets",
        needs=Permission.PROJECTS_READ,
        response_model=list[SnapshotAsset],
    )
    add_route(
        router,
        "GET",
        gone,
        list_gone,
        operation="listGoneAssets",
        needs=Permission.PROJECTS_READ,
        response_model=list[GoneAsset],
    )
    add_route(
        router,
        "GET",
        assets + "/{asset_id}/original",
        original,
        operation="getFrozenOriginal",
        needs=Permission.ASSETS_READ,
        response_class=Response,
        responses={status: BYTES[status] for status in (200, 303)},
    )
