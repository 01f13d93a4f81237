"""Change many assets, and undo that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from mirrorlake.catalog import bulk_edits, bulk_restore, bulk_trash, undo
from mirrorlake.catalog.bulk_edits import Batch, BulkEditWork
from mirrorlake.catalog.bulk_restore import RestoredObject
from mirrorlake.catalog.jobs import requester
from mirrorlake.jobs.handler import SOON, Handler, JobContext
from mirrorlake.mirror.restoration import find_objects
from mirrorlake.model.bulk import BulkEditResult, UndoResult
from mirrorlake.model.jobs import Job, JobKind
from mirrorlake.model.progress import JobProgress
from mirrorlake.plan.backoff import RetryPolicy
from mirrorlake.search.bulk import select_assets

SELECTING, EDITING, UNDOING = "selecting", "editing", "undoing"


def _nothing() -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class EditArgs:
    """The stored bulk edit. The rest describes it for people."""

    edit_id: int = 0
    query: str | None = None
    assets: int | None = None  # how many were named
    edit: Mapping[str, Any] = field(default_factory=_nothing)


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoArgs:
    """The job to undo."""

    job: int = 0


def edit_assets(_job: Job, args: EditArgs, context: JobContext) -> BulkEditResult:
    """Select the assets and change them batch by batch. After an interruption, the next batch follows."""
    work = bulk_edits.begin(context.lease, args.edit_id)
    total = work.assets
    if total is None:
        context.reporter.step(SELECTING, 0, 0)
        total = bulk_edits.select(context.lease, work, [select_assets(part) for part in work.parts])
    done, changed = bulk_edits.progress(context.catalog, work.id)
    _report(context, EDITING, done, total, changed)
    while (batch := bulk_edits.next_batch(context.catalog, work)) is not None:
        changed += _apply(work, batch, context)
        done += len(batch.ids)
        _report(context, EDITING, done, total, changed)
    until = datetime.now(UTC) + timedelta(days=context.settings.undo_days)
    return BulkEditResult(assets=total, changed=changed, undo_until=until)


def undo_edit(job: Job, args: UndoArgs, context: JobContext) -> UndoResult:
    """Undo a bulk edit batch by batch. After an interruption, the next batch follows."""
    edit_id, parts = undo.begin(context.lease, args.job, by=requester(context.catalog, job))
    total, done = undo.progress(context.catalog, edit_id)
    restored = 0
    while (batch := undo.undo_next(context.lease, edit_id, parts)) is not None:
        restored, done = restored + batch.restored, done + batch.assets
        _report(context, UNDOING, done, total, restored)
    return undo.summarize(context.catalog, edit_id, args.job)


def _apply(work: BulkEditWork, batch: Batch, context: JobContext) -> int:
    if batch.part.restore:
        return _restore(work, batch, context)
    apply = bulk_trash.apply if batch.part.trash else bulk_edits.apply
    return apply(context.lease, work, batch)


def _restore(work: BulkEditWork, batch: Batch, context: JobContext) -> int:
    """Restore the assets of a batch: as present if an object of theirs is back, else as missing."""
    vanished = bulk_restore.list_vanished(context.catalog, batch.ids)
    places = {(each.datasource_id, each.key): asset for asset, each in vanished}
    objects = [
        RestoredObject(
            asset_id=places[one.vanished.datasource_id, one.vanished.key],
            datasource_id=one.vanished.datasource_id,
            key=one.vanished.key,
            exists=one.exists,
            is_back=one.is_back,
        )
        for one in find_objects(context.catalog, [each for _, each in vanished], context.store_of)
    ]
    return bulk_restore.apply(context.lease, work, batch, objects)


def _report(context: JobContext, step: str, done: int, total: int, changed: int) -> None:
    context.reporter.step(step, done, total)
    counts = {"changed": changed}
    context.lease.report(JobProgress(step=step, done=done, total=total, unit="assets", counts=counts))


_POLICY = RetryPolicy()
EDIT = Handler(
    kind=JobKind.EDIT, args=EditArgs, result=BulkEditResult, run=edit_assets, policy=_POLICY, priority=SOON, quick=True
)
UNDO = Handler(
    kind=JobKind.UNDO, args=UndoArgs, result=UndoResult, run=undo_edit, policy=_POLICY, priority=SOON, quick=True
)
