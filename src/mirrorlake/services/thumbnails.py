"""Thumbnails as a person looks after them: hold them against the catalog, make lost ones, clear away left-overs."""

from __future__ import annotations

from collections.abc import Callable

from mirrorlake.core.settings import Settings
from mirrorlake.library import audit, cleanup, rebuild
from mirrorlake.library.audit import StepCallback
from mirrorlake.model.thumbnails import Cleaning, Making, ThumbnailCheck, Unmade
from mirrorlake.postgres.pool import Catalog
from mirrorlake.services.run_context import open_run_context


def check_thumbnails(settings: Settings, catalog: Catalog, step: StepCallback) -> ThumbnailCheck:
    """Count the thumbnails that assets lack, and the files that no asset uses. Changes nothing."""
    with open_run_context(settings, catalog, jobs=None) as parts:
        return audit.check(catalog, parts.thumbnails, parts.workdir, step)


def make_thumbnails(
    settings: Settings, catalog: Catalog, step: StepCallback, *, told: Callable[[Unmade], None], jobs: int | None
) -> Making:
    """Make every thumbnail that an asset lacks; `told` hears of those that could not be made. Raises Conflict."""
    with open_run_context(settings, catalog, jobs) as parts:
        return rebuild.make(catalog, parts.thumbnails, parts.workdir, step, told=told, processes=parts.processes)


def clean_thumbnails(
    settings: Settings, catalog: Catalog, step: StepCallback, *, hours: int, acknowledged: int | None
) -> Cleaning:
    """Remove the files that no asset uses and nobody wrote for `hours`. Raises Conflict, UsageError."""
    with open_run_context(settings, catalog, jobs=None) as parts:
        return cleanup.clean(catalog, parts.thumbnails, parts.workdir, step, hours=hours, acknowledged=acknowledged)
