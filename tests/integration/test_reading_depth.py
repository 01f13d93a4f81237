"""How much of each object is read: all, the header, or nothing; what was read less is read again for more."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.examples import example
from tests.support.images import encoded, pdf, scene, turned
from tests.support.passes import Mirrored, picture, put_all
from tests.support.recordings import recording
from tests.support.two import KEYS, Two

from mirrorlake.catalog import assets, thumbnail_packs
from mirrorlake.formats.registry import HEADER_BYTES, all_formats
from mirrorlake.model.assets import AssetDetail
from mirrorlake.model.looking import Depth, Looking
from mirrorlake.model.media import MediaKind
from mirrorlake.model.policies import Policies
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.process import process_bytes
from mirrorlake.storage.providers.memory.store import MemoryStore
from mirrorlake.storage.ranged import RangedObject

BIG_PNG = encoded(scene(900, 700), "png", compress_level=0)


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore(page_rows=4)
    store.put("a.png", picture(1))
    store.put("big.png", BIG_PNG)
    store.put("turned.jpg", turned(scene(100, 80), 6, "jpeg"))
    store.put("film.mp4", recording("MP4"))
    store.put("paper.pdf", pdf(pages=2))
    store.put("broken.png", b"no picture")
    return store


@pytest.fixture
def mirrored(empty_catalog: Catalog, tmp_path: Path, store: MemoryStore) -> Mirrored:
    mirrored = Mirrored(empty_catalog, tmp_path, store)
    mirrored.change_all(media=tuple(MediaKind), depth=Depth.NONE)
    return mirrored


def details(mirrored: Mirrored) -> dict[str, AssetDetail]:
    return {key: assets.get_asset_detail(mirrored.catalog, asset.id) for key, asset in mirrored.assets().items()}


def test_registering_reads_nothing_and_is_what_the_names_say(mirrored: Mirrored) -> None:
    would = mirrored.preview().would
    report = mirrored.run()
    assert would is not None
    assert (would.get, would.bytes, report.requests.get, report.bytes_read) == (0, 0, 0, 0)
    assert report.counts.new == 6
    for key, detail in details(mirrored).items():
        asset = detail.asset
        assert (asset.width, asset.height, asset.placeholder, detail.digest) == (None, None, None, None)
        assert (detail.depth, dict(detail.facts)) == (Depth.NONE, {})
        assert asset.size > 0
        assert thumbnail_packs.place_of_asset(mirrored.catalog, asset.id) is None, key
    kinds = {key: (asset.kind, asset.media_type) for key, asset in mirrored.assets().items()}
    assert kinds["film.mp4"] == (MediaKind.VIDEO, "video/mp4")
    assert kinds["turned.jpg"] == (MediaKind.IMAGE, "image/jpeg")
    again = mirrored.run()
    assert (again.counts.unchanged, again.requests.get) == (6, 0)


def test_a_header_gives_the_facts_without_a_thumbnail(mirrored: Mirrored) -> None:
    mirrored.change_all(depth=Depth.HEADER)
    would = mirrored.preview().would
    report = mirrored.run()
    assert (report.counts.new, report.counts.failed) == (5, 1)
    found = details(mirrored)
    assert (found["turned.jpg"].asset.width, found["turned.jpg"].orientation) == (100, 6)
    assert found["film.mp4"].facts["duration_s"] == pytest.approx(3, abs=0.2)
    assert found["paper.pdf"].facts["pages"] == 2
    assert found["big.png"].asset.width == 900
    assert found["big.png"].digest is None  # a part of it was read
    assert found["a.png"].digest is not None  # one request returns all of a small object
    assert {detail.asset.placeholder for detail in found.values()} == {None}
    small = sum(len(mirrored.store.get(key, token=None, limit=1 << 30).data) for key in found) - len(BIG_PNG)
    assert report.bytes_read <= small + HEADER_BYTES + len(b"no picture")
    assert would is not None
    assert (would.get, would.bytes) == (report.requests.get, report.bytes_read)


def test_one_request_for_an_object_gives_its_digest_facts_and_thumbnail(mirrored: Mirrored, store: MemoryStore) -> None:
    mirrored.change_all(depth=Depth.FULL)
    report = mirrored.run()
    assert (report.counts.new, report.counts.failed, report.requests.get) == (5, 1, 6)
    keys = [*details(mirrored), "broken.png"]
    assert report.bytes_read == sum(len(store.get(key, token=None, limit=1 << 30).data) for key in keys)
    for key, detail in details(mirrored).items():
        assert (detail.depth, bool(detail.digest), bool(detail.facts)) == (Depth.FULL, True, True)
        assert detail.asset.placeholder is not None
        assert thumbnail_packs.place_of_asset(mirrored.catalog, detail.asset.id) is not None, key


def test_more_depth_reads_what_was_read_less_and_keeps_what_users_did(mirrored: Mirrored) -> None:
    mirrored.run()
    before = mirrored.assets()
    mirrored.change_all(depth=Depth.HEADER)
    assert mirrored.preview().counts.changed == 6
    first = mirrored.run()
    assert (first.counts.changed, first.counts.failed) == (5, 1)
    mirrored.change_all(depth=Depth.FULL)
    second = mirrored.run()
    assert (second.counts.changed, second.counts.skipped) == (5, 1)  # broken.png is known to be no picture
    after = mirrored.assets()
    assert {key: asset.id for key, asset in after.items()} == {key: asset.id for key, asset in before.items()}
    found = details(mirrored)
    assert {key for key, detail in found.items() if detail.depth is Depth.FULL} == set(found) - {"broken.png"}
    assert all(detail.digest for key, detail in found.items() if key != "broken.png")
    assert mirrored.run().requests.get == 0


def test_less_depth_keeps_what_was_read(mirrored: Mirrored, store: MemoryStore) -> None:
    mirrored.change_all(depth=Depth.FULL)
    mirrored.run()
    before = details(mirrored)
    mirrored.change_all(depth=Depth.NONE)
    store.put("late.png", picture(7))
    report = mirrored.run()
    assert (report.counts.new, report.requests.get) == (1, 0)
    assert details(mirrored) | before == details(mirrored)
    mirrored.change_all(depth=Depth.FULL)
    deeper = mirrored.run()
    assert (deeper.counts.changed, deeper.requests.get) == (1, 1)


def test_events_and_moves_know_how_much_was_read(mirrored: Mirrored, store: MemoryStore) -> None:
    mirrored.run()
    number = mirrored.assets()["a.png"].id
    store.put("moved.png", store.get("a.png", token=None, limit=1 << 20).data)
    store.delete("a.png")
    mirrored.change_all(depth=Depth.FULL)
    report = mirrored.partial(["big.png"]).report
    assert (report.counts.changed, report.requests.get) == (1, 1)
    mirrored.run()
    mirrored.run()
    moved = mirrored.assets()["moved.png"]
    assert (moved.id, moved.width) == (number, 8)


def test_sidecars_are_read_whatever_the_depth(mirrored: Mirrored, store: MemoryStore) -> None:
    store.put("a.json", b'{"site": "hall"}')
    report = mirrored.run()
    assert (report.requests.get, mirrored.assets()["a.png"].metadata) == (1, {"site": "hall"})
    store.put("a.json", b'{"site": "yard"}')
    mirrored.run()
    assert mirrored.assets()["a.png"].metadata == {"site": "yard"}
    assert details(mirrored)["a.png"].depth is Depth.NONE
    mirrored.change_all(depth=Depth.FULL)
    assert mirrored.run().counts.changed == 5


def test_another_datasource_that_reads_more_does_not_take_over_less(empty_catalog: Catalog, tmp_path: Path) -> None:
    two = Two(empty_catalog, tmp_path)
    put_all(two.store, KEYS)
    two.older.change_all(depth=Depth.NONE)
    assert two.older.run().requests.get == 0
    ids = {key: asset.id for key, asset in two.all().items()}
    deeper = two.younger.run()
    assert (deeper.counts.new, deeper.requests.get) == (len(KEYS), len(KEYS))
    assert {key: (asset.id, asset.width) for key, asset in two.all().items()} == {key: (ids[key], 8) for key in KEYS}
    two.store.put("a/9.png", picture(9))
    for one in (two.older, two.younger, two.older, two.younger):
        one.run()
    assert two.all()["a/9.png"].width == 8
    assert two.older.run().requests.get == two.younger.run().requests.get == 0


def test_policies_need_what_is_read(mirrored: Mirrored) -> None:
    mirrored.change_all(policies=Policies(max_pixels=100, max_bytes=len(BIG_PNG) - 1))
    report = mirrored.run()
    assert (report.counts.new, report.counts.rejected) == (5, 1)  # big.png, by its size; no pixels are known


@pytest.mark.parametrize("name", [one.name for one in all_formats() if one.header_first])
def test_the_first_bytes_of_a_format_have_all_facts(name: str) -> None:
    data = encoded(scene(900, 700), "bmp") if name == "BMP" else example(name, 900, 700)
    data += bytes(max(0, HEADER_BYTES + 1 - len(data)))
    key = "a" + next(one.suffixes[0] for one in all_formats() if one.name == name)
    store = MemoryStore()
    store.put(key, data)
    ranged = RangedObject(store, key, token=store.head(key).token, size=len(data))
    parts, whole = process_bytes(ranged, key, Looking(depth=Depth.HEADER)), process_bytes(data, key)
    assert (parts.facts, parts.rendered, parts.digest) == (whole.facts, None, None)


def test_a_part_of_an_image_is_not_taken_for_a_cut_one() -> None:
    store = MemoryStore()
    info = store.put("big.png", BIG_PNG)
    ranged = RangedObject(store, info.key, token=info.token, size=info.size)
    assert process_bytes(ranged, info.key, Looking(depth=Depth.HEADER)).warnings == ()
    assert process_bytes(BIG_PNG[:-20], info.key, Looking(depth=Depth.HEADER)).warnings != ()
