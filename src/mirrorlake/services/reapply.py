"""Merge the metadata of a datasource's assets again, in this process or by a worker."""

from __future__ import annotations

from mirrorlake.catalog import datasources
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.execution import enqueue_run, new_job, run_here
from mirrorlake.jobs.handlers.reapply import ReapplyArgs
from mirrorlake.mirror.reapply import ProgressCallback, strategy_choice
from mirrorlake.mirror.report import Report
from mirrorlake.model.jobs import JobKind, NewJob
from mirrorlake.model.sources import Datasource
from mirrorlake.postgres.pool import Catalog


def reapply(settings: Settings, catalog: Catalog, name: str, done: ProgressCallback, *, requested_by: str) -> Report:
    """Apply the metadata strategies of a datasource to all its assets. `done` receives the progress.

    Raises NotFound, PassRunning during another run of the datasource, and SettingsError if a glob file was never
    read.
    """
    _, job = _merge(catalog, name, requested_by)
    return run_here(settings, catalog, job, step=lambda _step, some, total: done(some, total))


def request_reapply(catalog: Catalog, name: str, *, requested_by: str) -> int:
    """Queue such a run and return its number. Raises the errors of `reapply`."""
    source, job = _merge(catalog, name, requested_by)
    return enqueue_run(catalog, source, job)


def _merge(catalog: Catalog, name: str, requested_by: str) -> tuple[Datasource, NewJob]:
    source = datasources.named(catalog, name)
    strategy_choice(catalog, source)
    return source, new_job(JobKind.REAPPLY, ReapplyArgs(), datasource=source, requested_by=requested_by)
