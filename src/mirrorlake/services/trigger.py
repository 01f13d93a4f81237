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
from mirrorlake.mirror.source_stores import SourceStores
from mirrorlake.model.access import Context
from mirrorlake.model.runs import Trigger
from mirrorlake.postgres.pool import Catalog


def run_now(
    settings: Settings,
    catalog: Catalog,
    name: str,
    progress: Progress,
    *,
    jobs: int | None,
    by: Context,
    force: bool,
) -> Report:
    """Run a datasource in the foreground; `force` overrides the cooldown. Raises NotFound, PassRunning, CoolingDown."""
    datasource_id, overridden = queue.check_permitted(catalog, name, force=force)
    source = datasources.by_id(catalog, datasource_id)
    store_factory = SourceStores(settings, catalog)(source)
    with open_run_context(settings, catalog, jobs) as context:
        lease = begin(catalog, source.id, Trigger.MANUAL, requested_by=by.actor.name)
        if overridden:
            queue.record_forced(catalog, name, lease.run_id, by)
        return run_leased(lease, source, context, Reporter(lease, progress), store_factory=store_factory)
