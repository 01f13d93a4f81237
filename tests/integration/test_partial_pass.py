"""A partial pass does for the stems of some keys what a pass does for all, and removes no more than one."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.faulty import Faulty
from tests.support.passes import Mirrored, picture, put_all

from mirrorlake.catalog import edits, runs
from mirrorlake.core.errors import AccessDenied, SourceUnreachable, StorageError
from mirrorlake.model.edits import Edit
from mirrorlake.model.runs import Outcome, RunState
from mirrorlake.model.sources import Orphans
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.providers.memory.store import MemoryStore

ROLL = [f"roll/{number:03}.png" for number in range(40)]


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore(page_rows=5)
    put_all(store, [*ROLL, "a.png", "b/c.d.png"])
    store.put("a.json", b'{"site": "hall"}')
    return store


@pytest.fixture
def mirrored(empty_catalog: Catalog, tmp_path: Path, store: MemoryStore) -> Mirrored:
    mirrored = Mirrored(empty_catalog, tmp_path, store)
    assert mirrored.run().state is RunState.SUCCEEDED
    return mirrored


def outcomes(mirrored: Mirrored, run_id: int | None) -> dict[str, Outcome]:
    assert run_id is not None
    return {outcome.key: outcome for outcome in runs.outcomes(mirrored.catalog, run_id, limit=100)}


def test_only_the_named_keys_and_what_they_pair_with_are_checked(mirrored: Mirrored, store: MemoryStore) -> None:
    store.put("new.png", picture(200))
    store.put("new.json", b'{"site": "yard"}')
    store.put("a.json", b'{"site": "loft"}')
    store.put("b/c.d.png", picture(201))
    store.put(ROLL[0], picture(202))  # nobody names it
    store.delete(ROLL[1])
    store.delete(ROLL[2])

    done = mirrored.partial(["new.png", "a.json", "b/c.d.png", ROLL[1], "never.png", "b/", "notes.txt"])

    counts = done.report.counts
    assert (counts.new, counts.metadata_changed, counts.changed, counts.removed) == (1, 1, 1, 1)
    assert (done.report.state, done.unsettled, done.needs_whole) == (RunState.SUCCEEDED, frozenset(), False)
    assert done.report.requests.list == 5  # one for each stem
    assert done.report.requests.head == 2  # the one that never was, and the proof of the removal
    assert done.report.requests.get == 4
    assert mirrored.assets()["new.png"].metadata == {"site": "yard"}
    assert mirrored.assets()["a.png"].metadata == {"site": "loft"}
    assert mirrored.states()[ROLL[1]] == "trash"
    assert mirrored.states()[ROLL[2]] == "present"
    rest = mirrored.run().counts
    assert (rest.new, rest.changed, rest.removed, rest.metadata_changed) == (0, 1, 1, 0)


def test_a_second_partial_pass_over_the_same_keys_reads_nothing(mirrored: Mirrored, store: MemoryStore) -> None:
    store.put("new.png", picture(200))
    mirrored.partial(["new.png"])
    again = mirrored.partial(["new.png", "new.png"]).report
    assert (again.counts.unchanged, again.requests.get, again.requests.head) == (1, 0, 0)


def test_a_sidecar_finds_its_asset_in_whatever_order_they_come(mirrored: Mirrored, store: MemoryStore) -> None:
    store.put("late.JSON", b'{"site": "shed"}')
    assert mirrored.partial(["late.JSON"]).report.counts.selected == 0
    store.put("late.png", picture(200))
    mirrored.partial(["late.png"])
    assert mirrored.assets()["late.png"].metadata == {"site": "shed"}
    store.delete("late.JSON")
    assert mirrored.partial(["late.JSON"]).report.counts.metadata_changed == 1
    assert mirrored.assets()["late.png"].metadata == {}


def test_a_full_name_sidecar_names_its_asset(mirrored: Mirrored, store: MemoryStore) -> None:
    mirrored.change_all(sidecar_suffix=".metadata.json")
    store.put("a.png.metadata.json", b'{"site": "attic"}')
    assert mirrored.partial(["a.png.metadata.json"]).report.counts.metadata_changed == 1
    assert mirrored.assets()["a.png"].metadata == {"site": "attic"}


@pytest.mark.parametrize("order", ["together", "new key first", "old key first"])
def test_a_rename_keeps_its_asset_however_its_events_come(mirrored: Mirrored, store: MemoryStore, order: str) -> None:
    before = mirrored.assets()["a.png"].id
    store.rename("a.png", "z/renamed.png")
    if order == "together":
        done = mirrored.partial(["a.png", "z/renamed.png"])
    else:
        first, second = ("a.png", "z/renamed.png") if order == "old key first" else ("z/renamed.png", "a.png")
        mirrored.partial([first])
        done = mirrored.partial([second])
    assert done.report.counts.unchanged == 0
    assert mirrored.assets()["z/renamed.png"].id == before
    assert "a.png" not in mirrored.states()


def test_an_error_proves_nothing(mirrored: Mirrored, store: MemoryStore) -> None:
    store.delete(ROLL[0])
    store.delete(ROLL[1])
    faulty = Faulty(store)
    faulty.fail("list", times=9, error=AccessDenied("not you"), keys=lambda prefix: prefix.startswith("roll/000"))
    faulty.fail("head", times=9, error=SourceUnreachable("busy"), keys=lambda key: key == ROLL[1])
    done = mirrored.partial([ROLL[0], ROLL[1]], faulty)
    assert done.unsettled == {ROLL[0]}
    assert "not you" in str(done.report.error)
    assert (mirrored.states()[ROLL[0]], mirrored.states()[ROLL[1]]) == ("present", "present")


def test_a_key_that_a_server_does_not_list_costs_itself_alone(mirrored: Mirrored, store: MemoryStore) -> None:
    store.put("new.png", picture(200))
    faulty = Faulty(store)
    faulty.fail("list", times=9, error=StorageError("400"), keys=lambda prefix: prefix.startswith("roll/000"))
    done = mirrored.partial([ROLL[0], "new.png"], faulty)
    assert (done.succeeded, done.unsettled, done.report.counts.new) == (True, {ROLL[0]}, 1)
    alone = mirrored.partial([ROLL[0]], faulty)  # asked for again a few times, then left to a whole pass
    assert (alone.succeeded, alone.unsettled) == (True, {ROLL[0]})
    assert mirrored.states()[ROLL[0]] == "present"


def test_a_source_that_cannot_be_reached_fails_the_run(mirrored: Mirrored, store: MemoryStore) -> None:
    faulty = Faulty(store)
    faulty.fail("list", times=9, error=SourceUnreachable("busy"))
    done = mirrored.partial([ROLL[0], ROLL[1]], faulty)
    assert (done.report.state, done.succeeded) == (RunState.FAILED, False)


def test_an_object_that_the_listing_does_not_show_yet_is_asked_for_again(
    mirrored: Mirrored, store: MemoryStore
) -> None:
    store.put("new.png", picture(200))
    faulty = Faulty(store)
    faulty.hidden = lambda key: key == "new.png"
    assert mirrored.partial(["new.png"], faulty).unsettled == {"new.png"}
    assert mirrored.partial(["new.png"]).report.counts.new == 1


def test_events_do_not_remove_in_small_steps_what_a_pass_would_hold(mirrored: Mirrored, store: MemoryStore) -> None:
    for key in ROLL:
        store.delete(key)
    done = [mirrored.partial(ROLL[start : start + 5]) for start in range(0, len(ROLL), 5)]
    removed = [result.report.counts.removed for result in done]
    assert removed == [5, 5, 5, 5, 0, 0, 0, 0]  # half of the folder
    assert [result.needs_whole for result in done] == [False] * 4 + [True] * 4
    assert [outcome.kind.value for outcome in outcomes(mirrored, done[-1].report.run).values()] == ["missing"] * 5
    whole = mirrored.run()
    assert whole.hold is not None
    assert (whole.state, whole.hold.count) == (RunState.HELD, 20)

    after = mirrored.partial(ROLL[30:])  # a person decides about them, and can still do so
    assert (after.report.counts.removed, after.needs_whole) == (0, False)
    assert mirrored.confirm(whole.run).counts.removed == 20


def test_objects_that_came_back_count_no_more_as_removed(mirrored: Mirrored, store: MemoryStore) -> None:
    for _ in range(2):
        kept = {key: store.get(key, token=None, limit=1 << 20).data for key in ROLL[:15]}
        for key in kept:
            store.delete(key)
        assert mirrored.partial(kept).report.counts.removed == 15
        for key, data in kept.items():
            store.put(key, data)
        assert not mirrored.partial(kept).needs_whole


def test_an_emptied_bucket_of_few_objects_is_left_to_a_pass(empty_catalog: Catalog, tmp_path: Path) -> None:
    store = MemoryStore()
    put_all(store, [f"{number}.png" for number in range(12)])
    mirrored = Mirrored(empty_catalog, tmp_path, store)
    mirrored.run()
    for number in range(12):
        store.delete(f"{number}.png")
    done = mirrored.partial(f"{number}.png" for number in range(12))
    assert (done.report.counts.removed, done.needs_whole) == (0, True)
    assert len(mirrored.visible()) == 12


def test_a_changed_glob_file_needs_a_pass(empty_catalog: Catalog, tmp_path: Path) -> None:
    store = MemoryStore()
    put_all(store, ["a/1.png", "b/1.png"])
    store.put("globs.txt", b"a/**")
    mirrored = Mirrored(empty_catalog, tmp_path, store)
    mirrored.change(glob_file="globs.txt")
    mirrored.run()
    store.put("globs.txt", b"b/**")
    assert mirrored.partial(["globs.txt"]).needs_whole


def test_orphans_are_handled_as_the_settings_say(empty_catalog: Catalog, tmp_path: Path) -> None:
    store = MemoryStore()
    put_all(store, ROLL)
    mirrored = Mirrored(empty_catalog, tmp_path, store, orphans=Orphans.KEEP)
    mirrored.run()
    store.delete(ROLL[0])
    assert mirrored.partial([ROLL[0]]).report.counts.missing == 1
    assert mirrored.states()[ROLL[0]] == "missing"


def test_what_users_worked_on_outlives_a_removal_and_a_return(mirrored: Mirrored, store: MemoryStore) -> None:
    asset = mirrored.assets()["a.png"]
    edits.apply(mirrored.catalog, [asset.id], Edit(add_tags=("mine",)))
    data = store.get("a.png", token=None, limit=1 << 20).data
    store.delete("a.png")
    mirrored.partial(["a.png"])
    store.put("a.png", data)
    mirrored.partial(["a.png"])
    back = mirrored.assets()["a.png"]
    assert (back.id, back.tags) == (asset.id, ("mine",))
