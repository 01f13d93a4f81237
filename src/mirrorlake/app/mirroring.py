"""One pass as a person asks for it: find or make the datasource, then mirror it.

What a pass needs takes a second to load. Where it is sure to look at objects, the processes that do so start before
that, so that both load side by side; whoever changes this module's imports should keep it light.
"""

from __future__ import annotations

from importlib import import_module

from mirrorlake.app.request import Asked
from mirrorlake.catalog import datasources
from mirrorlake.catalog.pool import Catalog, open_catalog
from mirrorlake.ingest.nursery import Nursery
from mirrorlake.mirror.progress import Progress
from mirrorlake.mirror.report import Report
from mirrorlake.model.sources import Access, Datasource, MirrorSettings
from mirrorlake.settings import Settings


def mirror(settings: Settings, asked: Asked, progress: Progress) -> Report:
    """One pass in the foreground. Creates or reuses the datasource; a dry run stores nothing.

    Raises UsageError where the request does not fit the stored datasource, PassRunning where a pass is at
    work, CatalogError where the database is not to be had. Everything else that goes wrong is told by the report.
    """
    with open_catalog(settings) as catalog, Nursery() as nursery:
        stored = _stored(catalog, asked)
        source = _proposed(asked) if stored is None else asked.applied_to(stored)
        if stored is None and not asked.request.dry_run:
            nursery.start(asked.request.jobs)  # a first pass: nearly all that it lists will be looked at
        passing = import_module("mirrorlake.app.passing")  # all that is heavy
        report: Report = passing.one_pass(settings, catalog, asked, stored, source, progress=progress, nursery=nursery)
        return report


def _stored(catalog: Catalog, asked: Asked) -> Datasource | None:
    """The datasource that the request means, if it exists: by name where one is said, else by address."""
    if asked.request.name is not None:
        return datasources.by_name(catalog, asked.request.name, deleted=True)
    return datasources.by_source(catalog, asked.location, asked.access(Access()).endpoint)


def _proposed(asked: Asked) -> Datasource:
    return Datasource(
        id=0,
        name=asked.request.name or datasources.name_after(asked.location),
        location=asked.location,
        access=asked.access(Access()),
        settings=asked.mirror_settings(MirrorSettings()),
    )
