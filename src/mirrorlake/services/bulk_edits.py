"""Use cases of bulk edits: preview, request, carry out in this process, and undo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

import psycopg

from mirrorlake.catalog import bulk_edits, jobs, undo
from mirrorlake.catalog.assets import asset_not_found, parse_asset_id
from mirrorlake.core.errors import CatalogError, UsageError
from mirrorlake.core.text import count_noun
from mirrorlake.jobs.execution import new_job, run_here
from mirrorlake.jobs.handlers.edits import EditArgs, UndoArgs
from mirrorlake.jobs.progress import StepCallback
from mirrorlake.model.access import Context, Permission
from mirrorlake.model.bulk import (
    MAX_IDS,
    MAX_UPDATES,
    BulkEdit,
    BulkEditPreview,
    BulkEditResult,
    EditPart,
    UndoResult,
)
from mirrorlake.model.edits import Edit
from mirrorlake.model.jobs import JobKind, NewJob
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search.bulk import select_assets
from mirrorlake.search.grammar import parse
from mirrorlake.search.page_notes import unknown_names
from mirrorlake.select.edits import check_edit
from mirrorlake.services.base import Resources


def require_edit(edit: Edit, by: Context) -> None:
    """Raise PermissionDenied unless the caller may make this change, which also needs the permission for projects."""
    by.require(Permission.ASSETS_EDIT)
    if edit.add_projects or edit.remove_projects:
        by.require(Permission.PROJECTS_EDIT)


def preview_edit(resources: Resources, bulk: BulkEdit, *, by: Context) -> BulkEditPreview:
    """Count what a bulk edit would do. Errors as in `Assets.preview_edit`."""
    parts = _check(resources.catalog, bulk, by)
    try:
        found = bulk_edits.preview(resources.catalog, [(select_assets(part), part) for part in parts])
    except psycopg.errors.QueryCanceled as error:
        raise CatalogError(
            f"Counting took longer than {bulk_edits.PREVIEW_S} seconds and was stopped.",
            "The edit itself is not limited in time. `mirrorlake search` shows what matches.",
        ) from error
    queries = dict.fromkeys(part.query for part in parts if part.query)
    notes = [note for query in queries for note in unknown_names(resources.catalog, parse(query))]
    return replace(found, notes=tuple(dict.fromkeys(notes)))


def request_edit(resources: Resources, bulk: BulkEdit, *, by: Context) -> int:
    """Queue a bulk edit and return the number of its job. Errors as in `Assets.start_edit`."""
    return jobs.request(resources.catalog, _edit_job(resources, bulk, by))


def edit_here(resources: Resources, bulk: BulkEdit, step: StepCallback, *, by: Context) -> tuple[int, BulkEditResult]:
    """Carry out a bulk edit in this process; return the number of its job and the result. Errors as above."""
    return _run(resources, _edit_job(resources, bulk, by), step)


def request_undo(catalog: Catalog, job_id: int, *, by: Context) -> int:
    """Queue the undoing of a bulk edit and return the number of its job. Errors as in `Jobs.undo`."""
    return jobs.request(catalog, _undo_job(catalog, job_id, by))


def undo_here(resources: Resources, job_id: int, step: StepCallback, *, by: Context) -> UndoResult:
    """Undo a bulk edit in this process. Errors as in `Jobs.undo`."""
    job = _undo_job(resources.catalog, job_id, by)
    result: UndoResult = run_here(resources.settings, resources.catalog, job, step=step)
    return result


def _run(resources: Resources, job: NewJob, step: StepCallback) -> tuple[int, BulkEditResult]:
    result: BulkEditResult = run_here(resources.settings, resources.catalog, job, step=step)
    return bulk_edits.job_of(resources.catalog, int(job.args["edit_id"])), result


def _check(catalog: Catalog, bulk: BulkEdit, by: Context) -> tuple[EditPart, ...]:
    """The parts with their tags trimmed. Raises UsageError, QueryError, NotFound and PermissionDenied."""
    if not bulk.parts:
        raise UsageError("No assets were named.", "Name some by id, or select them by a query.")
    if len(bulk.parts) > MAX_UPDATES:
        raise UsageError(f"More than {MAX_UPDATES:,} assets have changes of their own.", "Send several requests.")
    parts: list[EditPart] = []
    wanted: list[str] = []
    for part in bulk.parts:
        if (part.query is None) == (not part.assets):
            raise UsageError("Assets are selected either by a query or by their ids.", "Give one of both.")
        require_edit(part.edit, by)
        if part.edit.is_empty and not (part.restore or part.trash):
            raise UsageError("The edit changes nothing.", "Name keys to set or remove, tags or projects.")
        select_assets(part)
        wanted += part.assets
        parts.append(replace(part, edit=check_edit(part.edit)))
    check_ids(catalog, wanted)
    return tuple(parts)


def check_ids(catalog: Catalog, assets: Sequence[str]) -> None:
    """Raise UsageError if one request names too many assets, and NotFound for an id without an asset."""
    wanted = {parse_asset_id(one): one for one in assets}
    if len(wanted) > MAX_IDS:
        raise UsageError(
            f"More than {MAX_IDS:,} assets are named.", "Select them by a query, or send several requests."
        )
    missing = bulk_edits.find_missing(catalog, list(wanted)) if wanted else set[int]()
    if missing:
        raise asset_not_found(wanted[min(missing)])


def _edit_job(resources: Resources, bulk: BulkEdit, by: Context) -> NewJob:
    parts = _check(resources.catalog, bulk, by)
    edit_id = bulk_edits.store(resources.catalog, parts, by=by)
    named = sum(len(part.assets) for part in parts)
    query = parts[0].query
    args = EditArgs(
        edit_id=edit_id,
        query=query,
        assets=named or None,
        edit={name: value for name, value in asdict(parts[0].edit).items() if value} if len(parts) == 1 else {},
    )
    subject = (query or "everything") if query is not None else count_noun(named, "asset")
    return new_job(JobKind.EDIT, args, subject=subject, requested_by=by.actor.name)


def _undo_job(catalog: Catalog, job_id: int, by: Context) -> NewJob:
    undo.check_undoable(catalog, job_id)
    job = new_job(JobKind.UNDO, UndoArgs(job=job_id), subject=f"job {job_id}", by=by)
    return replace(job, lock=f"undo:{job_id}")
