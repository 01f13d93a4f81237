"""Workers over real folders: every due pass once, whoever else works; the clock is the test's own."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from pathlib import Path
from queue import Queue

import pytest
from tests.support.cli import PATIENCE_S
from tests.support.postgres import Server, discard, new_home

from mirrorlake.catalog import datasources, queue, runs, schedules
from mirrorlake.catalog.leases import JobLease
from mirrorlake.core.settings import Settings
from mirrorlake.jobs import housekeeping
from mirrorlake.jobs import worker as working
from mirrorlake.jobs.places import Place, Places
from mirrorlake.jobs.worker import Stop, Worker
from mirrorlake.model.jobs import JobKind
from mirrorlake.model.runs import RunState
from mirrorlake.model.schedule import Every
from mirrorlake.model.sources import Access, Location, MirrorSettings, Provider
from mirrorlake.postgres import pool
from mirrorlake.postgres.embedded import ensure_running, stop
from mirrorlake.postgres.pool import Catalog, open_catalog
from mirrorlake.services.base import Resources
from mirrorlake.services.callers import local_user
from mirrorlake.services.library import LocalLibrary

HOUR = timedelta(hours=1)


class Clock:
    """What every worker of a test takes for the time."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def new_source(catalog: Catalog, folder: Path, hours: int) -> str:
    folder.mkdir()
    made = datasources.create(
        catalog,
        name=folder.name,
        location=Location(provider=Provider.FILE, container=str(folder)),
        access=Access(),
        settings=MirrorSettings(schedule=Every(hours)),
    )
    return made.name


def a_worker(catalog: Catalog, home: Path, clock: Clock, lines: list[str]) -> Worker:
    return Worker(Settings(home=home), catalog, jobs=1, log=lines.append, stop=Stop(), clock=clock)


def test_two_workers_do_each_due_pass_exactly_once(postgres_server: Server, tmp_path: Path) -> None:
    conninfo = postgres_server.new_database()
    with Catalog(conninfo) as first, Catalog(conninfo) as second:
        hourly = [new_source(first, tmp_path / f"h{number}", 1) for number in range(8)]
        daily = [new_source(first, tmp_path / f"d{number}", 24) for number in range(4)]
        clock, lines = Clock(schedules.database_time(first)), list[str]()
        workers = [a_worker(catalog, tmp_path / "home", clock, lines) for catalog in (first, second)]
        expected = Counter[str]()
        # Nothing at first; then an hour; then both were down for a day and a half; then a minute.
        for passed, now_due in (
            (timedelta(), []),
            (HOUR, hourly),
            (36 * HOUR, hourly + daily),
            (timedelta(minutes=1), []),
        ):
            clock.now += passed
            threads = [threading.Thread(target=worker.drain) for worker in workers]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            workers[0].drain()  # what the one put into the queue after the other had looked
            expected.update(now_due)
            done = runs.list_runs(first, limit=99)
            assert Counter(run.datasource for run in done) == expected
            assert {run.state for run in done} <= {RunState.SUCCEEDED}
        assert sum("started" in line for line in lines) == expected.total()


