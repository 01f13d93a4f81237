"""Run a datasource by its name in this process."""

from __future__ import annotations

from mirrorlake.catalog import datasources, queue
from mirrorlake.catalog.runs import begin
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.progress import Reporter
from mirrorlake.jobs.run_context import open_run_context
from mirrorlake.mirror.progress import Progress
from mirrorlake.mirror.report import Report
from mirrorlake.mirror.run import run_leased
from mirrorlake.model.runs import Trigger
from mirrorlake.postgres.pool import Catalog


def run_now(
    settings: Settings, catalog: Catalog, name: str, progress: Progress, *, jobs: int | None, requested_by: str
) -> Report:
    """Run a datasource in the foreground. Raises NotFound, PassRunning and CoolingDown."""
    source = datasources.by_id(catalog, queue.check_permitted(catalog, name))
    with open_run_context(settings, catalog, jobs) as context:
        lease = begin(catalog, source.id, Trigger.MANUAL, requested_by=requested_by)
        return run_leased(lease, source, context, Reporter(lease, progress))
