"""Workers are killed after each commit and each written file of a job: its outcome is that of an undisturbed one."""

from __future__ import annotations

import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from tests.support.doomed import Doomed
from tests.support.job_library import GONE, JobLibrary, job_library
from tests.support.postgres import Server
from tests.support.soak import soaking

from mirrorlake.catalog import field_counts, jobs
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.execution import execute
from mirrorlake.jobs.registry import BACKGROUND_KINDS
from mirrorlake.mirror.library_marker import DATABASES
from mirrorlake.model.jobs import RUN_KINDS, JobKind, JobState
from mirrorlake.postgres.pool import Catalog

MOST_KILLS = 60  # of a job: more would be one that never ends
SOME = [
    JobKind.EDIT,
    JobKind.UNDO,
    JobKind.ASSETS_EXPORT,
    JobKind.LABELS_IMPORT,
    JobKind.PROJECT_SPLIT,
    JobKind.SPLIT_ASSIGN,
    JobKind.SNAPSHOT_CREATE,
    JobKind.SNAPSHOT_RESTORE,
    JobKind.THUMBNAILS_CLEAN,
]
ALL = [kind for kind in JobKind if kind not in BACKGROUND_KINDS | RUN_KINDS]
_OF_PROCESSES = ["job", "lease"]  # attempts and times differ


@pytest.fixture(scope="module")
def doomed() -> Iterator[Doomed]:
    with Doomed() as made:
        yield made


@pytest.fixture(scope="module")
def original(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[JobLibrary]:
    """The library that all others are copies of. They share its pictures."""
    folder = tmp_path_factory.mktemp("original")
    conninfo = postgres_server.new_database()
    with Catalog(conninfo) as catalog:
        made = job_library(catalog, folder / "home", folder / "photos")
    yield made
    postgres_server.drop(conninfo)


@contextmanager
def a_copy(server: Server, original: JobLibrary, home: Path) -> Generator[JobLibrary]:
    shutil.copytree(original.settings.home, home)
    # A library whose store is also that of another database is not cleaned up.
    shutil.rmtree(Settings(home=home).thumbnails / DATABASES, ignore_errors=True)
    conninfo = server.copy_database(str(conninfo_to_dict(original.catalog.conninfo)["dbname"]))
    with Catalog(conninfo) as catalog:
        yield replace(original, catalog=catalog, settings=Settings(home=home))
    server.drop(conninfo)


def outcome(library: JobLibrary, job_id: int) -> dict[str, Any]:
    """How many rows each table has, which files there are, and the state and counts of the job."""
    field_counts.fold(library.catalog, seconds=30)
    with library.catalog.read() as connection:
        tables = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
            " AND table_type = 'BASE TABLE' AND table_name <> ALL(%s)",
            [_OF_PROCESSES],
        ).fetchall()
        rows = {
            name: connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))).fetchone()
            for (name,) in tables
        }
    stored = library.settings.thumbnails.parent
    job = library.job(job_id)
    counts = {name: value for name, value in (job.result or {}).items() if isinstance(value, int)}
    return {
        "rows": rows,
        "files": sum(one.is_file() for folder in ("thumbnails", "exports") for one in (stored / folder).rglob("*")),
        "job": (job.state, job.error, counts),
    }


@pytest.mark.parametrize("kind", ALL if soaking() else SOME)
def test_a_job_whose_workers_are_killed_after_each_step_ends_as_if_undisturbed(
    doomed: Doomed, postgres_server: Server, original: JobLibrary, tmp_path: Path, kind: JobKind
) -> None:
    with a_copy(postgres_server, original, tmp_path / "calm") as library:
        job_id = library.request(kind)
        execute(library.claimed(kind))
        undisturbed = outcome(library, job_id)
    with a_copy(postgres_server, original, tmp_path / "shot") as library:
        assert library.request(kind) == job_id
        kill_workers(doomed, library, job_id)
        assert outcome(library, job_id) == undisturbed


@pytest.mark.parametrize("kind", [JobKind.CONFIRM, JobKind.PURGE])
def test_a_removal_whose_workers_are_killed_after_each_step_is_carried_out_once(
    doomed: Doomed, postgres_server: Server, original: JobLibrary, tmp_path: Path, kind: JobKind
) -> None:
    with a_copy(postgres_server, original, tmp_path / "shot") as library:
        job = library.job(library.request(kind))
        kill_workers(doomed, library, job.id)
        results = [job.result for job in jobs.list_jobs(library.catalog, limit=99, kind=kind.value)]
        assert library.last(job.id).state is JobState.SUCCEEDED
        assert sum(result["counts"]["removed"] for result in results if result) == GONE


def kill_workers(doomed: Doomed, library: JobLibrary, job_id: int) -> None:
    """Let the first worker die after one step, the next after two, and so on until the job has ended."""
    kills = 0
    while library.last(job_id).state in (JobState.QUEUED, JobState.RUNNING):
        assert kills < MOST_KILLS
        kills += doomed.work(library.catalog, library.settings, steps=kills + 1)
        library.age_leases()
        with library.catalog.write() as connection:  # how many attempts a job has is not what is tested
            connection.execute("UPDATE job SET attempt = 1")
    assert kills > 0
