"""Make and restore snapshots in this process, as a command does."""

from __future__ import annotations

from mirrorlake.jobs.execution import new_job, run_here
from mirrorlake.jobs.progress import StepCallback
from mirrorlake.model.access import Context
from mirrorlake.model.jobs import JobKind
from mirrorlake.model.snapshots import RestoreOptions, Snapshot, SnapshotOptions, SnapshotRestored
from mirrorlake.services.base import Resources
from mirrorlake.services.snapshots import check_options, check_restore


def freeze_now(resources: Resources, options: SnapshotOptions, step: StepCallback, *, requested_by: str) -> Snapshot:
    """Make a snapshot. Raises NotFound and UsageError."""
    check_options(resources, options)
    job = new_job(JobKind.SNAPSHOT_CREATE, options, subject=options.project, requested_by=requested_by)
    result: Snapshot = run_here(resources.settings, resources.catalog, job, step=step)
    return result


def restore_now(resources: Resources, options: RestoreOptions, step: StepCallback, *, by: Context) -> SnapshotRestored:
    """Restore a snapshot, or count what that would change. Raises NotFound and CatalogError."""
    check_restore(by, options)
    job = new_job(JobKind.SNAPSHOT_RESTORE, options, subject=options.snapshot, by=by)
    result: SnapshotRestored = run_here(resources.settings, resources.catalog, job, step=step)
    return result
