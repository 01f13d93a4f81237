"""How much of each object is read: all, the header, or nothing; what was read less is read again for more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.support.images import chunk, encoded, pdf, scene, turned
from tests.support.passes import Mirrored, picture, put_all
from tests.support.recordings import recording
from tests.support.sparse import SparseStore, Tags, photograph, tiff_directory, tiff_start
from tests.support.two import KEYS, Two

from mirrorlake.catalog import assets, runs, thumbnail_packs
from mirrorlake.formats.registry import HEADER_BYTES, HeaderPlace, all_formats, format_named
from mirrorlake.mirror.report import Report
from mirrorlake.model.assets import AssetDetail
from mirrorlake.model.looking import Depth, Looking
from mirrorlake.model.media import ImageFacts, MediaKind, TextFacts
from mirrorlake.model.policies import Policies
from mirrorlake.model.runs import Outcome
from mirrorlake.postgres.migrate import all_migrations
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.process import process_bytes
from mirrorlake.storage.providers.memory.store import MemoryStore
from mirrorlake.storage.ranged import RangedObject
from mirrorlake.storage.stack import stack_store
from mirrorlake.storage.wrappers import RequestMeter

XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:subject><rdf:Bag><rdf:li>hall</rdf:li></rdf:Bag>'
    b"</dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"
)
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


def outcomes(mirrored: Mirrored, report: Report) -> list[Outcome]:
    return list(runs.outcomes(mirrored.catalog, report.run or 0, limit=99))


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
    last = len(BIG_PNG) % HEADER_BYTES  # its last block, where EXIF may be
    assert report.bytes_read == small + HEADER_BYTES + last + len(b"no picture")
    assert would is not None
    assert (would.get, would.bytes) == (report.requests.get, report.bytes_read + HEADER_BYTES - last)


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


def _noise(name: str) -> bytes:
    """More than HEADER_BYTES that cannot be packed, so that most of them are pixels."""
    picture = Image.fromarray(np.random.default_rng(3).integers(0, 256, (700, 900, 3), np.uint8))
    quality: dict[str, object] = {"JPEG": {"quality": 95}, "AVIF": {"quality": 95, "speed": 10}}.get(name, {})
    text = "".join(f"{number},{number * number}\n" for number in range(60_000)).encode()
    return text if name in {"CSV", "text", "Markdown"} else encoded(picture, name.lower(), **quality)


FIRST = ["JPEG", "BMP", "AVIF", "JPEG 2000", "GIF", "CSV", "text", "Markdown"]
PARTS = ["PNG", "TIFF", "WebP"]


def test_every_format_of_which_a_header_is_read_is_tried() -> None:
    tried = {*FIRST, *PARTS, "HEIC", "HTML", "JSON"}  # no encoder of HEIC may be shipped; the others are texts too
    readable = {one.name for one in all_formats() if one.header is not HeaderPlace.WHOLE and one.ranged_from is None}
    assert tried == readable


@pytest.mark.parametrize("name", [*FIRST, *PARTS])
def test_the_header_of_a_format_has_the_facts_of_the_whole(name: str) -> None:
    data = _noise(name)
    assert len(data) > HEADER_BYTES + (64 << 10)
    key = "a" + format_named(name).suffixes[0]
    store, meter = MemoryStore(), RequestMeter()
    info = store.put(key, data)
    ranged = RangedObject(stack_store(store, meter=meter), key, token=info.token, size=info.size)
    parts, whole = process_bytes(ranged, key, Looking(depth=Depth.HEADER)), process_bytes(data, key)
    expected = whole.facts
    if isinstance(expected, TextFacts):
        expected = replace(expected, characters=None, lines=None)  # which all of it counts
    assert (parts.facts, parts.rendered, parts.digest, parts.warnings) == (expected, None, None, ())
    assert meter.requests.get == (2 if name == "PNG" else 1)  # in its last block, EXIF is looked for
    assert meter.bytes_read <= meter.requests.get * HEADER_BYTES


def test_headers_of_huge_objects_cost_a_few_requests(empty_catalog: Catalog, tmp_path: Path) -> None:
    store, size = SparseStore(), 2_000_000_000
    store.put_sparse("a.tif", size, _huge_tiff(size))
    store.put_sparse("b.csv", size, {0: b"name,width\na.jpg,640\n" * 13_000})
    store.put_sparse("c.gif", 900_000_000, {0: _noise("GIF")[:HEADER_BYTES]})
    store.put_sparse("d.jpg", 700_000_000, {0: _noise("JPEG")})
    store.put_sparse("broken.tif", size, {0: tiff_start(size - 8)})
    mirrored = Mirrored(empty_catalog, tmp_path, store)
    mirrored.change_all(media=tuple(MediaKind))
    refused = mirrored.run()
    assert (refused.counts.new, refused.counts.failed, refused.requests.get) == (0, 5, 0)  # too large to be read whole
    mirrored.change_all(media=tuple(MediaKind), depth=Depth.HEADER)
    report = mirrored.run()
    assert (report.counts.failed, len(mirrored.assets())) == (1, 4)
    assert report.requests.get <= 3 + 1 + 1 + 1 + 2
    assert report.bytes_read <= 8 * HEADER_BYTES
    found = details(mirrored)
    assert (found["a.tif"].asset.width, found["a.tif"].asset.height) == (40_000, 30_000)
    assert {name: found["a.tif"].facts[name] for name in ("camera_make", "frames", "keywords")} == {
        "camera_make": "Canon", "frames": 2, "keywords": ["hall"],
    }  # fmt: skip
    assert found["b.csv"].facts == {"encoding": "utf-8", "first_lines": "name,width\na.jpg,640\nname,width"}
    assert (found["c.gif"].asset.width, found["d.jpg"].asset.height) == (900, 700)
    assert "frames" not in found["c.gif"].facts
    (outcome,) = (one for one in outcomes(mirrored, report) if one.key == "broken.tif")
    assert (outcome.stage, str(outcome.reason)[:22]) == ("probe", "TIFF header is damaged")
    assert mirrored.run().requests.get == 0


def test_what_an_earlier_version_refused_for_its_size_is_due_once_a_header_is_enough(
    empty_catalog: Catalog, tmp_path: Path
) -> None:
    store = SparseStore()
    store.put_sparse("large.jpg", 700_000_000, {0: _noise("JPEG")})
    wide = bytearray(600_000)
    for place, data in _huge_tiff(len(wide)).items():
        wide[place : place + len(data)] = data
    store.put("wide.tif", bytes(wide))  # too many pixels
    store.put("broken.png", b"no picture")
    mirrored = Mirrored(empty_catalog, tmp_path, store)
    assert mirrored.run().counts.failed == 3
    mirrored.change_all(depth=Depth.HEADER)
    with mirrored.catalog.write() as connection:  # as an earlier version stored them
        connection.execute("UPDATE object SET policies = NULL")
    assert mirrored.run().counts.skipped == 3
    upgrade = next(one for one in all_migrations() if one.name == "refused_before_depths")
    with mirrored.catalog.write() as connection:
        connection.execute(upgrade.sql.encode())
    report = mirrored.run()
    assert (report.counts.new, report.counts.skipped) == (2, 1)
    assert mirrored.run().requests.get == 0


def _huge_tiff(size: int) -> dict[int, bytes]:
    """Two pages of which the second directory is at the end."""
    tags: Tags = photograph(40_000, 30_000, t271=(2, b"Canon\0"), t700=(1, XMP))
    last = size - 400_000
    return {
        0: tiff_start(1000),
        1000: tiff_directory(tags | {273: (4, (8,)), 279: (4, (9,))}, 1000, then=last),
        last: tiff_directory(photograph(8, 2), last),
    }


def test_exif_after_the_pixels_of_a_png_is_read() -> None:
    store = MemoryStore()
    tags = Image.Exif()
    tags[0x0112] = 6
    data = _noise("PNG")
    info = store.put("a.png", data[:-12] + chunk(b"eXIf", tags.tobytes()) + data[-12:])
    ranged = RangedObject(store, info.key, token=info.token, size=info.size)
    facts = process_bytes(ranged, info.key, Looking(depth=Depth.HEADER)).facts
    assert isinstance(facts, ImageFacts)
    assert (facts.width, facts.height, facts.orientation) == (700, 900, 6)


def test_a_part_of_an_image_is_not_taken_for_a_cut_one() -> None:
    store = MemoryStore()
    info = store.put("big.png", BIG_PNG)
    ranged = RangedObject(store, info.key, token=info.token, size=info.size)
    assert process_bytes(ranged, info.key, Looking(depth=Depth.HEADER)).warnings == ()
    assert process_bytes(BIG_PNG[:-20], info.key, Looking(depth=Depth.HEADER)).warnings != ()
