"""One pass as a person asks for it: find or make the datasource, then mirror it."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace

from mirrorlake.app.request import Asked
from mirrorlake.app.scratch import scratch_folder
from mirrorlake.catalog import datasources
from mirrorlake.catalog.pool import Catalog, open_catalog
from mirrorlake.errors import NotFound
from mirrorlake.mirror.progress import Progress
from mirrorlake.mirror.report import Report
from mirrorlake.mirror.run import Parts, dry_run, run_pass
from mirrorlake.mirror.stoppable import Check, unstopped
from mirrorlake.model.runs import RunState
from mirrorlake.model.sources import Access, Datasource, MirrorSettings
from mirrorlake.settings import Settings
from mirrorlake.storage.open import open_store


def mirror(settings: Settings, asked: Asked, progress: Progress) -> Report:
    """One pass in the foreground. Creates or reuses the datasource; a dry run stores nothing.

    Raises UsageError where the request does not fit the stored datasource, PassRunning where a pass is at
    work, CatalogError where the database is not to be had. Everything else that goes wrong is told by the report.
    """
    with open_catalog(settings) as catalog, parts_of(settings, catalog, asked.request.jobs) as parts:
        stored = _stored(catalog, asked)
        source = _proposed(asked) if stored is None else asked.applied_to(stored)
        # A profile or region that cannot be is wrong before anything is stored. Opening makes no request.
        open_store(source.location, source.access).close()
        if asked.request.dry_run:
            return dry_run(source, None if stored is None else stored.id, parts, progress)
        kept = _kept(catalog, asked, stored, source)
        report = run_pass(kept, parts, progress)
        if report.state is not RunState.FAILED or report.counts.listed:
            return report
        return _unless_useless(catalog, kept, report) if stored is None else _as_reached(catalog, stored, kept, report)


def preview(settings: Settings, catalog: Catalog, name: str, progress: Progress, *, check: Check = unstopped) -> Report:
    """What a pass over this datasource would do, with samples. Lists the source and stores nothing. Raises NotFound.

    What goes wrong at the source is told by the report, and what `check` raises to end it early.
    """
    source = datasources.by_name(catalog, name)
    if source is None:
        raise NotFound(f"There is no datasource named {name!r}.", "mirrorlake datasource list shows them all.")
    with parts_of(settings, catalog, jobs=None) as parts:
        return dry_run(source, source.id, parts, progress, check=check)


@contextmanager
def parts_of(settings: Settings, catalog: Catalog, jobs: int | None) -> Generator[Parts]:
    """What one pass works with on this machine; `jobs` processes look at objects, one a core if None."""
    with scratch_folder(settings.home) as workdir:
        yield Parts(
            catalog=catalog,
            thumbnails=settings.thumbnails,
            workdir=workdir,
            processes=jobs or _cores(),
            ranges=_cores(),
        )


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


def _kept(catalog: Catalog, asked: Asked, stored: Datasource | None, source: Datasource) -> Datasource:
    if stored is None:
        return datasources.create(
            catalog,
            name=asked.request.name,
            location=source.location,
            access=source.access,
            settings=source.settings,
        )
    return source if source == stored else datasources.update(catalog, source)


def _unless_useless(catalog: Catalog, made: Datasource, report: Report) -> Report:
    """The report of a first pass that could list nothing: the datasource made for it goes again."""
    if report.run is None or not datasources.forget_unused(catalog, made.id, report.run):
        return report
    return replace(report, error=f"{report.error} No datasource was made of it.")


def _as_reached(catalog: Catalog, stored: Datasource, kept: Datasource, report: Report) -> Report:
    """The report of a pass that could list nothing: flags that may be why are not kept for the passes that follow."""
    if stored.access == kept.access:
        return report
    datasources.take_back_access(catalog, stored, kept)
    return replace(report, error=f"{report.error} Passes that follow reach {stored.name} as before.")


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
