"""One pass over a datasource that was found or is to be made: all of `mirrorlake mirror` that takes long to load."""

from __future__ import annotations

from dataclasses import replace

from mirrorlake.catalog import datasources
from mirrorlake.catalog.runs import begin
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.progress import Reporter
from mirrorlake.jobs.run_context import open_run_context
from mirrorlake.mirror.progress import Progress
from mirrorlake.mirror.report import Report
from mirrorlake.mirror.run import dry_run, run_leased
from mirrorlake.model.runs import RunState, Trigger
from mirrorlake.model.sources import Datasource
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.prestart import WorkerPrestarter
from mirrorlake.services.callers import local_user
from mirrorlake.services.mirror_request import MirrorOptions
from mirrorlake.storage.open import open_store


def one_pass(
    settings: Settings,
    catalog: Catalog,
    asked: MirrorOptions,
    stored: Datasource | None,
    source: Datasource,
    *,
    progress: Progress,
    prestarter: WorkerPrestarter,
) -> Report:
    """Keep `source` as it is to be now, in place of `stored`, and run a pass over it, or only a dry run."""
    with open_run_context(settings, catalog, asked.request.jobs, prestarter) as parts:
        # A profile or region that cannot be is wrong before anything is stored. Opening makes no request.
        open_store(source.location, source.access).close()
        if asked.request.dry_run:
            return dry_run(source, None if stored is None else stored.id, parts, progress)
        kept = _kept(catalog, asked, stored, source)
        lease = begin(catalog, kept.id, Trigger.MIRROR, requested_by=local_user().actor.name)
        report = run_leased(lease, kept, parts, Reporter(lease, progress))
        if report.state is not RunState.FAILED or report.counts.listed:
            return report
        return (
            _drop_empty_datasource(catalog, kept, report)
            if stored is None
            else _restore_access(catalog, stored, kept, report)
        )


def _kept(catalog: Catalog, asked: MirrorOptions, stored: Datasource | None, source: Datasource) -> Datasource:
    if stored is None:
        return datasources.create(
            catalog,
            name=asked.request.name,
            location=source.location,
            access=source.access,
            settings=source.settings,
        )
    return source if source == stored else datasources.update(catalog, source)


def _drop_empty_datasource(catalog: Catalog, made: Datasource, report: Report) -> Report:
    """The report of a first pass that could list nothing: the datasource made for it goes again."""
    if report.run is None or not datasources.delete_unused(catalog, made.id, report.run):
        return report
    return replace(report, error=f"{report.error} No datasource was made of it.")


def _restore_access(catalog: Catalog, stored: Datasource, kept: Datasource, report: Report) -> Report:
    """The report of a pass that could list nothing: flags that may be why are not kept for the passes that follow."""
    if stored.access == kept.access:
        return report
    datasources.restore_access(catalog, stored, kept)
    return replace(report, error=f"{report.error} Passes that follow reach {stored.name} as before.")
