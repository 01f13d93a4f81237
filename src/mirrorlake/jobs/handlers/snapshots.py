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
    return freeze(
        context.catalog, args.project, context.reporter.step, note=args.note, by=requester(context.catalog, job)
    )


def run_restore(job: Job, args: RestoreOptions, context: JobContext) -> SnapshotRestored:
    """Restore a snapshot as one transaction, or count what that would change."""
    return restore(context.catalog, args, context.reporter.step, by=requester(context.catalog, job))


CREATE = Handler(kind=JobKind.SNAPSHOT_CREATE, args=SnapshotOptions, result=Snapshot, run=run_freeze)
RESTORE = Handler(kind=JobKind.SNAPSHOT_RESTORE, args=RestoreOptions, result=SnapshotRestored, run=run_restore)