def test_one_bad_workspace_costs_the_others_nothing(
    empty_catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines, done = list[str](), list[tuple[str, str]]()
    worker = a_worker(empty_catalog, tmp_path / "home", Clock(schedules.database_time(empty_catalog)), lines)
    places = [
        Place(id=number, name=name, settings=Settings(home=tmp_path), catalog=empty_catalog)
        for number, name in enumerate(("bad", "fine"))
    ]
    monkeypatch.setattr(Places, "all", lambda _self: places)

    def step(what: str) -> Callable[[Place], bool]:
        def work(place: Place) -> bool:
            done.append((what, place.name))
            if place.name == "bad":
                raise RuntimeError(f"{what} is broken")
            return True

        return work

    monkeypatch.setattr(working, "RETRY_S", 0.0)
    for what in ("fold_fields", "enqueue_due", "prune"):
        monkeypatch.setattr(housekeeping, what, step(what))
    worker._count_fields()
    worker._keep_house()

    steps = [(what, name) for name in ("bad", "fine") for what in ("enqueue_due", "prune")]
    assert done == [("fold_fields", "bad"), ("fold_fields", "fine"), *steps]
    assert [line.splitlines()[-1] for line in lines] == [
        f"RuntimeError: {what} is broken" for what in ("fold_fields", "enqueue_due", "prune")
    ]


def test_a_workspace_whose_tables_are_broken_is_logged_once_and_stops_no_other(
    postgres_server: Server, tmp_path: Path
) -> None:
    with Catalog(postgres_server.new_database()) as catalog:
        resources = Resources(Settings(home=tmp_path / "home"), catalog)
        default = LocalLibrary(resources, local_user("default"))
        for name in ("broken", "fine"):
            default.workspaces.create(name)
        (tmp_path / "photos").mkdir()
        fine = LocalLibrary(resources, local_user("fine"))
        fine.datasources.create(f"file://{tmp_path / 'photos'}", name="photos")
        fine.datasources.start("photos")
        with catalog.in_schema("workspace_2").write() as connection:
            connection.execute("DROP TABLE job CASCADE")
        lines = list[str]()
        worker = Worker(resources.settings, catalog, jobs=1, log=lines.append, stop=Stop())

        for _ in range(2):
            assert not worker.drain()

        assert [run.state for run in fine.runs.list()] == [RunState.SUCCEEDED]
        faults = [line.partition(";")[0] for line in lines if line.startswith("internal error")]
        steps = ("schedules", "events", "housekeeping", "pruning", "functions")
        assert sorted(faults) == sorted(f"internal error ({step}) (workspace broken)" for step in steps)
        resources.close()


def test_one_bad_datasource_costs_the_others_nothing(empty_catalog: Catalog, tmp_path: Path) -> None:
    gone, fine = (new_source(empty_catalog, tmp_path / name, 1) for name in ("gone", "fine"))
    (tmp_path / gone).rmdir()
    lines = list[str]()
    worker = a_worker(empty_catalog, tmp_path / "home", Clock(schedules.database_time(empty_catalog) + 2 * HOUR), lines)

    assert not worker.drain()

    states = {run.datasource: run.state for run in runs.list_runs(empty_catalog, limit=9)}
    assert states == {gone: RunState.FAILED, fine: RunState.SUCCEEDED}
    assert any(line.startswith("run 1 of gone failed in") for line in lines), lines


def test_a_schedule_that_cannot_be_read_here_stops_no_other(empty_catalog: Catalog, tmp_path: Path) -> None:
    strange, fine = (new_source(empty_catalog, tmp_path / name, 1) for name in ("strange", "fine"))
    with empty_catalog.write() as connection:
        connection.execute("UPDATE schedule SET said = 'at full moon' WHERE datasource_id = 1")
    lines = list[str]()
    worker = a_worker(empty_catalog, tmp_path / "home", Clock(schedules.database_time(empty_catalog) + 2 * HOUR), lines)

    assert worker.drain()

    assert [run.datasource for run in runs.list_runs(empty_catalog, limit=9)] == [fine]
    assert lines[0].startswith(f"{strange} cannot be scheduled: The schedule is 'at full moon'")


def test_a_worker_waits_for_a_database_that_restarts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "POOL_WAIT_S", 0.5)
    monkeypatch.setattr(working, "RETRY_S", 0.05)
    monkeypatch.setattr(working, "POLL_S", 0.05)
    home = new_home()
    heard = Queue[str]()
    try:
        with open_catalog(Settings(home=home)) as catalog:
            name = new_source(catalog, tmp_path / "a", 1)
            worker = Worker(Settings(home=tmp_path), catalog, jobs=1, log=heard.put, stop=Stop())
            thread = threading.Thread(target=worker.serve)
            thread.start()
            stop(home)
            assert heard.get(timeout=PATIENCE_S).startswith("waiting for the database: PostgreSQL")
            ensure_running(home)
            assert heard.get(timeout=PATIENCE_S) == "the database is available again"
            run_id = queue.request(catalog, name)
            assert heard.get(timeout=PATIENCE_S) == f"run {run_id} of {name} started"
            assert heard.get(timeout=PATIENCE_S).startswith(f"run {run_id} of {name} succeeded")
            worker.stop.signal = signal.SIGTERM  # a handler runs in the main thread, and would interrupt this test
            thread.join(PATIENCE_S)
            assert not thread.is_alive()
    finally:
        discard(home)


def test_a_worker_that_is_asked_to_stop_begins_nothing_more(empty_catalog: Catalog, tmp_path: Path) -> None:
    queue.request(empty_catalog, new_source(empty_catalog, tmp_path / "a", 1))
    worker = a_worker(empty_catalog, tmp_path / "home", Clock(schedules.database_time(empty_catalog)), [])
    worker.stop.request(15)

    worker.serve()

    assert not worker.drain()
    assert runs.list_runs(empty_catalog, limit=9)[0].state is RunState.QUEUED


def test_a_run_that_was_taken_but_not_begun_goes_to_the_next_worker_at_once(
    empty_catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = queue.request(empty_catalog, new_source(empty_catalog, tmp_path / "a", 1))
    lines = list[str]()
    clock = Clock(schedules.database_time(empty_catalog))
    worker = a_worker(empty_catalog, tmp_path / "home", clock, lines)
    claim = queue.claim

    def asked_meanwhile(catalog: Catalog, kinds: Collection[JobKind], *, pool: str) -> JobLease | None:
        lease = claim(catalog, kinds, pool=pool)
        worker.stop.request(15)
        return lease

    monkeypatch.setattr(queue, "claim", asked_meanwhile)
    assert not worker.drain()
    monkeypatch.setattr(queue, "claim", claim)

    assert lines[-1] == f"run {run_id} of a was interrupted: {queue.STOPPED}; run {run_id + 1} continues from there."
    assert a_worker(empty_catalog, tmp_path / "home", clock, lines).drain()
    assert runs.show_run(empty_catalog, run_id + 1).state is RunState.SUCCEEDED
