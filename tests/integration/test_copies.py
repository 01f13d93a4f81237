"""A folder that is copied and then deleted keeps the work of people, whether a pass sees it in between or not."""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from tests.support.faulty import Faulty
from tests.support.mortal import Killed, Mortal
from tests.support.passes import Mirrored, picture
from tests.support.two import KEYS as TWO_KEYS
from tests.support.two import Two

from mirrorlake.catalog import edits, projects, runs
from mirrorlake.mirror.report import Report
from mirrorlake.model.assets import Asset
from mirrorlake.model.edits import Edit
from mirrorlake.model.runs import Outcome, RunState
from mirrorlake.model.sources import Location, Orphans, Provider
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.providers.folder.store import FolderStore
from mirrorlake.storage.providers.memory.store import MemoryStore

KEYS = ["old/cat/1.png", "old/cat/2.png", "old/dog/1.png", *(f"old/dog/{number}.png" for number in range(3, 12))]
TWINS = ("old/cat/1.png", "old/dog/1.png")


@pytest.fixture
def bucket() -> MemoryStore:
    return MemoryStore(page_rows=3)


@pytest.fixture
def mirrored(empty_catalog: Catalog, tmp_path: Path, bucket: MemoryStore) -> Mirrored:
    mirrored = Mirrored(empty_catalog, tmp_path, bucket)
    for number, key in enumerate(KEYS):
        bucket.put(key, picture(0 if key in TWINS else number))
    bucket.put("old/cat/2.json", json.dumps({"site": "hall"}).encode())
    bucket.put("stays.png", picture(100))
    mirrored.run()
    work_on(mirrored, *KEYS[:4])
    return mirrored


def work_on(mirrored: Mirrored, *keys: str) -> None:
    """Tags, metadata and a project, other ones for each asset."""
    for key, asset in mirrored.assets().items():
        if key in keys:
            edits.apply(mirrored.catalog, [asset.id], Edit(metadata={"was": key}, add_tags=(f"tag of {key}",)))
            projects.add(mirrored.catalog, "everything", [asset.id])


def identities(mirrored: Mirrored) -> dict[str, tuple[object, ...]]:
    """Of every asset, the trash included."""
    assets = mirrored.assets("state:any")
    return {key: (one.id, one.tags, one.metadata, one.projects, one.state) for key, one in assets.items()}


def elsewhere(before: dict[str, tuple[object, ...]]) -> dict[str, tuple[object, ...]]:
    return {key.replace("old/", "new/"): value for key, value in before.items()}


def copy_all(bucket: MemoryStore) -> None:
    for key in [*KEYS, "old/cat/2.json"]:
        bucket.copy(key, key.replace("old/", "new/"))


def delete_all(bucket: MemoryStore) -> None:
    for key in [*KEYS, "old/cat/2.json"]:
        bucket.delete(key)


def planned_nothing(mirrored: Mirrored) -> bool:
    report = mirrored.run()
    return report.counts.unchanged == report.counts.selected and report.requests.get == report.requests.head == 0


def outcomes(mirrored: Mirrored, report: Report) -> dict[str, Outcome]:
    assert report.run is not None
    return {one.key: one for one in runs.outcomes(mirrored.catalog, report.run, limit=100)}


def test_a_folder_that_is_copied_and_deleted_between_two_passes_moves(mirrored: Mirrored, bucket: MemoryStore) -> None:
    before = identities(mirrored)
    copy_all(bucket)
    delete_all(bucket)
    report = mirrored.run()
    assert (report.state, report.counts.moved, report.counts.new) == (RunState.SUCCEEDED, len(KEYS), 0)
    assert report.counts.selected == len(KEYS) + report.counts.unchanged
    assert identities(mirrored) == elsewhere(before)
    (one,) = (one for one in outcomes(mirrored, report).values() if one.key == "new/cat/1.png")
    assert (one.kind.value, one.reason) == ("moved", "It was old/cat/1.png: its bytes have the same digest")
    assert planned_nothing(mirrored)


def test_a_folder_that_is_copied_before_and_deleted_after_a_pass_moves(mirrored: Mirrored, bucket: MemoryStore) -> None:
    before = identities(mirrored)
    copy_all(bucket)
    assert mirrored.run().counts.new == len(KEYS)
    assert before.items() <= identities(mirrored).items()
    delete_all(bucket)
    report = mirrored.run()  # most of what exists vanishes, but nothing is removed that a person would have to confirm
    assert (report.state, report.counts.moved, report.counts.removed) == (RunState.SUCCEEDED, len(KEYS), 0)
    assert report.counts.selected == report.counts.moved + report.counts.unchanged
    assert identities(mirrored) == elsewhere(before)
    assert planned_nothing(mirrored)


