"""A retry looks again at what failed in a run: at all of that, and at nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.faulty import Faulty
from tests.support.passes import Mirrored, picture, put_all

from mirrorlake.catalog import runs
from mirrorlake.catalog.cancel import request_cancel
from mirrorlake.core.errors import AccessDenied, SourceUnreachable
from mirrorlake.mirror.retry import GONE, NOT_SELECTED
from mirrorlake.model.runs import Outcome, RunState
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.providers.memory.store import MemoryStore

PASSING = ("a.png", "b/c.d.png", "b/c.png", "forbidden.png", "gone.png", "left.png")


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore(page_rows=5)
    put_all(store, [f"{number:02}.png" for number in range(20)])
    put_all(store, PASSING)
    store.put("a.json", b'{"site": "hall"}')
    store.put("broken.png", b"no picture")
    store.put("repaired.png", b"no picture either")
    return store


@pytest.fixture
def mirrored(empty_catalog: Catalog, tmp_path: Path, store: MemoryStore) -> Mirrored:
    return Mirrored(empty_catalog, tmp_path, store)


def failing(store: MemoryStore) -> Faulty:
    faulty = Faulty(store)
    faulty.fail("get", times=100, error=SourceUnreachable("busy"), keys=lambda key: key in PASSING)
    return faulty


def told(mirrored: Mirrored, run_id: int | None) -> dict[str, Outcome]:
    assert run_id is not None
    return {outcome.key: outcome for outcome in runs.outcomes(mirrored.catalog, run_id, limit=100)}


def test_what_failed_is_looked_at_again_and_nothing_else(mirrored: Mirrored, store: MemoryStore) -> None:
    first = mirrored.run(failing(store))
    assert first.counts.failed == len(PASSING) + 2
    store.put("repaired.png", picture(200))
    store.put("new.png", picture(201))  # that is for the next pass
    store.put("01.png", picture(202))
    store.delete("07.png")
    store.delete("gone.png")
    mirrored.change(exclude=("left.png",))
    source = Faulty(store)
    source.fail("list", times=9, error=AccessDenied("not you"), keys=lambda prefix: prefix.startswith("forbidden"))

    again = mirrored.retry(first.run, source)

    assert (again.state, again.error) == (RunState.SUCCEEDED, None)
    outcomes = told(mirrored, again.run)
    kinds = {key: outcome.kind.value for key, outcome in outcomes.items()}
    assert kinds == {
        "a.png": "new", "b/c.d.png": "new", "b/c.png": "new", "repaired.png": "new", "broken.png": "failed",
        "forbidden.png": "skipped", "gone.png": "skipped", "left.png": "skipped",
    }  # fmt: skip
    assert (outcomes["gone.png"].reason, outcomes["left.png"].reason) == (GONE, NOT_SELECTED)
    assert "not you" in str(outcomes["forbidden.png"].reason)
    assert again.counts.selected == len(kinds) == again.counts.new + again.counts.failed + again.counts.skipped
    assert again.requests.get == 6  # with the sidecar, and the broken one though its token is the same
    assert again.requests.list == len(kinds)
    assert mirrored.assets()["a.png"].metadata == {"site": "hall"}
    assert mirrored.states()["07.png"] == "present"
    assert runs.show_run(mirrored.catalog, again.run or 0).trigger == "retry"

    rest = mirrored.run().counts
    assert (rest.new, rest.changed, rest.removed) == (2, 1, 1)  # new.png and forbidden.png, 01.png, 07.png


def test_a_source_that_says_nothing_at_all_fails_the_retry_and_leaves_it_to_be_asked_again(
    mirrored: Mirrored, store: MemoryStore
) -> None:
    first = mirrored.run(failing(store))
    closed = Faulty(store)
    closed.fail("list", times=99, error=AccessDenied("no credentials"))
    again = mirrored.retry(first.run, closed)
    assert (again.state, again.error, again.counts.skipped) == (RunState.FAILED, "no credentials", 0)
    assert mirrored.retry(first.run).counts.new == len(PASSING)


def test_what_a_later_pass_imported_is_left_as_it_is(mirrored: Mirrored, store: MemoryStore) -> None:
    first = mirrored.run(failing(store))
    mirrored.run()
    before = mirrored.assets()
    again = mirrored.retry(first.run)
    assert (again.counts.unchanged, again.counts.failed, again.requests.get) == (len(PASSING), 2, 2)
    assert mirrored.assets() == before


def test_a_retry_outdates_no_hold_and_can_be_cancelled(mirrored: Mirrored, store: MemoryStore) -> None:
    mirrored.run()
    for number in range(20):
        store.delete(f"{number:02}.png")
    store.put("late.png", picture(250))
    faulty = Faulty(store)
    faulty.fail("get", times=9, keys=lambda key: key == "late.png")
    held = mirrored.run(faulty)
    assert held.state is RunState.HELD
    stopping = Faulty(store)
    stopping.before_list = lambda: request_cancel(mirrored.catalog, 3, "Ada")
    assert mirrored.retry(held.run, stopping).state is RunState.CANCELLED
    assert mirrored.retry(held.run).counts.new == 1
    assert mirrored.confirm(held.run).counts.removed == 20


def test_sidecars_by_suffix_and_in_any_case_are_found_beside_a_stem(mirrored: Mirrored, store: MemoryStore) -> None:
    store.put("b/c.JSON", b'{"by": "stem"}')
    store.put("a.png.metadata.json", b'{"by": "name"}')
    mirrored.change_all(sidecar_suffix=".metadata.json")
    first = mirrored.run(failing(store))
    assert mirrored.retry(first.run).counts.new == len(PASSING)
    by = {key: asset.metadata.get("by") for key, asset in mirrored.assets().items() if key in PASSING}
    assert (by["a.png"], by["b/c.png"], by["b/c.d.png"]) == ("name", "stem", None)
    after = mirrored.run().counts
    assert (after.metadata_changed, after.new) == (0, 0)


def test_a_sidecar_that_is_not_listed_beside_its_stem_takes_nothing_back_until_its_404(
    mirrored: Mirrored, store: MemoryStore
) -> None:
    mirrored.run()
    store.put("a.png", picture(203))
    first = mirrored.run(failing(store))
    lying = Faulty(store)
    lying.hidden = lambda key: key == "a.json"
    mirrored.retry(first.run, lying)
    assert mirrored.assets()["a.png"].metadata == {"site": "hall"}

    store.put("a.png", picture(204))
    first = mirrored.run(failing(store))
    store.delete("a.json")
    mirrored.retry(first.run)
    assert mirrored.assets()["a.png"].metadata == {}
