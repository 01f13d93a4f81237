"""Thumbnails as a person looks after them: hold them against the catalog, make lost ones, clear away left-overs."""

from __future__ import annotations

from mirrorlake.app.mirroring import parts_of
from mirrorlake.catalog.pool import Catalog
from mirrorlake.mirror.thumbnails import census
from mirrorlake.mirror.thumbnails.census import Step
from mirrorlake.model.thumbnails import ThumbnailCheck
from mirrorlake.settings import Settings


def check_thumbnails(settings: Settings, catalog: Catalog, step: Step) -> ThumbnailCheck:
    """Count the thumbnails that assets lack, and the files that no asset uses. Changes nothing."""
    with parts_of(settings, catalog, jobs=None) as parts:
        return census.check(catalog, parts.thumbnails, parts.workdir, step)
