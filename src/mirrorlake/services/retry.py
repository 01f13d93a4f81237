"""Trying again what failed in a run, as a person asks for it."""

from __future__ import annotations

from mirrorlake.catalog import datasources
from mirrorlake.catalog.outcomes import count_failed
from mirrorlake.catalog.runs import show_run
from mirrorlake.core.errors import Conflict, NotFound
from mirrorlake.core.settings import Settings
from mirrorlake.mirror.progress import OnRunStarted, Progress, noop_callback
from mirrorlake.mirror.report import Report
from mirrorlake.mirror.retry import retry
from mirrorlake.model.runs import RunState
from mirrorlake.postgres.pool import Catalog
from mirrorlake.services.run_context import open_run_context


def retry_run(
    settings: Settings,
    catalog: Catalog,
    run_id: int,
    progress: Progress,
    *,
    jobs: int | None = None,
    began: OnRunStarted = noop_callback,
) -> Report:
    """Look again at the objects that failed in a run, and at nothing else. Without any, no run is made for it.

    Raises NotFound, Conflict where the run has not ended, PassRunning where a pass of its datasource is at work.
    Everything else that goes wrong is told by the report.
    """
    run = show_run(catalog, run_id)
    if run.state in (RunState.QUEUED, RunState.RUNNING):
        raise Conflict(f"Run {run_id} has not ended yet.", f"Wait for it, or end it: mirrorlake runs cancel {run_id}")
    failed = count_failed(catalog, run_id)
    if not failed:
        notes = (f"Nothing failed in run {run_id}: there is nothing to try again.",)
        return Report(run=None, datasource=run.datasource, state=RunState.SUCCEEDED, notes=notes)
    source = datasources.by_name(catalog, run.datasource)
    if source is None:
        raise NotFound(f"The datasource {run.datasource} of run {run_id} was deleted.", "Mirror its address again.")
    with open_run_context(settings, catalog, jobs) as parts:
        progress.planned(failed)
        return retry(source, run_id, parts, progress, began=began)
