"""The local resources of a run: its processes, and a folder for its plan."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing, contextmanager

from mirrorlake.core.settings import Settings
from mirrorlake.engine.choice import choose_engine
from mirrorlake.jobs.library_store import library_store
from mirrorlake.jobs.scratch import scratch_folder
from mirrorlake.mirror.pass_plan import RunContext
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.prestart import WorkerPrestarter, cores


@contextmanager
def open_run_context(
    settings: Settings, catalog: Catalog, jobs: int | None, prestarter: WorkerPrestarter | None = None
) -> Generator[RunContext]:
    """Open the context of a run with `jobs` worker processes (None: one per core), those of `prestarter` first.

    On a cluster, `jobs` limits its tasks. Raises SettingsError if what the engine needs is not installed.
    """
    with scratch_folder(settings.home) as workdir, closing(library_store(settings)) as library:
        yield RunContext(
            catalog=catalog,
            thumbnails=library,
            workdir=workdir,
            processes=jobs or cores(),
            ranges=cores(),
            prestarter=prestarter,
            engine=choose_engine(settings.engine, jobs),
        )
