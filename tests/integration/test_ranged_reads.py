"""Large videos and documents cost a small part of their bytes, and are what they are when they are read whole."""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from tests.support.faulty import Faulty
from tests.support.images import encoded, pdf, scene
from tests.support.passes import Mirrored
from tests.support.recordings import video
from tests.support.thumbnails import shown

from mirrorlake.catalog import assets, runs
from mirrorlake.core.errors import AccessDenied, NoPreview, RangesUnsupported, ReadTooMuch
from mirrorlake.formats.pdf import PdfDocument
from mirrorlake.formats.preview import render_preview
from mirrorlake.formats.registry import RANGED_BYTES, RANGED_SOUND_BYTES
from mirrorlake.formats.stages import Stage, UndecodableObject
from mirrorlake.model.asset_previews import PreviewKind, PreviewOptions
from mirrorlake.model.looking import LOOK_AT_ALL, Depth, Looking
from mirrorlake.model.media import MediaKind
from mirrorlake.model.objects import ObjectInfo
from mirrorlake.model.runs import RunState
from mirrorlake.plan.reading_cost import reading_cost
from mirrorlake.postgres.migrate import all_migrations
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing import preview_worker
from mirrorlake.processing.preview_task import PreviewTask
from mirrorlake.processing.preview_worker import make_preview
from mirrorlake.processing.process import process_bytes
from mirrorlake.storage.base import Body, Store
from mirrorlake.storage.providers.memory.store import MemoryStore
from mirrorlake.storage.ranged import RangedObject, ReadLimits
from mirrorlake.storage.stack import stack_store
from mirrorlake.storage.wrappers import RequestMeter

LARGE = ["MOV", "MKV", "MPEG-TS", "PDF"]


@cache
def large(name: str) -> bytes:
    """An object of some 10 MB, whose index is where its format has it."""
    if name == "PDF":
        return pdf(pages=3, attached=13 << 20)
    container = {"MOV": "mov", "MKV": "matroska", "MPEG-TS": "mpegts"}[name]
    return video(container, "mpeg2video" if name == "MPEG-TS" else "mpeg4", None, size=(640, 480), noise=True)


@cache
def long_video(name: str) -> bytes:
    """Two minutes of noise, with a key frame every two seconds."""
    return video(
        {"MOV": "mov", "MKV": "matroska"}[name], "mpeg4", None, size=(320, 240), noise=True, rate=1, seconds=120
    )


def _key(name: str) -> str:
    return f"large.{'ts' if name == 'MPEG-TS' else name.lower()}"


class _WithoutRanges(MemoryStore):
    def get_range(self, key: str, *, token: str | None, start: int, length: int) -> Body:
        del token, start, length
        raise RangesUnsupported(f"{key} can only be read as a whole.")


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    for name in LARGE:
        store.put(_key(name), large(name))
    store.put("small.pdf", pdf())
    return store


@pytest.fixture
def mirrored(empty_catalog: Catalog, tmp_path: Path, store: MemoryStore) -> Mirrored:
    mirrored = Mirrored(empty_catalog, tmp_path, store)
    mirrored.change_all(media=tuple(MediaKind))
    return mirrored


@pytest.mark.parametrize("name", LARGE)
def test_a_part_of_the_bytes_gives_what_all_of_them_give(name: str) -> None:
    key, data = _key(name), large(name)
    store = MemoryStore()
    store.put(key, data)
    ranged = RangedObject(store, key, token=store.head(key).token, size=len(data))
    parts, whole = process_bytes(ranged, key), process_bytes(data, key)
    assert ranged.failure is None
    assert (parts.facts, parts.rendered, parts.warnings) == (whole.facts, whole.rendered, whole.warnings)
    assert (parts.digest, whole.sample_digest) == (None, None)
    assert parts.sample_digest not in (None, whole.digest)


def test_a_run_reads_a_small_part_of_large_objects(mirrored: Mirrored, store: MemoryStore) -> None:
    total = sum(len(large(name)) for name in LARGE)
    report = mirrored.run()
    assert (report.state, report.counts.new) == (RunState.SUCCEEDED, len(LARGE) + 1)
    assert report.bytes_read < total * 0.4
    assert report.requests.get <= 12 * len(LARGE) + 1
    for key, asset in mirrored.assets().items():
        detail = assets.get_asset_detail(mirrored.catalog, asset.id)
        assert (detail.digest is None) == key.startswith("large")
        assert shown(mirrored, key) is not None
    again = mirrored.run()
    assert (again.counts.unchanged, again.requests.get) == (len(LARGE) + 1, 0)


@dataclass(frozen=True)
class _Opened:
    store: Store

    def open(self) -> Store:
        return self.store


