"""The policy `duplicates`: equal objects of a datasource are assets of their own, are skipped, or are linked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.passes import Mirrored, picture
from tests.support.two import Two

from mirrorlake.catalog import assets, edits, runs
from mirrorlake.mirror.report import Report
from mirrorlake.model.assets import STATE_NUMBERS, AssetDetail, AssetState
from mirrorlake.model.edits import Edit
from mirrorlake.model.outcomes import OutcomeKind
from mirrorlake.model.policies import DuplicatePolicy, Policies
from mirrorlake.model.runs import Outcome
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.providers.memory.store import MemoryStore

SKIP, LINK = Policies(duplicates=DuplicatePolicy.SKIP), Policies(duplicates=DuplicatePolicy.LINK)
COPIES = ("b/one.png", "c/one.png", "d/one.png")


@pytest.fixture
def bucket() -> MemoryStore:
    store = MemoryStore(page_rows=3)
    for key in ("d/one.png", "c/one.png", "a/one.png", "b/one.png"):
        store.put(key, picture(1))
    store.put("two.png", picture(2))
    return store


@pytest.fixture
def mirrored(empty_catalog: Catalog, tmp_path: Path, bucket: MemoryStore) -> Mirrored:
    return Mirrored(empty_catalog, tmp_path, bucket)


def outcome(mirrored: Mirrored, report: Report, key: str) -> Outcome:
    assert report.run is not None
    return {one.key: one for one in runs.outcomes(mirrored.catalog, report.run, limit=100)}[key]


def detail(mirrored: Mirrored, key: str) -> AssetDetail:
    return assets.get_asset_detail(mirrored.catalog, mirrored.assets("state:any")[key].id)


def trash(mirrored: Mirrored, key: str) -> None:
    with mirrored.catalog.write() as connection:
        number = STATE_NUMBERS[AssetState.TRASH]
        connection.execute("UPDATE asset SET state = %s WHERE id = %s", (number, mirrored.assets()[key].id))


def test_without_the_policy_each_object_is_an_asset(mirrored: Mirrored) -> None:
    assert mirrored.run().counts.new == 5
    assert detail(mirrored, "a/one.png").duplicates == ()


@pytest.mark.parametrize(("policies", "kind"), [(SKIP, OutcomeKind.REJECTED), (LINK, OutcomeKind.SKIPPED)])
def test_the_first_by_key_is_the_asset_and_the_others_say_which(
    mirrored: Mirrored, policies: Policies, kind: OutcomeKind
) -> None:
    mirrored.change_all(policies=policies)
    report = mirrored.run()
    assert (report.counts.new, report.counts.of(kind), report.counts.failed) == (2, 3, 0)
    assert report.counts.selected == report.counts.new + report.counts.of(kind)
    first = detail(mirrored, "a/one.png")
    assert first.duplicates == COPIES
    found = outcome(mirrored, report, "c/one.png")
    assert (found.kind, found.stage, found.asset_id) == (kind, "policy", first.asset.id)
    assert f"the bytes of a/one.png, asset {first.asset.id}" in str(found.reason)

    again = mirrored.run()
    assert (again.counts.skipped, again.counts.unchanged, again.requests.get) == (3, 2, 0)
    assert "a/one.png" in str(outcome(mirrored, again, "c/one.png").reason)


def test_an_asset_that_was_there_before_is_the_first(mirrored: Mirrored, bucket: MemoryStore) -> None:
    mirrored.change_all(policies=SKIP)
    mirrored.run()
    bucket.put("0.png", picture(1))
    bucket.put("1.png", picture(2))
    report = mirrored.run()
    assert (report.counts.new, report.counts.rejected) == (0, 2)
    assert mirrored.visible() == {"a/one.png", "two.png"}
    assert detail(mirrored, "a/one.png").duplicates == ("0.png", *COPIES)


def test_events_leave_duplicates_out_as_well(mirrored: Mirrored, bucket: MemoryStore) -> None:
    mirrored.change_all(policies=SKIP)
    mirrored.run()
    bucket.put("0.png", picture(2))
    assert mirrored.partial(["0.png"]).report.counts.rejected == 1
    assert "0.png" not in mirrored.visible()


@pytest.mark.parametrize("change", ["gone", "other bytes", "trash"])
def test_a_skipped_duplicate_is_taken_when_the_first_has_its_bytes_no_more(
    mirrored: Mirrored, bucket: MemoryStore, change: str
) -> None:
    mirrored.change_all(policies=SKIP)
    mirrored.run()
    if change == "gone":
        bucket.delete("a/one.png")
        mirrored.run()
    elif change == "trash":
        trash(mirrored, "a/one.png")
    else:
        bucket.put("a/one.png", picture(3))
        mirrored.run()
    report = mirrored.run()
    assert (report.counts.new, report.counts.rejected, report.requests.get) == (1, 2, 3)
    assert "b/one.png" in mirrored.visible()
    assert detail(mirrored, "b/one.png").duplicates == ("c/one.png", "d/one.png")
    assert mirrored.run().requests.get == 0


def test_a_linked_asset_moves_to_its_next_place_with_all_that_people_did(
    mirrored: Mirrored, bucket: MemoryStore
) -> None:
    mirrored.change_all(policies=LINK)
    bucket.put("b/one.json", json.dumps({"site": "hall"}).encode())
    mirrored.run()
    first = mirrored.assets()["a/one.png"]
    edits.apply(mirrored.catalog, [first.id], Edit(metadata={"mine": "x"}, add_tags=("kept",)))
    bucket.delete("a/one.png")
    report = mirrored.run()
    assert (report.counts.moved, report.counts.new, report.counts.removed, report.requests.get) == (1, 0, 0, 0)
    moved = mirrored.assets()["b/one.png"]
    assert (moved.id, moved.tags, moved.metadata["mine"]) == (first.id, ("kept",), "x")
    assert detail(mirrored, "b/one.png").duplicates == ("c/one.png", "d/one.png")
    mirrored.run()  # reads the sidecar of the new place
    assert dict(mirrored.assets()["b/one.png"].metadata) == {"mine": "x", "site": "hall"}
    settled = mirrored.run()
    assert (settled.counts.unchanged, settled.counts.skipped, settled.requests.get) == (2, 2, 0)


def test_many_linked_assets_move_some_at_a_time(
    mirrored: Mirrored, bucket: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mirrorlake.mirror.duplicates.AT_ONCE", 1)
    bucket.put("z/two.png", picture(2))
    mirrored.change_all(policies=LINK)
    mirrored.run()
    before = {one.id for one in mirrored.assets().values()}
    bucket.delete("a/one.png")
    bucket.delete("two.png")
    assert mirrored.run().counts.moved == 2
    assert {key: one.id in before for key, one in mirrored.assets().items()} == {"b/one.png": True, "z/two.png": True}


def test_an_event_about_the_first_moves_a_linked_asset_too(mirrored: Mirrored, bucket: MemoryStore) -> None:
    mirrored.change_all(policies=LINK)
    mirrored.run()
    first = mirrored.assets()["a/one.png"]
    bucket.delete("a/one.png")
    assert mirrored.partial(["a/one.png"]).report.counts.moved == 1
    assert mirrored.assets()["b/one.png"].id == first.id


def test_linked_places_of_an_asset_in_the_trash_stay_with_it(mirrored: Mirrored) -> None:
    mirrored.change_all(policies=LINK)
    mirrored.run()
    trash(mirrored, "a/one.png")
    report = mirrored.run()
    assert (report.counts.new, report.counts.skipped, report.requests.get) == (0, 3, 0)
    assert mirrored.visible() == {"two.png"}


def test_everything_is_taken_once_the_policy_is_gone(mirrored: Mirrored) -> None:
    mirrored.change_all(policies=SKIP)
    mirrored.run()
    mirrored.change_all(policies=Policies())
    assert mirrored.run().counts.new == 3
    assert mirrored.visible() == {"a/one.png", *COPIES, "two.png"}
    assert detail(mirrored, "a/one.png").duplicates == ()


def test_assets_that_were_taken_before_stay(mirrored: Mirrored, bucket: MemoryStore) -> None:
    mirrored.run()
    bucket.put("e/one.png", picture(1))
    assert mirrored.partial(["e/one.png"]).report.counts.new == 1
    mirrored.change_all(policies=SKIP)
    report = mirrored.run()
    assert (report.counts.unchanged, report.counts.rejected) == (6, 0)


def test_a_pass_that_was_killed_leaves_its_duplicates_to_the_next(
    mirrored: Mirrored, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirrored.change_all(policies=SKIP)
    with monkeypatch.context() as patched:
        patched.setattr("mirrorlake.mirror.execute.leave_out_duplicates", _killed)
        with pytest.raises(RuntimeError, match="killed"):
            mirrored.run()
    assert len(mirrored.visible()) == 5
    edits.apply(mirrored.catalog, [mirrored.assets()["c/one.png"].id], Edit(add_tags=("kept",)))
    report = mirrored.run()
    assert (report.counts.rejected, report.counts.unchanged) == (2, 3)
    assert mirrored.visible() == {"a/one.png", "c/one.png", "two.png"}  # nothing of a person's work is lost


def _killed(*_: object) -> None:
    raise RuntimeError("killed")


def test_what_another_datasource_shows_stays_an_asset(empty_catalog: Catalog, tmp_path: Path) -> None:
    two = Two(empty_catalog, tmp_path)
    for key in ("a/1.png", "a/2.png"):
        two.store.put(key, picture(1))
    two.older.run()
    two.younger.change_all(policies=SKIP)
    report = two.younger.run()
    assert (report.counts.rejected, report.requests.get) == (0, 0)  # it reads nothing that was read
    assert len(two.all()) == 2
