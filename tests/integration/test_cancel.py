"""Asking that a run end: whoever works on it hears it, and nothing is committed afterwards."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from tests.support.faulty import Faulty
from tests.support.passes import Mirrored, put_all

from mirrorlake.catalog import commit, datasources, leases, queue, runs
from mirrorlake.catalog.cancel import request_cancel
from mirrorlake.core.errors import Conflict, NotFound, PassRunning, RunCancelled
from mirrorlake.mirror.reapply import reapply
from mirrorlake.model.access import LIBRARY
from mirrorlake.model.runs import RunState, Trigger
from mirrorlake.model.sources import Location, Provider
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing import pool
from mirrorlake.storage.providers.memory.store import MemoryStore
from mirrorlake.storage.providers.s3.access import S3Access


@pytest.fixture
def mirrored(empty_catalog: Catalog, tmp_path: Path) -> Mirrored:
    store = MemoryStore()
    put_all(store, [f"{number:02}.png" for number in range(20)])
    return Mirrored(empty_catalog, tmp_path, store)


def test_a_commit_after_the_request_writes_nothing(mirrored: Mirrored):
    mirrored.run()
    with runs.begin(mirrored.catalog, mirrored.source.id, "mirror") as lease:
        stopped = threading.Event()
        lease.on_cancel(stopped.set)
        run = request_cancel(mirrored.catalog, lease.run_id, "Ada")
        assert run.state is RunState.RUNNING
        with pytest.raises(RunCancelled, match="cancelled by Ada"):
            commit.commit_missing(
                lease, pa.array(["00.png"], pa.string()), pa.array(["Its object is gone"], pa.string())
            )
        assert stopped.is_set()
        with pytest.raises(RunCancelled):
            lease.check()
        late = threading.Event()
        lease.on_cancel(late.set)
        assert late.is_set()
    assert set(mirrored.states().values()) == {"present"}


def test_held_removals_are_dismissed_when_the_source_is_reached_in_another_way(empty_catalog: Catalog, tmp_path: Path):
    store = MemoryStore()
    put_all(store, [f"{number:02}.png" for number in range(20)])
    mirrored = Mirrored(empty_catalog, tmp_path, store, location=Location(provider=Provider.S3, container="photos"))
    mirrored.run()
    for number in range(20):
        store.delete(f"{number:02}.png")
    held = mirrored.run()
    name = mirrored.source.name

    def reach(access: S3Access) -> None:
        datasources.change_stored(mirrored.catalog, name, lambda found: replace(found, access=access), by=LIBRARY)

    reach(S3Access(region="eu-west-1"))  # a correction: it is the same bucket
    assert held.run is not None
    assert (held.state, runs.show_run(mirrored.catalog, held.run).state) == (RunState.HELD, RunState.HELD)
    reach(S3Access(region="eu-west-1", endpoint="https://s3.example"))
    dismissed = runs.show_run(mirrored.catalog, held.run)
    assert (dismissed.state, "its connection was changed" in (dismissed.error or "")) == (RunState.CANCELLED, True)
    with pytest.raises(Conflict, match="dismissed"):
        mirrored.confirm(held.run)
    assert set(mirrored.states().values()) == {"present"}


def test_what_one_server_listed_is_not_committed_after_the_datasource_is_reached_in_another_way(
    empty_catalog: Catalog, tmp_path: Path
):
    store = MemoryStore()
    put_all(store, ["a.png", "b.png"])
    mirrored = Mirrored(empty_catalog, tmp_path, store, location=Location(provider=Provider.S3, container="photos"))

    def move() -> None:
        access = S3Access(endpoint="https://s3.example")
        datasources.change_stored(
            mirrored.catalog, mirrored.source.name, lambda found: replace(found, access=access), by=LIBRARY
        )

    meanwhile = Faulty(store)
    meanwhile.before_list = move
    report = mirrored.run(meanwhile)
    assert report.state is RunState.CANCELLED
    assert report.error == f"Run {report.run} was cancelled by a change of its connection."
    assert mirrored.visible() == set()


def test_a_holder_that_commits_nothing_hears_it_too(mirrored: Mirrored, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(leases, "POLL_S", 0.02)
    with runs.begin(mirrored.catalog, mirrored.source.id, "mirror") as lease:
        heard = threading.Event()
        lease.on_cancel(heard.set)
        request_cancel(mirrored.catalog, lease.run_id, "Ada")
        request_cancel(mirrored.catalog, lease.run_id, "Bea")
        assert heard.wait(30)
        assert "by Ada" in str(lease.cancelled)


def test_a_pass_that_is_cancelled_between_two_looks_keeps_those_before(
    mirrored: Mirrored, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(pool, "GATHER_ROWS", 32)
    put_all(mirrored.store, [f"{number:03}.png" for number in range(80)])
    faulty = Faulty(mirrored.store)
    looked: list[str] = []

    def ask(key: str) -> None:
        looked.append(key)
        if len(looked) == pool.GATHER_ROWS + 1:  # the first batch is committed
            request_cancel(mirrored.catalog, 1, "Ada")

    faulty.before_get = ask
    report = mirrored.run(faulty)
    assert (report.state, report.error) == (RunState.CANCELLED, "Run 1 was cancelled by Ada.")
    kept = len(mirrored.assets())
    assert 0 < kept < 100
    assert report.counts.new == kept
    assert mirrored.run().counts.new == 100 - kept


def test_a_request_that_comes_before_the_proofs_hides_nothing(mirrored: Mirrored):
    mirrored.run()
    mirrored.store.delete("03.png")  # type: ignore[attr-defined]
    faulty = Faulty(mirrored.store)
    faulty.before_list = lambda: request_cancel(mirrored.catalog, 2, "Ada")
    report = mirrored.run(faulty)
    assert report.state is RunState.CANCELLED
    assert set(mirrored.states().values()) == {"present"}
    assert mirrored.run().counts.removed == 1


def test_a_queued_run_is_cancelled_at_once(mirrored: Mirrored):
    run_id = queue.request(mirrored.catalog, mirrored.source.name)
    run = request_cancel(mirrored.catalog, run_id, "Ada")
    assert (run.state, run.error) == (RunState.CANCELLED, "Cancelled by Ada before it started.")
    with pytest.raises(Conflict, match="has already ended: it was cancelled"):
        request_cancel(mirrored.catalog, run_id, "Ada")
    with pytest.raises(NotFound):
        request_cancel(mirrored.catalog, 2, "Ada")


def test_what_is_being_confirmed_cannot_be_dismissed(mirrored: Mirrored):
    mirrored.run()
    for number in range(15):
        mirrored.store.delete(f"{number:02}.png")  # type: ignore[attr-defined]
    held = mirrored.run().run
    assert held is not None
    with runs.begin(mirrored.catalog, mirrored.source.id, "confirm"), pytest.raises(PassRunning):
        request_cancel(mirrored.catalog, held, "Ada")
    assert mirrored.confirm(held).counts.removed == 15


def test_merging_again_can_be_cancelled_and_outdates_no_hold(mirrored: Mirrored):
    mirrored.run()
    for number in range(15):
        mirrored.store.delete(f"{number:02}.png")  # type: ignore[attr-defined]
    held = mirrored.run().run

    def ask(_done: int, _total: int) -> None:
        request_cancel(mirrored.catalog, 3, "Ada")

    def again() -> runs.Lease:
        return runs.begin(mirrored.catalog, mirrored.source.id, Trigger.REAPPLY)

    assert reapply(again(), mirrored.source, ask).state is RunState.CANCELLED
    assert reapply(again(), mirrored.source, lambda _done, _total: None).state is RunState.SUCCEEDED
    assert mirrored.confirm(held).counts.removed == 15
