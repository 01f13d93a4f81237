"""Routes of datasources: show them, change their settings, run and delete them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from mirrorlake.api.routers.assets import Cursor
from mirrorlake.api.routing import NUMBER_LIMIT, Bound, add_route, list_answer
from mirrorlake.api.schemas.connections import Origin
from mirrorlake.api.schemas.datasources import LocationToPreview, NewDatasource, SettingsChange
from mirrorlake.labels.ontology import NAME_LIMIT
from mirrorlake.model.access import Permission
from mirrorlake.model.acts import Deletion, Purge
from mirrorlake.model.connections import Health
from mirrorlake.model.datasource_changes import DatasourceChange
from mirrorlake.model.explanations import Explained
from mirrorlake.model.label_sidecars import FoundClassNames
from mirrorlake.model.location_previews import LocationPreview
from mirrorlake.model.previews import Preview
from mirrorlake.model.runs import Run
from mirrorlake.model.sources import DatasourceSummary
from mirrorlake.services.contract import PAGE_LIMIT, TRASH_DAYS

DatasourceName = Annotated[str, Path(max_length=1024, description="Name of the datasource.")]
Days = Annotated[int, Query(ge=0, le=36500, description="Only assets that were not modified for this many days.")]


def show_all(library: Bound) -> Sequence[DatasourceSummary]:
    """List all datasources with their numbers of assets and newest runs."""
    return library.datasources.list()


def create(library: Bound, datasource: NewDatasource) -> DatasourceSummary:
    """Create a datasource, and queue its first run if asked to. Its address cannot be changed later."""
    given = datasource
    return library.datasources.create(
        given.uri, name=given.name, connection=given.connection, settings=given.settings, run=given.run
    )


def begin_location_preview(library: Bound, location: LocationToPreview) -> LocationPreview:
    """Count what a location holds and what would be selected, before a datasource exists. Returns at once.

    The preview is a job of the same number: poll the preview, or watch the job for its growing summary, and cancel it.
    """
    given = location
    return library.datasources.begin_location_preview(given.uri, connection=given.connection, settings=given.settings)


def begin_change_preview(library: Bound, name: DatasourceName, change: SettingsChange) -> LocationPreview:
    """Count what a datasource would select after this change. Changes nothing. Returns at once.

    It is accessed as its runs access it. The preview is a job, as that of a location without a datasource.
    """
    return library.datasources.begin_change_preview(name, change.root)


def get_location_preview(library: Bound, preview_id: Annotated[str, Path(max_length=64)]) -> LocationPreview:
    """Get the preview of a location, with what it found so far. Kept for a few days."""
    return library.datasources.get_location_preview(preview_id)


def history(
    request: Request,
    library: Bound,
    name: DatasourceName,
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT)] = 100,
    cursor: Cursor = None,
) -> Response:
    """List who created and changed a datasource, from which values to which, the newest first."""
    return list_answer(request, library.datasources.history_page(name, limit=limit, cursor=cursor))


def get(library: Bound, name: DatasourceName) -> DatasourceSummary:
    """Get a datasource with its number of assets and newest run."""
    return library.datasources.get(name)


def check(library: Bound, name: DatasourceName, origin: Origin = None) -> Health:
    """Try each ability that a run needs with real requests. Takes half a minute at most. Stores nothing."""
    return library.datasources.check(name, origin=origin)


def explain(
    library: Bound,
    name: DatasourceName,
    key: Annotated[str, Query(max_length=4096, description="Complete object key, as in the bucket.")],
) -> Explained:
    """Show which rule selects or excludes a key, and whether its object exists."""
    return library.datasources.explain(name, key)


def class_names(
    library: Bound,
    name: DatasourceName,
    key: Annotated[
        str | None,
        Query(max_length=4096, description="Complete key of the file; without it, the usual places are searched."),
    ] = None,
    ontology: Annotated[
        str | None,
        Query(max_length=NAME_LIMIT, description="Ontology of the classes; that of the label files if omitted."),
    ] = None,
) -> Sequence[FoundClassNames]:
    """Find the class names in a data.yaml, classes.txt or the like of the source, and the class map that they make."""
    return library.datasources.class_names(name, key=key, ontology=ontology)


def change(library: Bound, name: DatasourceName, change: SettingsChange) -> DatasourceSummary:
    """Change some settings, for example the schedule, or the connection; keep the others. The next run uses them."""
    return library.datasources.change_settings(name, change.root)


def start(
    library: Bound,
    name: DatasourceName,
    *,
    force: Annotated[
        bool, Query(description="Override the cooldown after a run that imported something. Recorded with the caller.")
    ] = False,
) -> Run:
    """Queue a run for a worker. Fails with 409 during a run, and during the cooldown unless it is forced."""
    return library.datasources.start(name, force=force)


def begin_preview(library: Bound, name: DatasourceName) -> Preview:
    """Start a dry run, which stores nothing. Returns at once; poll the preview until it has ended."""
    return library.datasources.begin_preview(name)


def get_preview(library: Bound, preview_id: Annotated[str, Path(max_length=64)]) -> Preview:
    """Get the result of a dry run: what a run would do, with sample keys of each kind. Kept for a few days."""
    return library.datasources.get_preview(preview_id)


def reapply(library: Bound, name: DatasourceName) -> Run:
    """Merge the metadata of all assets again. Returns the queued run."""
    return library.datasources.reapply(name)


def purgeable(library: Bound, name: DatasourceName, days: Days = TRASH_DAYS) -> Purge:
    """Count the assets that purging the trash would remove. Changes nothing."""
    return library.datasources.purgeable(name, days=days)


def purge(
    library: Bound,
    name: DatasourceName,
    acknowledge: Annotated[
        int, Query(ge=1, le=NUMBER_LIMIT, description="Number of assets to remove; must match the current count.")
    ],
    days: Days = TRASH_DAYS,
) -> Run:
    """Delete old assets from the trash, each only if its object is still gone. Returns the queued run."""
    return library.datasources.purge(name, acknowledge=acknowledge, days=days)


def deletion(library: Bound, name: DatasourceName) -> Deletion:
    """Show what deleting the datasource would do. Changes nothing."""
    return library.datasources.deletion(name)


def delete(
    library: Bound,
    name: DatasourceName,
    acknowledge: Annotated[
        int,
        Query(ge=0, le=NUMBER_LIMIT, description="Number of assets to remove with it; must match the current count."),
    ],
) -> Deletion:
    """Delete a datasource. Its bucket is never modified."""
    return library.datasources.delete(name, acknowledge=acknowledge)


def datasource_routes() -> APIRouter:
    """The routes under /datasources, /previews and /location-previews."""
    erase = Permission.DATASOURCES_DELETE
    read, edit = Permission.DATASOURCES_READ, Permission.DATASOURCES_EDIT
    router = APIRouter(tags=["datasources"])
    one, of_one = "/datasources/{name:datasource}", "/datasources/{name:name}"
    add_route(router, "GET", "/datasources", show_all, operation="listDatasources", needs=read)
    add_route(router, "POST", "/datasources", create, operation="createDatasource", needs=edit, status=201)
    add_route(
        router,
        "POST",
        "/location-previews",
        begin_location_preview,
        operation="beginLocationPreview",
        needs=edit,
        status=202,
    )
    add_route(
        router,
        "POST",
        f"{of_one}/location-preview",
        begin_change_preview,
        operation="beginChangePreview",
        needs=edit,
        status=202,
    )
    add_route(
        router,
        "GET",
        "/location-previews/{preview_id}",
        get_location_preview,
        operation="getLocationPreview",
        needs=edit,
    )
    add_route(
        router,
        "GET",
        f"{of_one}/history",
        history,
        operation="listChanges",
        needs=read,
        response_model=list[DatasourceChange],
    )
    add_route(router, "POST", f"{of_one}/check", check, operation="checkDatasource", needs=edit)
    add_route(router, "GET", f"{of_one}/explain", explain, operation="explainKey", needs=read)
    add_route(router, "GET", f"{of_one}/class-names", class_names, operation="findClassNames", needs=edit)
    add_route(router, "GET", f"{of_one}/purge", purgeable, operation="previewPurge", needs=read)
    add_route(router, "POST", f"{of_one}/purge", purge, operation="purgeTrash", needs=erase, status=202)
    add_route(router, "GET", f"{of_one}/deletion", deletion, operation="previewDeletion", needs=read)
    add_route(
        router, "POST", f"{of_one}/run", start, operation="runDatasource", needs=Permission.RUNS_CONTROL, status=202
    )
    add_route(router, "POST", f"{of_one}/preview", begin_preview, operation="beginPreview", needs=read, status=202)
    add_route(router, "POST", f"{of_one}/reapply", reapply, operation="reapplyDatasource", needs=edit, status=202)
    add_route(router, "GET", one, get, operation="getDatasource", needs=read)
    add_route(router, "PATCH", one, change, operation="changeDatasource", needs=edit)
    add_route(router, "DELETE", one, delete, operation="deleteDatasource", needs=erase)
    add_route(router, "GET", "/previews/{preview_id}", get_preview, operation="getPreview", needs=read)
    return router