def test_a_folder_that_is_deleted_before_and_copied_back_after_a_pass_moves(
    mirrored: Mirrored, bucket: MemoryStore
) -> None:
    before = {key: value[:-1] for key, value in identities(mirrored).items()}
    copy_all(bucket)
    copies = {key: value for key, value in bucket._objects.items() if key.startswith("new/")}
    delete_all(bucket)
    for key in copies:
        bucket.delete(key)
    assert mirrored.run().state is RunState.HELD
    for key, body in copies.items():
        bucket.put(key, body.data, token=body.info.token)
    assert mirrored.run().counts.moved == len(KEYS)
    assert {key: value[:-1] for key, value in identities(mirrored).items()} == elsewhere(before)
    assert planned_nothing(mirrored)


@pytest.mark.parametrize("order", ["between two passes", "a pass after each step"])
def test_files_of_a_folder_that_are_copied_and_deleted_move(empty_catalog: Catalog, tmp_path: Path, order: str) -> None:
    root = tmp_path / "photos"
    (root / "old").mkdir(parents=True)
    for number in range(3):
        (root / f"old/{number}.png").write_bytes(picture(number))
    location = Location(provider=Provider.FILE, container=str(root))
    mirrored = Mirrored(empty_catalog, tmp_path, FolderStore(location), location=location)
    mirrored.run()
    work_on(mirrored, "old/0.png", "old/1.png")
    before = identities(mirrored)
    shutil.copytree(root / "old", root / "new")
    if order == "a pass after each step":
        assert mirrored.run().counts.new == 3
    shutil.rmtree(root / "old")
    assert mirrored.run().counts.moved == 3
    assert identities(mirrored) == elsewhere(before)


def one_copied(mirrored: Mirrored, bucket: MemoryStore) -> Asset:
    bucket.copy("old/cat/2.png", "copy.png")
    mirrored.run()
    return mirrored.assets()["copy.png"]


@pytest.mark.parametrize("work", ["a tag", "metadata", "a project"])
def test_a_copy_that_people_worked_on_stays_an_asset_of_its_own(
    mirrored: Mirrored, bucket: MemoryStore, work: str
) -> None:
    copy, original = one_copied(mirrored, bucket), mirrored.assets()["old/cat/2.png"]
    match work:
        case "a tag":
            edits.apply(mirrored.catalog, [copy.id], Edit(add_tags=("mine",)))
        case "metadata":
            edits.apply(mirrored.catalog, [copy.id], Edit(metadata={"a": 1}))
        case _:
            projects.add(mirrored.catalog, "mine", [copy.id])
    before = identities(mirrored)
    bucket.delete("old/cat/2.png")
    report = mirrored.run()
    assert (report.counts.moved, report.counts.missing) == (0, 1)
    after = identities(mirrored)
    assert after["copy.png"] == before["copy.png"]
    assert after["old/cat/2.png"][:-1] == before["old/cat/2.png"][:-1]
    assert mirrored.states()["old/cat/2.png"] == "missing"  # it is in a project
    assert original.id != copy.id


def test_the_older_of_two_equal_assets_never_passes_to_the_younger_ones_place(
    mirrored: Mirrored, bucket: MemoryStore
) -> None:
    one_copied(mirrored, bucket)
    edits.apply(mirrored.catalog, [mirrored.assets()["copy.png"].id], Edit(add_tags=("mine",)))
    edits.apply(mirrored.catalog, [mirrored.assets()["old/cat/2.png"].id], Edit(remove_tags=("tag of old/cat/2.png",)))
    before = identities(mirrored)
    bucket.delete("copy.png")  # the copy goes, the original stays what it is
    assert mirrored.run().counts.moved == 0
    assert identities(mirrored)["old/cat/2.png"] == before["old/cat/2.png"]
    assert mirrored.states()["copy.png"] == "trash"


def test_two_equal_assets_of_one_pass_stay_what_they_are(mirrored: Mirrored, bucket: MemoryStore) -> None:
    before = identities(mirrored)
    bucket.delete("old/dog/1.png")
    assert mirrored.run().counts.moved == 0
    assert identities(mirrored)["old/cat/1.png"] == before["old/cat/1.png"]
    assert mirrored.states()["old/dog/1.png"] == "missing"


def test_a_copy_whose_original_is_not_proven_gone_is_no_move(mirrored: Mirrored, bucket: MemoryStore) -> None:
    before = identities(mirrored)
    bucket.copy("old/dog/3.png", "copy.png")
    faulty = Faulty(bucket)
    faulty.hidden = lambda key: key == "old/dog/3.png"
    report = mirrored.run(faulty)
    assert (report.counts.moved, report.counts.new) == (0, 1)
    assert before.items() <= identities(mirrored).items()
    bucket.delete("old/dog/3.png")
    faulty.hidden = lambda _: False
    faulty.fail("head", at=1, times=9)
    assert mirrored.run(faulty).counts.moved == 0
    assert mirrored.run().counts.moved == 1
    assert identities(mirrored)["copy.png"] == before["old/dog/3.png"]