def _preview_task(store: Store, name: str, kind: PreviewKind = PreviewKind.PICTURE) -> PreviewTask:
    key, info = _key(name), store.head(_key(name))
    wanted = PreviewOptions(kind=kind)
    return PreviewTask(store_factory=_Opened(store), key=key, token=info.token, size=info.size, wanted=wanted)


@pytest.mark.parametrize("name", LARGE)
def test_a_preview_reads_a_small_part_of_a_large_object(store: MemoryStore, name: str) -> None:
    meter = RequestMeter()
    preview = make_preview(_preview_task(stack_store(store, meter=meter), name, PreviewKind.PICTURE))
    assert preview == render_preview(large(name), _key(name), PreviewOptions())
    share = 0.9 if name == "MPEG-TS" else 0.4  # which has no index: FFmpeg looks for the time in some megabytes
    assert meter.bytes_read < len(large(name)) * share


@pytest.mark.parametrize(("name", "share"), [("MOV", 1.1), ("MPEG-TS", 2.1)])
def test_a_strip_of_parts_is_that_of_all(store: MemoryStore, name: str, share: float) -> None:
    wanted, meter = PreviewOptions(kind=PreviewKind.STRIP), RequestMeter()
    metered = stack_store(store, meter=meter)
    assert make_preview(_preview_task(metered, name, wanted.kind)) == render_preview(large(name), _key(name), wanted)
    assert meter.bytes_read < len(large(name)) * share  # a short video is decoded as a whole


@pytest.mark.parametrize("name", ["MOV", "MKV"])
def test_a_strip_of_a_long_video_reads_a_part_of_it(name: str) -> None:
    data, wanted, meter = long_video(name), PreviewOptions(kind=PreviewKind.STRIP), RequestMeter()
    store = MemoryStore()
    store.put(_key(name), data)
    strip = make_preview(_preview_task(stack_store(store, meter=meter), name, wanted.kind))
    assert strip == render_preview(data, _key(name), wanted)
    assert meter.bytes_read < len(data) * 0.5
    assert meter.requests.get <= 60


def _just_enough(name: str) -> tuple[RangedObject, RequestMeter]:
    """An object of which the header can be read, and nothing more."""
    store, meter = MemoryStore(), RequestMeter()
    info = store.put(_key(name), large(name))
    stacked = stack_store(store, meter=meter)
    process_bytes(_ranged(stacked, info), info.key, Looking(depth=Depth.HEADER))
    limits = ReadLimits(requests=meter.requests.get)
    return _ranged(stacked, info, limits), meter


def _ranged(store: Store, info: ObjectInfo, limits: ReadLimits | None = None) -> RangedObject:
    return RangedObject(store, info.key, token=info.token, size=info.size, limits=limits)


@pytest.mark.parametrize("name", ["MOV", "MKV"])
def test_a_video_that_would_need_too_much_keeps_its_facts_and_shows_its_first_frame(name: str) -> None:
    ranged, meter = _just_enough(name)
    before = meter.bytes_read
    found, whole = process_bytes(ranged, _key(name)), process_bytes(large(name), _key(name))
    assert (found.facts, found.digest, ranged.failure) == (whole.facts, None, None)
    assert found.rendered is not None
    assert found.rendered.thumbnail
    (warning,) = found.warnings
    assert warning.startswith("its thumbnail is its first picture: ")
    assert meter.bytes_read - before < len(large(name)) * 0.6


def test_a_document_that_would_need_too_much_keeps_its_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    def render(_codec: PdfDocument, data: RangedObject, _probe: object) -> None:
        data.failure = ReadTooMuch("too scattered")
        raise UndecodableObject(Stage.DECODE, "the rest is missing")

    monkeypatch.setattr(PdfDocument, "render", render)
    store = MemoryStore()
    info = store.put("large.pdf", large("PDF"))
    ranged = _ranged(store, info)
    found = process_bytes(ranged, info.key)
    assert (found.facts.pages, found.rendered, ranged.failure) == (3, None, None)  # type: ignore[union-attr]
    assert found.warnings == ("it has no thumbnail: too scattered",)


def test_a_preview_of_a_video_never_reads_it_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, limits in (("MOV", ReadLimits(requests=2)), ("MKV", ReadLimits(requests=1))):
        store, meter = MemoryStore(), RequestMeter()
        store.put(_key(name), large(name))
        monkeypatch.setattr(preview_worker, "RangedObject", partial(RangedObject, limits=limits))
        task = _preview_task(stack_store(store, meter=meter), name)
        assert make_preview(task)
        with pytest.raises(NoPreview, match="requests"):
            make_preview(replace(task, wanted=PreviewOptions(kind=PreviewKind.STRIP)))
        assert meter.bytes_read < len(large(name)) * 1.2


