"""What is known of a run at work: its progress, and whether it retries requests or stalls."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.support.faulty import Faulty
from tests.support.passes import TWELVE, Mirrored, put_all

from mirrorlake.catalog import leases, runs
from mirrorlake.model.runs import Run, RunFlag, RunState
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.base import Store
from mirrorlake.storage.providers.memory.store import MemoryStore
from mirrorlake.storage.retry import RetryPolicy
from mirrorlake.storage.stack import stack_store

PATIENCE_S = 30.0


@pytest.fixture
def mirrored(empty_catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mirrored:
    monkeypatch.setattr(leases, "HEARTBEAT_S", 0.02)
    store = MemoryStore()
    put_all(store, TWELVE)
    return Mirrored(empty_catalog, tmp_path, store)


@contextmanager
def at_work(
    mirrored: Mirrored, store: Store, go_on: threading.Event
) -> Generator[Callable[[Callable[[Run], bool]], Run]]:
    """A pass in another thread. What is given returns its run once it is as wanted; afterwards the pass ends well."""

    def run_that(is_wanted: Callable[[Run], bool]) -> Run:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            found = runs.list_runs(mirrored.catalog, limit=1)
            if found and is_wanted(found[0]):
                return found[0]
            assert time.monotonic() < deadline, found
            time.sleep(0.02)

    with ThreadPoolExecutor(1) as thread:
        report = thread.submit(mirrored.run, store)
        try:
            yield run_that
        finally:
            go_on.set()
        assert report.result().state is RunState.SUCCEEDED
    ended = runs.list_runs(mirrored.catalog, limit=1)[0]
    assert (ended.flags, ended.moved, ended.progress, ended.expected) == ((), None, None, None)


def test_a_run_whose_requests_are_repeated_is_retrying(mirrored: Mirrored):
    go_on = threading.Event()
    faulty = Faulty(mirrored.store)
    faulty.fail("get", at=5)
    pausing = stack_store(faulty, retry=RetryPolicy(sleep=lambda _: go_on.wait(PATIENCE_S)))
    with at_work(mirrored, pausing, go_on) as run_that:
        run = run_that(lambda run: run.flags != ())
        assert (run.state, run.flags) == (RunState.RUNNING, (RunFlag.RETRYING,))
    assert mirrored.visible() == set(TWELVE)


def test_a_run_that_waits_for_one_object_moves_until_then_and_stalls_in_the_end(mirrored: Mirrored):
    go_on = threading.Event()
    faulty = Faulty(mirrored.store)
    faulty.before_get = lambda key: go_on.wait(PATIENCE_S) if key == TWELVE[7] else None
    with at_work(mirrored, faulty, go_on) as run_that:
        # Requests and bytes are shown before a batch is committed.
        run = run_that(lambda run: run.requests.get == 8)
        assert (run.counts.new, run.flags) == (0, ())
        assert run.bytes_read > 0
        with mirrored.catalog.write() as session:
            session.execute("UPDATE lease SET moved = moved - interval '1 hour'")
        stalled = run_that(lambda run: run.flags != ())
        assert stalled.flags == (RunFlag.STALLED,)
        assert stalled.moved is not None
        assert run.moved is not None
        assert stalled.moved < run.moved


def test_a_listing_is_measured_by_what_the_preceding_run_listed(mirrored: Mirrored):
    mirrored.run()
    go_on = threading.Event()
    faulty = Faulty(mirrored.store)
    faulty.before_list = lambda: go_on.wait(PATIENCE_S)
    with at_work(mirrored, faulty, go_on) as run_that:
        assert run_that(lambda run: run.state is RunState.RUNNING).expected == 12
