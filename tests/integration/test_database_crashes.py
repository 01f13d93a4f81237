"""PostgreSQL crashes in the middle of a job of a worker, or between two of them: the work goes on without a restart."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import psutil
import psycopg
import pytest
from tests.support.cli import PATIENCE_S
from tests.support.job_library import JobLibrary, job_library
from tests.support.postgres import discard, new_home

from mirrorlake.core.errors import CatalogUnavailable
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.execution import execute
from mirrorlake.jobs.handler import JobContext
from mirrorlake.jobs.progress import Reporter
from mirrorlake.mirror.progress import NullProgress
from mirrorlake.model.jobs import JobKind, JobState
from mirrorlake.postgres.embedded import status
from mirrorlake.postgres.pool import Catalog, open_catalog


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JobLibrary]:
    home = new_home()
    folder = tmp_path_factory.mktemp("crashes")
    try:
        with open_catalog(Settings(home=home)) as catalog:
            yield job_library(catalog, home, folder / "photos")
    finally:
        discard(home)


@dataclass
class Crash(NullProgress):
    """Crashes PostgreSQL at the first sign of progress, once."""

    home: Path
    happened: bool = False

    def planned(self, to_process: int) -> None:
        del to_process
        self.step()

    def step(self, *_: object) -> None:
        if not self.happened:
            self.happened = True
            data = status(self.home).data
            assert data is not None
            postmaster = psutil.Process(int((data / "postmaster.pid").read_text("ascii").split("\n", 1)[0]))
            postmaster.send_signal(signal.SIGQUIT)
            postmaster.wait(PATIENCE_S)  # until no session is left


def crashing(library: JobLibrary, context: JobContext) -> JobContext:
    crash = Crash(library.settings.home)
    return replace(context, reporter=Reporter(context.lease, crash, crash.step))


# At the first sign of progress, these are in the middle of a transaction, so that the crash fails them for certain.
IN_TRANSACTION = [JobKind.ASSETS_EXPORT, JobKind.PROJECT_SPLIT, JobKind.SNAPSHOT_CREATE]


@pytest.mark.parametrize("kind", [*IN_TRANSACTION, JobKind.MIRROR, JobKind.REAPPLY, JobKind.EDIT])
def test_a_job_in_which_the_database_crashes_is_tried_again(library: JobLibrary, kind: JobKind) -> None:
    job_id = library.request(kind)
    failure = pytest.raises(CatalogUnavailable) if kind in IN_TRANSACTION else suppress(CatalogUnavailable)

    with failure:
        execute(crashing(library, library.claimed(kind)))

    last = library.last(job_id)
    if last.state is JobState.QUEUED:
        assert last.attempt == 2
        with library.catalog.write() as connection:
            connection.execute("UPDATE job SET not_before = now() WHERE id = %s", [last.id])
        execute(library.claimed(kind))
    assert library.last(job_id).state is (JobState.HELD if kind is JobKind.MIRROR else JobState.SUCCEEDED)


def test_connections_for_columns_that_a_restart_ended_are_replaced(empty_catalog: Catalog) -> None:
    def session() -> int:
        with empty_catalog.arrow() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            return cast("list[tuple[int]]", cursor.fetchall())[0][0]

    first = session()
    assert session() == first  # it is kept
    with psycopg.connect(empty_catalog.conninfo, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 60000)", [first])

    assert session() != first
