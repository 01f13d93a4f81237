"""Run `mirrorlake mirror`: find or create the datasource, then mirror it.

The modules of a run take a second to load. If objects are sure to be processed, the worker processes start first, so
that both load in parallel. Keep the imports of this module light.
"""

from __future__ import annotations

from mirrorlake.catalog import datasources
from mirrorlake.core.settings import LOCAL_ENGINE, Settings
from mirrorlake.mirror.progress import Progress
from mirrorlake.mirror.report import Report
from mirrorlake.model.sources import Access, Datasource, MirrorSettings
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.prestart import WorkerPrestarter
from mirrorlake.services.base import open_resources
from mirrorlake.services.mirror_request import ConnectionUse, MirrorOptions


def mirror(settings: Settings, options: MirrorOptions, progress: Progress) -> Report:
    """Run in the foreground. Creates or reuses the datasource; a dry run stores nothing.

    Raises UsageError if the request does not fit the stored datasource, PassRunning during another run, and
    CatalogError if the database is not available. All other errors are in the report.
    """
    with open_resources(settings) as library, WorkerPrestarter() as prestarter:
        resources = library.of(settings.workspace)
        settings, catalog = resources.settings, resources.catalog
        connected = find_connection(catalog, options.request.connection)
        stored = _find_datasource(catalog, options, connected)
        source = _new_datasource(options, connected) if stored is None else options.apply_to(stored, connected)
        if stored is None and not options.request.dry_run and settings.engine == LOCAL_ENGINE:
            prestarter.start(options.request.jobs)  # the first run processes nearly everything that it lists
        from mirrorlake.services.mirror_once import mirror_once  # noqa: PLC0415  heavy: loads while the workers start

        report: Report = mirror_once(
            settings,
            catalog,
            options,
            None if stored is None else stored.id,
            source,
            connected=connected,
            progress=progress,
            prestarter=prestarter,
        )
        return report


def find_connection(catalog: Catalog, name: str | None) -> ConnectionUse | None:
    """The connection with this name, None without a name. Raises NotFound."""
    if name is None:
        return None
    from mirrorlake.catalog import connections  # noqa: PLC0415  only needed with a connection

    found = connections.named(catalog, name).connection
    return ConnectionUse(id=found.id, name=found.name, endpoint=found.settings.endpoint)


def _find_datasource(catalog: Catalog, options: MirrorOptions, connected: ConnectionUse | None) -> Datasource | None:
    """The datasource of the request if it exists: by name if one is given, else by address."""
    if options.request.name is not None:
        return datasources.by_name(catalog, options.request.name, deleted=True)
    return datasources.find_by_source(catalog, options.location, options.access(Access(), connected).options().endpoint)


def _new_datasource(options: MirrorOptions, connected: ConnectionUse | None) -> Datasource:
    return Datasource(
        id=0,
        name=options.request.name or datasources.derive_name(options.location),
        location=options.location,
        access=options.access(Access(), connected),
        settings=options.mirror_settings(MirrorSettings()),
        connection=None if connected is None else connected.name,
        connection_id=None if connected is None else connected.id,
    )
