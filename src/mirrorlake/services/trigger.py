"""A pass as a person asks for it by the datasource's name: now and here, or by the next free worker."""

from __future__ import annotations

from mirrorlake.catalog import datasources, queue
from mirrorlake.catalog.runs import begin
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.actor import this_user
from mirrorlake.jobs.progress import Reporter
from mirrorlake.jobs.run_context import open_run_context
from mirrorlake.mirror.progress import Progress
from mirrorlake.mirror.report import Report
from mirrorlake.mirror.run import run_leased
from mirrorlake.model.runs import Trigger
from mirrorlake.postgres.pool import Catalog, open_catalog


def request_run(catalog: Catalog, name: str, *, requested_by: str | None = None) -> int:
    """Put a run of this datasource into the queue for the next free worker; answers the number of the run.

    Raises NotFound, PassRunning where one waits or is at work, CoolingDown too soon after a pass that imported.
    """
    return queue.request(catalog, name, requested_by=requested_by or this_user())


def run_now(settings: Settings, name: str, progress: Progress, *, jobs: int | None) -> Report:
    """One pass in the foreground, under the same guards. Raises as `request_run`, and CatalogError."""
    with open_catalog(settings) as catalog:
        source = datasources.by_id(catalog, queue.check_permitted(catalog, name))
        with open_run_context(settings, catalog, jobs) as parts:
            lease = begin(catalog, source.id, Trigger.MANUAL, requested_by=this_user())
            return run_leased(lease, source, parts, Reporter(lease, progress))
