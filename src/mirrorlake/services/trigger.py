"""A pass as a person asks for it by the datasource's name: now and here, or by the next free worker."""

from __future__ import annotations

from mirrorlake.catalog import datasources, queue
from mirrorlake.core.settings import Settings
from mirrorlake.mirror.progress import Progress
from mirrorlake.mirror.report import Report
from mirrorlake.mirror.run import run_pass
from mirrorlake.model.runs import Trigger
from mirrorlake.postgres.pool import Catalog, open_catalog
from mirrorlake.services.run_context import open_run_context


def request_run(catalog: Catalog, name: str) -> int:
    """Put a run of this datasource into the queue for the next free worker; answers the number of the run.

    Raises NotFound, PassRunning where one waits or is at work, CoolingDown too soon after a pass that imported.
    """
    return queue.request(catalog, name)


def run_now(settings: Settings, name: str, progress: Progress, *, jobs: int | None) -> Report:
    """One pass in the foreground, under the same guards. Raises as `request_run`, and CatalogError."""
    with open_catalog(settings) as catalog:
        source = datasources.by_id(catalog, queue.check_permitted(catalog, name))
        with open_run_context(settings, catalog, jobs) as parts:
            return run_pass(source, parts, progress, trigger=Trigger.MANUAL)
