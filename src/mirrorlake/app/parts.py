"""What one pass works with on this machine: its processes, and a folder for its plan."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from mirrorlake.app.scratch import scratch_folder
from mirrorlake.catalog.pool import Catalog
from mirrorlake.ingest.nursery import Nursery, cores
from mirrorlake.mirror.run import Parts
from mirrorlake.settings import Settings


@contextmanager
def parts_of(
    settings: Settings, catalog: Catalog, jobs: int | None, nursery: Nursery | None = None
) -> Generator[Parts]:
    """The parts of one pass; `jobs` processes look at objects, one a core if None, those of `nursery` first."""
    with scratch_folder(settings.home) as workdir:
        yield Parts(
            catalog=catalog,
            thumbnails=settings.thumbnails,
            workdir=workdir,
            processes=jobs or cores(),
            ranges=cores(),
            nursery=nursery,
        )
