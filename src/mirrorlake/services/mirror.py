"""One pass as a person asks for it: find or make the datasource, then mirror it.

What a pass needs takes a second to load. Where it is sure to look at objects, the processes that do so start before
that, so that both load side by side; whoever changes this module's imports should keep it light.
"""

from __future__ import annotations

from mirrorlake.catalog import datasources
from mirrorlake.core.settings import Settings
from mirrorlake.mirror.progress import Progress
from mirrorlake.mirror.report import Report
from mirrorlake.model.sources import Access, Datasource, MirrorSettings
from mirrorlake.postgres.pool import Catalog, open_catalog
from mirrorlake.processing.prestart import WorkerPrestarter
from mirrorlake.services.mirror_request import MirrorOptions


def mirror(settings: Settings, asked: MirrorOptions, progress: Progress) -> Report:
    """One pass in the foreground. Creates or reuses the datasource; a dry run stores nothing.

    Raises UsageError where the request does not fit the stored datasource, PassRunning where a pass is at
    work, CatalogError where the database is not to be had. Everything else that goes wrong is told by the report.
    """
    with open_catalog(settings) as catalog, WorkerPrestarter() as prestarter:
        stored = _stored(catalog, asked)
        source = _proposed(asked) if stored is None else asked.applied_to(stored)
        if stored is None and not asked.request.dry_run:
            prestarter.start(asked.request.jobs)  # a first pass: nearly all that it lists will be looked at
        from mirrorlake.services.mirror_once import one_pass  # noqa: PLC0415  heavy: loads while the workers start

        report: Report = one_pass(settings, catalog, asked, stored, source, progress=progress, prestarter=prestarter)
        return report


def _stored(catalog: Catalog, asked: MirrorOptions) -> Datasource | None:
    """The datasource that the request means, if it exists: by name where one is said, else by address."""
    if asked.request.name is not None:
        return datasources.by_name(catalog, asked.request.name, deleted=True)
    return datasources.find_by_source(catalog, asked.location, asked.access(Access()).options().endpoint)


def _proposed(asked: MirrorOptions) -> Datasource:
    return Datasource(
        id=0,
        name=asked.request.name or datasources.derive_name(asked.location),
        location=asked.location,
        access=asked.access(Access()),
        settings=asked.mirror_settings(MirrorSettings()),
    )
