"""A library for measuring the pages: assets by arithmetic, with real thumbnails that many of them share."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import skimage
import sklearn
from PIL import Image

from benchmarks.search_data import Loaded, Pictures, load
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.execution import new_job, run_here
from mirrorlake.jobs.handlers.search_indexes import IndexArgs
from mirrorlake.mirror.thumbnail_writer import ThumbnailWriter
from mirrorlake.model.jobs import JobKind
from mirrorlake.postgres.pool import open_catalog
from mirrorlake.processing.library_store import LibraryStore
from mirrorlake.processing.process import ProcessedObject, process_bytes

CROPS = 48  # of each photograph
_PHOTOGRAPHS = (
    *(Path(skimage.__file__).parent / "data" / name for name in ("astronaut.png", "chelsea.png", "coffee.png")),
    *(Path(sklearn.__file__).parent / "datasets" / "images" / name for name in ("china.jpg", "flower.jpg")),
)


def fill(home: Path, assets: int) -> Loaded:
    """Load this many assets into the library of an empty home, and the thumbnails that they have by turns.

    With the indexes that a worker makes within a minute: what is measured is not a server that is building them.
    """
    pictures = [(one.digest, one.rendered) for one in _processed() if one.digest is not None and one.rendered]
    settings = Settings(home=home)
    with open_catalog(settings) as catalog:
        writer = ThumbnailWriter(catalog, LibraryStore.in_folder(settings.thumbnails).store)
        writer.add([(digest, rendered.thumbnail) for digest, rendered in pictures])
        shared = Pictures(
            digests=[digest for digest, _ in pictures],
            placeholders=[rendered.placeholder for _, rendered in pictures],
        )
        loaded = load(catalog, assets, pictures=shared)
        run_here(settings, catalog, new_job(JobKind.SEARCH_INDEXES, IndexArgs()))
        return loaded


def _processed() -> Iterator[ProcessedObject]:
    """Pieces of the photographs, as a worker processes them."""
    for path in _PHOTOGRAPHS:
        with Image.open(path) as image:
            whole = image.convert("RGB")
        for number in range(CROPS):
            left, top = number % 8 * 24, number // 8 * 20
            held = io.BytesIO()
            whole.crop((left, top, left + 260, top + 200)).save(held, "JPEG", quality=92)
            yield process_bytes(held.getvalue(), "piece.jpg")
