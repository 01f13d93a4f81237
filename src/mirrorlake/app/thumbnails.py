"""Thumbnails as a person looks after them: hold them against the catalog, make lost ones, clear away left-overs."""

from __future__ import annotations

from collections.abc import Callable

from mirrorlake.app.parts import parts_of
from mirrorlake.catalog.pool import Catalog
from mirrorlake.mirror.thumbnails import census, cleaning, making
from mirrorlake.mirror.thumbnails.census import Step
from mirrorlake.model.thumbnails import Cleaning, Making, ThumbnailCheck, Unmade
from mirrorlake.settings import Settings


def check_thumbnails(settings: Settings, catalog: Catalog, step: Step) -> ThumbnailCheck:
    """Count the thumbnails that assets lack, and the files that no asset uses. Changes nothing."""
    with parts_of(settings, catalog, jobs=None) as parts:
        return census.check(catalog, parts.thumbnails, parts.workdir, step)


def make_thumbnails(
    settings: Settings, catalog: Catalog, step: Step, *, told: Callable[[Unmade], None], jobs: int | None
) -> Making:
    """Make every thumbnail that an asset lacks; `told` hears of those that could not be made. Raises Conflict."""
    with parts_of(settings, catalog, jobs) as parts:
        return making.make(catalog, parts.thumbnails, parts.workdir, step, told=told, processes=parts.processes)


def clean_thumbnails(
    settings: Settings, catalog: Catalog, step: Step, *, hours: int, acknowledged: int | None
) -> Cleaning:
    """Remove the files that no asset uses and nobody wrote for `hours`. Raises Conflict, UsageError."""
    with parts_of(settings, catalog, jobs=None) as parts:
        return cleaning.clean(catalog, parts.thumbnails, parts.workdir, step, hours=hours, acknowledged=acknowledged)
