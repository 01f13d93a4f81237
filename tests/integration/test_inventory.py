"""An inventory stands in for a listing: the same objects, the same care, and a sentence where it cannot."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.support.inventories import FOLDER, rows_of, write_inventory, write_manifest
from tests.support.passes import Mirrored, picture, put_all
from tests.support.torture import torture_keys

from mirrorlake.core.errors import NoSuchBucket, SourceUnreachable
from mirrorlake.mirror import inventory
from mirrorlake.mirror.report import Report
from mirrorlake.model.objects import KeyRange
from mirrorlake.model.runs import RunState
from mirrorlake.model.sources import Location, Provider
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.base import ListPage
from mirrorlake.storage.providers.memory.store import MemoryStore

LATER = timedelta(minutes=1)  # an inventory that is written after the pass before it
KEYS = [f"site/{number:02}.png" for number in range(20)]


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore(page_rows=500)
    put_all(store, [*KEYS, "a b+c%.png"])
    store.put("site/00.json", b'{"site": "hall"}')
    return store


@pytest.fixture
def mirrored(empty_catalog: Catalog, tmp_path: Path, store: MemoryStore) -> Mirrored:
    location = Location(provider=Provider.S3, container="photos")
    mirrored = Mirrored(empty_catalog, tmp_path, store, location=location)
    mirrored.change_all(inventory=f"s3://photos/{FOLDER}")
    return mirrored


def now() -> datetime:
    return datetime.now(UTC)


def used(report: Report) -> bool:
    return any("Listed by the inventory of" in note for note in report.notes)


@pytest.mark.parametrize("kind", ["CSV", "Parquet", "ORC"])
def test_an_inventory_gives_what_a_listing_gives(mirrored: Mirrored, store: MemoryStore, kind: str) -> None:
    write_inventory(store, now() - timedelta(hours=5), kind=kind)
    report = mirrored.run()
    assert (report.state, used(report)) == (RunState.SUCCEEDED, True)
    assert (report.counts.new, report.counts.failed) == (21, 0)
    assert report.requests.list == 2  # of the folder with inventories, and of what follows the last key
    assert mirrored.assets()["site/00.png"].metadata == {"site": "hall"}
    listed = mirrored.run()
    assert (used(listed), listed.counts.unchanged) == (False, 21)  # no inventory is newer than that pass


@pytest.mark.parametrize("kind", ["CSV", "Parquet", "ORC"])
def test_every_key_comes_back_from_an_inventory(empty_catalog: Catalog, tmp_path: Path, kind: str) -> None:
    store = MemoryStore()
    keys = [f"{key}.png" for key in torture_keys() if not key.startswith("reports/")][:60]
    put_all(store, keys)
    mirrored = Mirrored(empty_catalog, tmp_path, store, location=Location(provider=Provider.S3, container="photos"))
    mirrored.change_all(inventory=f"s3://photos/{FOLDER}")
    write_inventory(store, now(), kind=kind)
    assert used(mirrored.run())
    assert mirrored.visible() == set(keys)


def test_objects_that_an_inventory_lacks_need_their_own_404(mirrored: Mirrored, store: MemoryStore) -> None:
    assert mirrored.run().counts.new == 21  # there is no inventory yet: listed
    store.delete(KEYS[0])
    rows = [row for row in rows_of(store) if row["key"] != KEYS[1]]
    write_inventory(store, now() + LATER, rows=rows)
    report = mirrored.run()
    assert used(report)
    assert (report.counts.removed, report.counts.missing) == (1, 1)
    assert (mirrored.states()[KEYS[0]], mirrored.states()[KEYS[1]]) == ("trash", "present")


def test_an_inventory_without_objects_is_no_reason_to_remove_any(mirrored: Mirrored, store: MemoryStore) -> None:
    mirrored.run()
    write_inventory(store, now() + LATER, rows=[])
    report = mirrored.run()
    assert (used(report), report.state, report.counts.unchanged) == (False, RunState.SUCCEEDED, 21)
    assert any("The inventory lists no object." in note for note in report.notes)


def test_where_writers_were_active_a_pass_also_finds_what_changed_since(
    mirrored: Mirrored, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inventory, "BLOCK_ROWS", 5)
    store.now = now() - timedelta(hours=2)
    store.put("site/07.png", picture(700))  # the second of five blocks, so the third is listed again too
    write_inventory(store, now() - timedelta(hours=1))
    store.put("site/07.png", picture(701))
    store.put("site/08a.png", picture(702))
    store.put("site/11a.png", picture(703))
    store.put("zoo/1.png", picture(704))  # after all keys of the inventory
    store.delete("site/09.png")
    elsewhere = store.put("a0.png", picture(705))  # before them, where nothing had changed
    report = mirrored.run()
    assert "likely there: 2 ranges of keys." in " ".join(report.notes)
    assert (report.counts.new, report.counts.failed) == (23, 0)
    found = mirrored.visible()
    assert {"site/08a.png", "site/11a.png", "zoo/1.png"} <= found
    assert not found & {"site/09.png", elsewhere.key}
    following = mirrored.run()  # no inventory is newer than the pass: listed
    assert (following.counts.new, following.counts.changed, following.counts.unchanged) == (1, 0, 23)


def test_an_object_that_is_younger_than_the_inventory_is_never_removed(
    mirrored: Mirrored, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inventory, "BLOCK_ROWS", 5)
    mirrored.run()
    write_inventory(store, now() + timedelta(milliseconds=1))
    store.put("site/05a.png", picture(800))
    store.delete("site/06.png")
    assert mirrored.partial(["site/05a.png"]).report.counts.new == 1
    report = mirrored.run()
    assert (used(report), report.counts.removed, report.counts.missing) == (True, 0, 0)
    assert mirrored.states()["site/05a.png"] == "present"
    assert mirrored.states()["site/06.png"] == "present"  # as in the inventory
    assert mirrored.run().counts.removed == 1  # the listing that follows finds it gone


@pytest.mark.parametrize("missing", [False, True])
def test_a_bucket_that_cannot_be_listed_again_leaves_the_inventory_as_it_is_and_a_missing_one_fails(
    mirrored: Mirrored, store: MemoryStore, monkeypatch: pytest.MonkeyPatch, *, missing: bool
) -> None:
    write_inventory(store, now())
    usual = MemoryStore.list_page

    def failing(self: MemoryStore, scope: KeyRange, cursor: object | None) -> ListPage:
        if not scope.prefix:
            raise NoSuchBucket("Gone.") if missing else SourceUnreachable("The server answered 503.", "Try again.")
        return usual(self, scope, cursor)

    monkeypatch.setattr(MemoryStore, "list_page", failing)
    report = mirrored.run()
    if missing:
        assert (report.state, report.counts.new) == (RunState.FAILED, 0)
        return
    assert (used(report), report.counts.new) == (True, 21)
    assert "ended early: The server answered 503." in " ".join(report.notes)


def test_what_events_have_brought_up_to_date_since_is_left_alone(mirrored: Mirrored, store: MemoryStore) -> None:
    mirrored.run()
    write_inventory(store, now() + timedelta(milliseconds=1))
    store.put(KEYS[0], picture(500))
    store.put("site/new.png", picture(501))
    store.delete(KEYS[1])
    mirrored.partial([KEYS[0], KEYS[1], "site/new.png"])
    before = {key: (asset.id, asset.size) for key, asset in mirrored.assets().items()}
    report = mirrored.run()
    assert used(report)
    counts = report.counts
    assert (counts.new, counts.changed, counts.failed, counts.removed, counts.missing) == (0, 0, 0, 0, 0)
    assert {key: (asset.id, asset.size) for key, asset in mirrored.assets().items()} == before


def refused(report: Report) -> str:
    """Why the inventory was not used, in a run that listed instead."""
    assert (report.state, report.counts.new, used(report)) == (RunState.SUCCEEDED, 21, False)
    [note] = [note for note in report.notes if "inventory" in note]
    assert note.startswith("The inventory was not used, and the bucket was listed.")
    return note


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sourceBucket": "other"}, "lists the bucket other"),
        ({"fileFormat": "XML"}, "not one of S3"),
        ({"files": None}, "not one of S3"),
        ({"files": [{"key": "x", "size": 1 << 40, "MD5checksum": "x"}]}, "has a file of more than"),
        ({"fileSchema": "Bucket, Key, Size"}, "lacks the field ETag"),
        ({"fileFormat": "Parquet", "fileSchema": "binary key, int64 size, binary e_tag"}, "cannot be read as Parquet"),
        ({"fileFormat": "ORC", "fileSchema": "struct<key:string,size:bigint,e_tag:string>"}, "cannot be read as ORC"),
        ({"creationTimestamp": "1500000000000"}, "days old"),
        ({"creationTimestamp": "yesterday"}, "not one of S3"),
    ],
)
def test_a_manifest_that_cannot_be_trusted_is_refused_and_the_bucket_is_listed(
    mirrored: Mirrored, store: MemoryStore, change: dict[str, object], words: str
) -> None:
    created = now()
    manifest = write_inventory(store, created)
    write_manifest(store, created, json.loads(store.get(manifest, token=None, limit=1 << 20).data) | change)
    assert words in refused(mirrored.run())


def test_damage_is_found_before_anything_is_concluded(mirrored: Mirrored, store: MemoryStore) -> None:
    manifest = write_inventory(store, now())
    files = sorted(key for key in store._objects if key.startswith(f"{FOLDER}data/"))
    whole = store.get(files[1], token=None, limit=1 << 20).data
    store.put(files[1], whole[:-1])
    assert "does not fit its checksum" in refused(mirrored.preview(known=False))
    store.put(files[1], whole[:-1] + b"x")
    assert "does not fit its checksum" in refused(mirrored.preview(known=False))
    store.delete(files[1])
    assert "missing or has another size" in refused(mirrored.preview(known=False))
    store.put(manifest, b"{}")
    assert "does not fit manifest.checksum" in refused(mirrored.preview(known=False))
    store.delete(manifest)
    assert "is damaged" in refused(mirrored.preview(known=False))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"size": -1}, "impossible size"),
        ({"e_tag": "a\0b"}, "impossible size or ETag"),
        ({"size": 7}, "an object twice"),
    ],
)
@pytest.mark.parametrize("kind", ["CSV", "Parquet", "ORC"])
def test_rows_that_no_catalog_can_hold_cost_the_inventory_and_not_the_run(
    mirrored: Mirrored, store: MemoryStore, kind: str, change: dict[str, object], words: str
) -> None:
    *others, last, _ = rows_of(store)
    write_inventory(store, now(), kind=kind, rows=[*others, last, last | change])
    assert words in refused(mirrored.run())


def test_an_inventory_of_rows_of_another_bucket_is_refused(mirrored: Mirrored, store: MemoryStore) -> None:
    rows = [row | {"bucket": "other"} for row in rows_of(store)]
    write_inventory(store, now(), rows=rows)
    report = mirrored.run()
    assert not used(report)
    assert any("another bucket than photos" in note for note in report.notes)


def test_the_newest_complete_inventory_is_used(mirrored: Mirrored, store: MemoryStore) -> None:
    write_inventory(store, now() - timedelta(days=2), rows=rows_of(store)[:2])
    write_inventory(store, now() - timedelta(days=1))
    half = write_inventory(store, now(), rows=[])
    store.delete(half.replace("manifest.json", "manifest.checksum"))  # it is still being written
    assert mirrored.run().counts.new == 21


def test_a_dry_run_lists_by_the_inventory_too(mirrored: Mirrored, store: MemoryStore) -> None:
    write_inventory(store, now())
    report = mirrored.preview(known=False)
    assert (report.counts.new, used(report)) == (21, True)
