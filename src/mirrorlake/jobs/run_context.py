"""What one pass works with on this machine: its processes, and a folder for its plan."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing, contextmanager

from mirrorlake.core.settings import Settings
from mirrorlake.jobs.library_store import library_store
from mirrorlake.jobs.scratch import scratch_folder
from mirrorlake.mirror.pass_plan import RunContext
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.prestart import WorkerPrestarter, cores


@contextmanager
def open_run_context(
    settings: Settings, catalog: Catalog, jobs: int | None, prestarter: WorkerPrestarter | None = None
) -> Generator[RunContext]:
    """The parts of one pass; `jobs` processes look at objects, one a core if None, those of `nursery` first."""
    with scratch_folder(settings.home) as workdir, closing(library_store(settings)) as library:
        yield RunContext(
            catalog=catalog,
            thumbnails=library,
            workdir=workdir,
            processes=jobs or cores(),
            ranges=cores(),
            prestarter=prestarter,
        )
