"""Run a stored or new datasource once: the part of `mirrorlake mirror` that takes long to load."""

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
from mirrorlake.mirror.source_stores import SourceStores
from mirrorlake.model.access import Context
from mirrorlake.model.runs import RunState, Trigger
from mirrorlake.model.sources import Datasource
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.prestart import WorkerPrestarter
from mirrorlake.services.callers import local_user
from mirrorlake.services.label_mapping import check_mapping
from mirrorlake.services.mirror_request import ConnectionUse, MirrorOptions

NOT_CREATED = "The datasource was not created."


def mirror_once(
    settings: Settings,
    catalog: Catalog,
    options: MirrorOptions,
    known_id: int | None,
    source: Datasource,
    *,
    connected: ConnectionUse | None,
    progress: Progress,
    prestarter: WorkerPrestarter,
) -> Report:
    """Store the options in their datasource and run it, or only do a dry run.

    `source` is the datasource with the options, and `known_id` its number if it exists already. `connected` is the
    connection that the request names. The options are stored
    in the transaction that starts the run.
    """
    known = None if known_id is None else datasources.by_id(catalog, known_id).settings.labels
    check_mapping(catalog, known, source.settings.labels)
    with open_run_context(settings, catalog, options.request.jobs, prestarter) as context:
        # An invalid profile or region fails here, before anything is stored. Opening sends no request.
        stores = SourceStores(settings, catalog)
        store_factory = stores(source)
        store_factory.open_plain().close()
        if options.request.dry_run:
            return dry_run(source, known_id, context, progress, store_factory=store_factory)
        caller = local_user(settings.workspace)
        stored, created = datasources.find_or_create(
            catalog,
            name=options.request.name,
            location=source.location,
            access=source.access,
            settings=source.settings,
            connection_id=source.connection_id,
            by=caller,
        )
        lease = begin(
            catalog,
            stored.id,
            Trigger.MIRROR,
            requested_by=caller.actor.name,
            # A mirror that is refused because a pass is running must not change what later passes do.
            prepare=lambda connection: datasources.change_locked(
                connection, stored.id, lambda found: options.apply_to(found, connected), by=caller
            ),
        )
        saved = datasources.by_id(catalog, stored.id)
        report = run_leased(lease, saved, context, Reporter(lease, progress), store_factory=stores(saved))
        if report.counts.listed:
            return report
        if created and (report.state is RunState.FAILED or _found_nothing(report)):
            return _drop_empty_datasource(catalog, saved, report)
        if not created and report.state is RunState.FAILED:
            return _restore_access(catalog, stored, saved, report, by=caller)
        return report


def _found_nothing(report: Report) -> bool:
    """Whether the whole source was listed, and contains nothing."""
    return report.state is RunState.SUCCEEDED and report.error is None


def _drop_empty_datasource(catalog: Catalog, created: Datasource, report: Report) -> Report:
    """The report of a first run that listed nothing: the run is deleted with its new datasource, so it is not named."""
    if report.run is None or not datasources.delete_unused(catalog, created.id, report.run):
        return report
    if report.error is not None:
        return replace(report, run=None, error=f"{report.error} {NOT_CREATED}")
    return replace(report, run=None, notes=(*report.notes, NOT_CREATED))


def _restore_access(catalog: Catalog, stored: Datasource, saved: Datasource, report: Report, *, by: Context) -> Report:
    """The report of a run that listed nothing: new connection options, which may be the cause, are not kept."""
    if (stored.access, stored.connection_id) == (saved.access, saved.connection_id):
        return report
    datasources.restore_access(catalog, stored, saved, by=by)
    return replace(report, error=f"{report.error} The previous connection options for {stored.name} were kept.")
