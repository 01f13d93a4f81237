"""Freeze projects, and restore what was frozen."""

from __future__ import annotations

from mirrorlake.catalog.jobs import requester
from mirrorlake.jobs.handler import Handler, JobContext
from mirrorlake.library.snapshot_restore import restore
from mirrorlake.library.snapshots import freeze
from mirrorlake.model.jobs import Job, JobKind
from mirrorlake.model.snapshots import RestoreOptions, Snapshot, SnapshotOptions, SnapshotRestored


def run_freeze(job: Job, args: SnapshotOptions, context: JobContext) -> Snapshot:
    """Make a snapshot in one transaction: an interrupted one leaves nothing."""
    by = requester(context.catalog, job)
    step, end = context.reporter.step, context.end_within
    return freeze(context.catalog, args.project, step, note=args.note, by=by, on_done=end)


def run_restore(job: Job, args: RestoreOptions, context: JobContext) -> SnapshotRestored:
    """Restore a snapshot as one transaction, or count what that would change."""
    by = requester(context.catalog, job)
    return restore(context.catalog, args, context.reporter.step, by=by, on_done=context.end_within)


CREATE = Handler(kind=JobKind.SNAPSHOT_CREATE, args=SnapshotOptions, result=Snapshot, run=run_freeze)
RESTORE = Handler(kind=JobKind.SNAPSHOT_RESTORE, args=RestoreOptions, result=SnapshotRestored, run=run_restore)