def test_the_sidecar_of_a_copy_is_merged_into_the_asset_that_takes_its_place(
    mirrored: Mirrored, bucket: MemoryStore
) -> None:
    asset = mirrored.assets()["old/cat/2.png"]
    assert asset.metadata == {"site": "hall", "was": "old/cat/2.png"}
    bucket.copy("old/cat/2.png", "new.png")
    bucket.put("new.json", json.dumps({"site": "roof"}).encode())
    mirrored.run()
    bucket.delete("old/cat/2.png")
    bucket.delete("old/cat/2.json")
    report = mirrored.run()
    assert report.counts.moved == 1
    moved = mirrored.assets()["new.png"]
    assert (moved.id, moved.metadata) == (asset.id, {"site": "roof", "was": "old/cat/2.png"})
    assert planned_nothing(mirrored)


@pytest.mark.parametrize("transactions", range(1, 12, 2))
def test_a_pass_that_is_killed_at_any_moment_loses_nothing(
    mirrored: Mirrored, bucket: MemoryStore, transactions: int
) -> None:
    before = identities(mirrored)
    mirrored.change(orphans=Orphans.REMOVE)
    copy_all(bucket)
    delete_all(bucket)
    with Mortal(mirrored.catalog.conninfo) as mortal:
        mirrored.catalog = mortal
        with mortal.dying(transactions, after_commit=True), suppress(Killed):
            mirrored.run()
        assert mirrored.run().counts.new == 0
        assert identities(mirrored) == elsewhere(before)


def test_a_preview_shows_the_copies_that_were_read_and_says_that_others_may_follow(
    mirrored: Mirrored, bucket: MemoryStore
) -> None:
    copy_all(bucket)
    for key in KEYS[2:]:  # a pass reads only two of the copies
        bucket.delete(key.replace("old/", "new/"))
    mirrored.run()
    for key in KEYS[2:]:
        bucket.copy(key, key.replace("old/", "new/"))
    delete_all(bucket)
    told = mirrored.preview()
    assert told.samples is not None
    assert {one.key: one.old_key for one in told.samples["moved"]} == {
        "new/cat/1.png": KEYS[0],
        "new/cat/2.png": KEYS[1],
    }
    assert "by the digest of its bytes" in told.samples["moved"][0].reason
    assert all("still to be read has the same bytes" in one.reason for one in told.samples["orphaned"])
    assert (told.counts.moved, told.counts.new, told.counts.removed) == (2, len(KEYS) - 2, 0)
    done = mirrored.run()
    assert (done.counts.moved, done.counts.unchanged) == (len(KEYS), told.counts.unchanged)


def test_a_preview_of_copies_that_were_all_read_tells_exactly_what_the_pass_does(
    mirrored: Mirrored, bucket: MemoryStore
) -> None:
    copy_all(bucket)
    mirrored.run()
    delete_all(bucket)
    bucket.put("new/dog/1.json", b'{"late": 1}')
    told = mirrored.preview()
    done = mirrored.run()
    assert (told.counts, told.state, told.hold) == (done.counts, done.state, done.hold)
    assert told.would is not None
    assert told.would.head == done.requests.head


@pytest.mark.parametrize("younger_first", [False, True])
@pytest.mark.parametrize("seen", [False, True])
def test_a_copy_in_the_reach_of_two_datasources_keeps_the_asset(
    empty_catalog: Catalog, tmp_path: Path, *, younger_first: bool, seen: bool
) -> None:
    two = Two(empty_catalog, tmp_path)
    for number, key in enumerate(TWO_KEYS):
        two.store.put(key, picture(number))
    two.sidecar("a/0", site="hall")
    both = two.in_order(younger_first=younger_first)
    for one in (*both, *both):
        one.run()
    asset = two.all()["a/0.png"]
    edits.apply(empty_catalog, [asset.id], Edit(metadata={"mine": 1}, add_tags=("kept",)))
    two.store.copy("a/0.png", "a/copy.png")
    two.store.copy("a/0.json", "a/copy.json")
    if seen:
        for one in both:
            assert one.run().counts.new == 1
    two.store.delete("a/0.png")
    two.store.delete("a/0.json")
    for one in (*both, *both):
        one.run()
    after = two.all()
    assert "a/0.png" not in after
    moved = after["a/copy.png"]
    assert (moved.id, moved.tags, moved.metadata) == (asset.id, ("kept",), {"site": "hall", "mine": 1})
    assert (moved.datasources, moved.state.value) == (two.names, "present")
    assert all(planned_nothing(one) for one in both)


def test_what_vanished_earlier_and_what_vanishes_now_are_matched_together(
    mirrored: Mirrored, bucket: MemoryStore
) -> None:
    before = identities(mirrored)
    body = bucket._objects["old/dog/3.png"]
    bucket.delete("old/dog/3.png")
    mirrored.run()
    bucket.put("new/3.png", body.data, token="another")
    bucket.copy("old/dog/4.png", "new/4.png")
    bucket.delete("old/dog/4.png")
    assert mirrored.run().counts.moved == 2
    after = identities(mirrored)
    for number in (3, 4):
        assert after[f"new/{number}.png"] == before[f"old/dog/{number}.png"]