def test_a_preview_of_what_cannot_be_read_in_parts_is_of_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    store = _WithoutRanges()
    store.put("large.pdf", large("PDF"))
    store.put("large.mov", encoded(scene(1600, 1200), "bmp") + bytes(RANGED_BYTES))
    for name in ("PDF", "MOV"):
        assert make_preview(_preview_task(store, name))
    monkeypatch.setattr(preview_worker, "format_of_name", lambda _key: None)
    monkeypatch.setattr(preview_worker, "MAX_OBJECT_BYTES", 1000)
    with pytest.raises(NoPreview, match=r"the object is too large\. .* more than the 1,000 allowed"):
        make_preview(_preview_task(store, "PDF"))
    store = MemoryStore()
    store.put("large.mov", large("MOV"))
    denied = Faulty(store)
    denied.fail("get", at=2, error=AccessDenied("not you"))
    with pytest.raises(AccessDenied):
        make_preview(_preview_task(denied, "MOV"))


def test_a_server_without_ranges_is_read_whole(empty_catalog: Catalog, tmp_path: Path) -> None:
    store = _WithoutRanges()
    store.put("large.pdf", large("PDF"))
    mirrored = Mirrored(empty_catalog, tmp_path, store)
    mirrored.change_all(media=(MediaKind.DOCUMENT,))
    report = mirrored.run()
    assert (report.counts.new, report.bytes_read) == (1, len(large("PDF")))
    (asset,) = mirrored.assets().values()
    assert assets.get_asset_detail(mirrored.catalog, asset.id).digest is not None


def test_an_object_of_another_format_than_its_name_is_read_whole(mirrored: Mirrored, store: MemoryStore) -> None:
    store.put("image.mov", encoded(scene(1600, 1200), "bmp") + bytes(RANGED_BYTES))
    mirrored.run()
    asset = mirrored.assets()["image.mov"]
    assert asset.kind is MediaKind.IMAGE
    assert assets.get_asset_detail(mirrored.catalog, asset.id).digest is not None


@pytest.mark.parametrize("place", [1, 2])
def test_an_error_or_a_change_between_two_parts_costs_the_object_alone(
    empty_catalog: Catalog, tmp_path: Path, place: int
) -> None:
    store = MemoryStore()
    store.put("large.mov", large("MOV"))
    mirrored = Mirrored(empty_catalog, tmp_path, store)
    mirrored.change_all(media=(MediaKind.VIDEO,))
    denied = Faulty(store)
    denied.fail("get", at=place, error=AccessDenied("not you"))
    report = mirrored.run(denied)
    (outcome,) = runs.outcomes(mirrored.catalog, report.run or 0, limit=9)
    assert (outcome.stage, outcome.reason) == ("fetch", "not you")

    changing = Faulty(store)
    asked: list[str] = []

    def change(key: str) -> None:
        asked.append(key)
        if len(asked) == place:
            store.put(key, large("MOV")[:-1] + b"!")

    changing.before_get = change
    changed = mirrored.run(changing)
    assert changed.counts.failed == 1
    assert mirrored.run().counts.new == 1


def test_what_was_refused_for_its_size_is_considered_again_after_an_upgrade(
    mirrored: Mirrored, store: MemoryStore
) -> None:
    store.put("broken.pdf", b"no document")
    mirrored.run()
    reason = "the object has 4,300,000,000 bytes; at most 1024 MiB are read"
    upgrade = next(one for one in all_migrations() if one.name == "refused_for_size")
    with mirrored.catalog.write() as connection:
        connection.execute("UPDATE object SET state = 2, reason = %s WHERE key = 'large.mov'", [reason])
    assert mirrored.run().counts.skipped == 2
    with mirrored.catalog.write() as connection:
        connection.execute(upgrade.sql.encode())
    report = mirrored.run()
    assert (report.counts.changed, report.counts.skipped) == (1, 1)
    assert mirrored.run().requests.get == 0


def test_a_long_recording_costs_what_was_planned() -> None:
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(range(256)) * (RANGED_SOUND_BYTES >> 8))
    store, meter = MemoryStore(), RequestMeter()
    info = store.put("long.wav", held.getvalue())
    ranged = RangedObject(stack_store(store, meter=meter), info.key, token=info.token, size=info.size)
    rendered = process_bytes(ranged, info.key).rendered
    assert rendered is not None
    keys = pa.record_batch({"key": [info.key], "size": [info.size]})
    planned = reading_cost(keys, np.array([True]), LOOK_AT_ALL)
    assert planned.gets * 0.5 <= meter.requests.get <= planned.gets
    assert planned.bytes * 0.5 <= meter.bytes_read <= planned.bytes
