"""Maintain thumbnails, in this process or by a worker: check them, rebuild missing ones, remove orphaned thumbnails."""

from __future__ import annotations

from collections.abc import Callable

from mirrorlake.catalog import jobs as stored
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.execution import new_job, run_here
from mirrorlake.jobs.handlers.thumbnails import CheckArgs, CleanArgs, MakeArgs
from mirrorlake.library.steps import StepCallback
from mirrorlake.model.jobs import JobKind
from mirrorlake.model.thumbnails import Cleaning, MakeResult, Making, ThumbnailCheck, Unmade
from mirrorlake.postgres.pool import Catalog


def check_thumbnails(
    settings: Settings, catalog: Catalog, step: StepCallback, *, whole: bool, requested_by: str
) -> ThumbnailCheck:
    """Count missing thumbnails and orphaned thumbnails. Changes nothing."""
    job = new_job(JobKind.THUMBNAILS_CHECK, CheckArgs(whole=whole), requested_by=requested_by)
    check: ThumbnailCheck = run_here(settings, catalog, job, step=step)
    return check


def make_thumbnails(
    settings: Settings,
    catalog: Catalog,
    step: StepCallback,
    *,
    on_failure: Callable[[Unmade], None],
    jobs: int | None,
    whole: bool,
    requested_by: str,
) -> Making:
    """Rebuild all missing thumbnails; `on_failure` receives those that failed. Raises Conflict."""
    job = new_job(JobKind.THUMBNAILS_MAKE, MakeArgs(whole=whole), requested_by=requested_by)
    result: MakeResult = run_here(settings, catalog, job, step=step, item=on_failure, processes=jobs)
    return result.making


def clean_thumbnails(
    settings: Settings, catalog: Catalog, step: StepCallback, *, hours: int, acknowledged: int | None, requested_by: str
) -> Cleaning:
    """Remove orphaned thumbnails that are older than `hours`. Raises Conflict, UsageError."""
    args = CleanArgs(hours=hours, acknowledged=acknowledged)
    job = new_job(JobKind.THUMBNAILS_CLEAN, args, requested_by=requested_by)
    cleaning: Cleaning = run_here(settings, catalog, job, step=step)
    return cleaning


def request_check(catalog: Catalog, *, whole: bool, requested_by: str) -> int:
    """Queue a check; return the number of its job."""
    return stored.request(catalog, new_job(JobKind.THUMBNAILS_CHECK, CheckArgs(whole=whole), requested_by=requested_by))


def request_make(catalog: Catalog, *, whole: bool, requested_by: str) -> int:
    """Queue a job that rebuilds missing thumbnails; return its number. Raises Conflict if one is already queued."""
    return stored.request(catalog, new_job(JobKind.THUMBNAILS_MAKE, MakeArgs(whole=whole), requested_by=requested_by))


def request_clean(catalog: Catalog, *, hours: int, acknowledged: int | None, requested_by: str) -> int:
    """Queue a cleanup; return the number of its job. Raises Conflict if one is already queued."""
    args = CleanArgs(hours=hours, acknowledged=acknowledged)
    return stored.request(catalog, new_job(JobKind.THUMBNAILS_CLEAN, args, requested_by=requested_by))
