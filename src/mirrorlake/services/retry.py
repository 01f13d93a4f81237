"""Retrying what failed in a run, in this process or by a worker."""

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
    """Read the objects that failed in a run once more, and nothing else. Without any, no run is made for it.

    Raises NotFound, Conflict where the run has not ended, PassRunning where a run of its datasource is at work.
    Everything else that goes wrong is in the report.
    """
    run = _ended(catalog, run_id)
    if not count_failed(catalog, run_id):
        notes = (f"Nothing failed in run {run_id}: there is nothing to try again.",)
        return Report(run=None, datasource=run.datasource, state=RunState.SUCCEEDED, notes=notes)
    _, job = _retry(catalog, run, requested_by)
    return run_here(settings, catalog, job, progress=progress, processes=jobs)


def request_retry(catalog: Catalog, run_id: int, *, requested_by: str) -> int:
    """Queue a run that does it; answers its number. Raises as `retry_run`, and Conflict where nothing failed."""
    run = _ended(catalog, run_id)
    if not count_failed(catalog, run_id):
        raise Conflict(f"Nothing failed in run {run_id}: there is nothing to try again.")
    source, job = _retry(catalog, run, requested_by)
    return enqueue_run(catalog, source, job)


def _ended(catalog: Catalog, run_id: int) -> Run:
    run = show_run(catalog, run_id)
    if run.state in (RunState.QUEUED, RunState.RUNNING):
        raise Conflict(f"Run {run_id} has not ended yet.", f"Wait for it, or end it: mirrorlake runs cancel {run_id}")
    return run


def _retry(catalog: Catalog, run: Run, requested_by: str) -> tuple[Datasource, NewJob]:
    source = datasources.by_name(catalog, run.datasource)
    if source is None:
        raise NotFound(f"The datasource {run.datasource} of run {run.id} was deleted.", "Mirror its address again.")
    return source, new_job(JobKind.RETRY, RetryArgs(run=run.id), datasource=source, requested_by=requested_by)
