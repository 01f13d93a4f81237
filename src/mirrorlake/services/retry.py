"""Retry the failed objects of a run, in this process or by a worker."""

from __future__ import annotations

from mirrorlake.catalog import datasources
from mirrorlake.catalog.outcomes import count_failed
from mirrorlake.catalog.runs import show_run
from mirrorlake.core.errors import Conflict, NotFound
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.execution import enqueue_run, new_job, run_here
from mirrorlake.jobs.handlers.retry import RetryArgs
from mirrorlake.mirror.progress import Progress
from mirrorlake.mirror.report import Report
from mirrorlake.model.jobs import JobKind, NewJob
from mirrorlake.model.runs import Run, RunState
from mirrorlake.model.sources import Datasource
from mirrorlake.postgres.pool import Catalog


def retry_run(
    settings: Settings, catalog: Catalog, run_id: int, progress: Progress, *, jobs: int | None = None, requested_by: str
) -> Report:
    """Retry only the failed objects of a run. Without any, no run is created.

    Raises NotFound, Conflict if the run has not ended, and PassRunning during another run of its datasource. All other
    errors are in the report.
    """
    run = _check_ended(catalog, run_id)
    if not count_failed(catalog, run_id):
        notes = (f"No objects failed in run {run_id}: there is nothing to retry.",)
        return Report(run=None, datasource=run.datasource, state=RunState.SUCCEEDED, notes=notes)
    _, job = _retry(catalog, run, requested_by)
    return run_here(settings, catalog, job, progress=progress, processes=jobs)


def request_retry(catalog: Catalog, run_id: int, *, requested_by: str) -> int:
    """Queue such a run and return its number. Raises the errors of `retry_run`, and Conflict if nothing failed."""
    run = _check_ended(catalog, run_id)
    if not count_failed(catalog, run_id):
        raise Conflict(f"No objects failed in run {run_id}: there is nothing to retry.")
    source, job = _retry(catalog, run, requested_by)
    return enqueue_run(catalog, source, job)


def _check_ended(catalog: Catalog, run_id: int) -> Run:
    run = show_run(catalog, run_id)
    if run.state in (RunState.QUEUED, RunState.RUNNING):
        raise Conflict(
            f"Run {run_id} has not ended yet.",
            f"Wait for it, or cancel it, on its page or with: mirrorlake runs cancel {run_id}",
        )
    return run


def _retry(catalog: Catalog, run: Run, requested_by: str) -> tuple[Datasource, NewJob]:
    source = datasources.by_name(catalog, run.datasource)
    if source is None:
        raise NotFound(
            f"The datasource {run.datasource} of run {run.id} was deleted.", "Mirror its address again to create it."
        )
    return source, new_job(JobKind.RETRY, RetryArgs(run=run.id), datasource=source, requested_by=requested_by)
