"""A run that waits says for what; where nobody would take it, it says so, since when, and what to do."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from tests.support.cli import PATIENCE_S

from mirrorlake.catalog import datasources, jobs, queue, runs, workers
from mirrorlake.core.errors import PassRunning
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.places import Places
from mirrorlake.jobs.worker import Stop, Worker
from mirrorlake.model.jobs import DEFAULT_POOL, JobKind, NewJob
from mirrorlake.model.objects import Requests
from mirrorlake.model.queue import QueuedReason, Workers
from mirrorlake.model.runs import Counts, Trigger
from mirrorlake.model.sources import Access, Location, MirrorSettings, Provider
from mirrorlake.postgres.pool import Catalog

WITHOUT = "start one with `mirrorlake worker`, or `mirrorlake up`"


@pytest.fixture
def waiting(empty_catalog: Catalog) -> int:
    datasources.create(
        empty_catalog,
        name="photos",
        location=Location(provider=Provider.MEMORY, container=""),
        access=Access(),
        settings=MirrorSettings(),
    )
    return queue.request(empty_catalog, "photos")


def told(catalog: Catalog, run: int) -> QueuedReason:
    waiting = runs.show_run(catalog, run).waiting
    assert waiting is not None
    return waiting


def seen(catalog: Catalog, pool: str = DEFAULT_POOL) -> Workers:
    with catalog.read() as connection:
        return workers.count_workers(connection, [pool])[pool]


def wait_until_seen(catalog: Catalog, alive: int, *, pool: str = DEFAULT_POOL) -> None:
    give_up = time.monotonic() + PATIENCE_S
    while seen(catalog, pool).alive != alive:
        assert time.monotonic() < give_up
        time.sleep(0.02)


def test_a_run_waits_for_a_worker_that_is_there_and_says_so_where_there_is_none(empty_catalog: Catalog, waiting: int):
    assert told(empty_catalog, waiting) == QueuedReason(reason=f"no worker is running: {WITHOUT}", stuck=True)

    with workers.register_worker(empty_catalog), workers.register_worker(empty_catalog):
        wait_until_seen(empty_catalog, 2)
        assert told(empty_catalog, waiting) == QueuedReason(reason="the next free worker takes it", stuck=False)

    last = seen(empty_catalog).last_seen
    assert last is not None
    gone = told(empty_catalog, waiting)
    assert (gone.stuck, gone.reason) == (True, f"no worker is running (last seen {last:%Y-%m-%d %H:%M} UTC): {WITHOUT}")
    with pytest.raises(PassRunning, match=f"Run {waiting} .* is already queued: no worker is running .last seen"):
        queue.request(empty_catalog, "photos")


def test_a_worker_that_was_killed_is_missed_though_it_never_said_good_bye(
    empty_catalog: Catalog, waiting: int, monkeypatch: pytest.MonkeyPatch
):
    with workers.register_worker(empty_catalog):
        wait_until_seen(empty_catalog, 1)
        monkeypatch.setattr(workers, "SILENT_S", 0.0)
        assert told(empty_catalog, waiting).stuck


def test_a_worker_that_is_being_started_is_waited_for_without_an_alarm(
    empty_catalog: Catalog, waiting: int, monkeypatch: pytest.MonkeyPatch
):
    workers.announce_worker(empty_catalog)
    assert not told(empty_catalog, waiting).stuck
    monkeypatch.setattr(workers, "SILENT_S", 0.0)
    assert told(empty_catalog, waiting).stuck


def test_a_worker_is_seen_while_it_serves_and_no_longer(empty_catalog: Catalog, tmp_path: Path):
    stop = Stop()
    work = Worker(Settings(home=tmp_path), empty_catalog, jobs=1, log=lambda _: None, stop=stop)
    serving = threading.Thread(target=work.serve)
    serving.start()
    try:
        wait_until_seen(empty_catalog, 1)
    finally:
        stop.signal = 15
        serving.join(PATIENCE_S)
    assert seen(empty_catalog).alive == 0


def test_a_run_behind_another_of_its_datasource_names_it(empty_catalog: Catalog, waiting: int):
    with workers.register_worker(empty_catalog), runs.begin(empty_catalog, 1, Trigger.MIRROR) as lease:
        wait_until_seen(empty_catalog, 1)
        reason = f"run {lease.run_id} of the same datasource is running"
        assert told(empty_catalog, waiting) == QueuedReason(reason=reason, stuck=False)


def test_what_does_not_wait_has_no_reason_to(empty_catalog: Catalog, waiting: int):
    lease = queue.claim(empty_catalog)
    assert lease is not None
    with lease:
        assert runs.show_run(empty_catalog, waiting).waiting is None


def test_a_job_of_a_pool_waits_for_its_workers_and_nobody_else_takes_it(empty_catalog: Catalog):
    job = jobs.request(empty_catalog, NewJob(kind=JobKind.VERIFY, pool="gpu"))

    with workers.register_worker(empty_catalog):
        wait_until_seen(empty_catalog, 1)
        reason = "no worker of the pool gpu is running: start one with `mirrorlake worker --pool gpu`"
        assert jobs.show_job(empty_catalog, job).waiting == QueuedReason(reason=reason, stuck=True)
        assert queue.claim(empty_catalog) is None
        with workers.register_worker(empty_catalog, pool="gpu"):
            wait_until_seen(empty_catalog, 1, pool="gpu")
            waiting = QueuedReason(reason="the next free worker of the pool gpu takes it", stuck=False)
            assert jobs.show_job(empty_catalog, job).waiting == waiting
            lease = queue.claim(empty_catalog, pool="gpu")
    assert lease is not None
    with lease:
        assert (lease.job_id, jobs.show_job(empty_catalog, job).pool) == (job, "gpu")


def test_what_continues_a_run_stays_in_its_pool(empty_catalog: Catalog, waiting: int, tmp_path: Path):
    with empty_catalog.write() as connection:
        connection.execute("UPDATE job SET pool = 'gpu' WHERE id = %s", (waiting,))
    lease = queue.claim(empty_catalog, pool="gpu")
    assert isinstance(lease, runs.Lease)
    assert "continues from there" in queue.put_back(
        lease, runs.Live(counts=Counts(), requests=Requests(), bytes_read=0)
    )

    places = Places(Settings(home=tmp_path), empty_catalog, pool="gpu")
    assert [place.name for place in places.with_queued([JobKind.MIRROR])] == ["default"]
    assert queue.claim(empty_catalog) is None
    again = queue.claim(empty_catalog, pool="gpu")
    assert again is not None
    again.close()
