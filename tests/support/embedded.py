"""Photographs as assets of a library, as if they had been imported before there were hashes and vectors."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import skimage
from PIL import Image
from tests.support.commits import Pass, commit_rows, processed_row

from mirrorlake.core.settings import Settings
from mirrorlake.jobs.execution import new_job, run_here
from mirrorlake.jobs.handlers.likeness import LikenessArgs
from mirrorlake.mirror.thumbnail_writer import ThumbnailWriter
from mirrorlake.model.access import LIBRARY
from mirrorlake.model.jobs import JobKind
from mirrorlake.model.likeness import LikenessUpdate
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.library_store import LibraryStore
from mirrorlake.services.base import Resources
from mirrorlake.services.likeness import LikenessService

FOLDER = Path(skimage.__file__).parent / "data"
PHOTOS = ("chelsea.png", "coffee.png", "rocket.jpg", "astronaut.png")
JOB = new_job(JobKind.LIKENESS, LikenessArgs())


def digest_of(name: str) -> bytes:
    """The digest of an asset here."""
    return name.encode().ljust(32, b".")


def add_photos(working: Pass, settings: Settings) -> None:
    """Add the photographs, and an asset whose thumbnail is lost."""
    thumbnails = ThumbnailWriter(working.catalog, LibraryStore.in_folder(settings.thumbnails).store)
    for name in PHOTOS:
        with Image.open(FOLDER / name) as picture:
            picture.thumbnail((320, 320))
            file = BytesIO()
            picture.convert("RGB").save(file, "WEBP")
        thumbnails.add([(digest_of(name), file.getvalue())])
        commit_rows(working.lease, processed_row(f"in/{name}", digest=digest_of(name)))
    commit_rows(working.lease, processed_row("in/lost.png", digest=digest_of("lost")))  # has no thumbnail
    with working.catalog.write() as connection:
        connection.execute("DELETE FROM picture_hash")


def turn_on(catalog: Catalog, settings: Settings) -> LikenessUpdate:
    """Embed them with the model `lite`."""
    LikenessService(Resources(settings, catalog), LIBRARY).change("lite")
    return run_here(settings, catalog, JOB, processes=2)
