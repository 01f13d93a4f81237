"""A pass as a person asks for it by the datasource's name: now and here."""

from __future__ import annotations

from mirrorlake.catalog import datasources, queue
from mirrorlake.core.settings import Settings
from mirrorlake.mirror.progress import Progress
from mirrorlake.mirror.report import Report
from mirrorlake.mirror.run import run_pass
from mirrorlake.model.runs import Trigger
from mirrorlake.postgres.pool import Catalog
from mirrorlake.services.run_context import open_run_context


def run_now(settings: Settings, catalog: Catalog, name: str, progress: Progress, *, jobs: int | None) -> Report:
    """One pass in the foreground, under the same guards. Raises NotFound, PassRunning and CoolingDown."""
    source = datasources.by_id(catalog, queue.check_permitted(catalog, name))
    with open_run_context(settings, catalog, jobs) as parts:
        return run_pass(source, parts, progress, trigger=Trigger.MANUAL)
