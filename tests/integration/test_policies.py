"""A policy rejects objects with a reason of their own, once, until the object or the policies change."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.images import encoded, scene, turned
from tests.support.passes import Mirrored, put_all
from tests.support.recordings import recording, video
from tests.support.two import KEYS, Two

from mirrorlake.catalog import runs
from mirrorlake.model.media import MediaKind
from mirrorlake.model.outcomes import OutcomeKind
from mirrorlake.model.policies import OrientationPolicy, Policies
from mirrorlake.model.runs import Outcome, RunState
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.providers.memory.store import MemoryStore

STRICT = Policies(
    orientation=OrientationPolicy.REJECT,
    max_pixels=20_000,
    min_width=20,
    min_height=15,
    video_brands=("mp42",),
    pixel_formats=("yuv420p",),
    max_seconds=2.5,
    max_bytes=400_000,
)
REJECTED = {
    "turned.jpg": "EXIF orientation is 6",
    "wide.png": "maxPixels allows 20,000",
    "thin.png": "minWidth 20",
    "film.mp4": "videoBrands allows mp42",
    "low.png": "minHeight 15",
    "rich.mp4": "pixelFormats allows yuv420p",
    "long.mp4": "maxSeconds allows 2.5 s",
    "heavy.png": "maxBytes allows 400,000",
}


def _film(codec: str = "mpeg4", *, pixel_format: str = "yuv420p", seconds: int = 1) -> bytes:
    return video("mp4", codec, None, options={"brand": "mp42"}, pixel_format=pixel_format, seconds=seconds)


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore(page_rows=5)
    store.put("fits.png", encoded(scene(100, 80), "png"))
    store.put("turned.jpg", turned(scene(100, 80), 6, "jpeg"))
    store.put("wide.png", encoded(scene(400, 200), "png"))
    store.put("thin.png", encoded(scene(10, 80), "png"))
    store.put("film.mp4", recording("MP4"))
    store.put("low.png", encoded(scene(80, 10), "png"))
    store.put("rich.mp4", _film("mjpeg", pixel_format="yuvj422p"))
    store.put("long.mp4", _film(seconds=3))
    store.put("short.mp4", _film())
    store.put("heavy.png", bytes(500_000))
    store.put("broken.png", b"no picture")
    return store


@pytest.fixture
def mirrored(empty_catalog: Catalog, tmp_path: Path, store: MemoryStore) -> Mirrored:
    mirrored = Mirrored(empty_catalog, tmp_path, store)
    mirrored.change_all(media=(MediaKind.IMAGE, MediaKind.VIDEO), policies=STRICT)
    return mirrored


def outcomes_of(mirrored: Mirrored, run_id: int | None) -> dict[str, Outcome]:
    assert run_id is not None
    return {outcome.key: outcome for outcome in runs.outcomes(mirrored.catalog, run_id, limit=100)}


def test_each_rejection_is_an_outcome_with_its_reason_and_its_fix(mirrored: Mirrored) -> None:
    planned = mirrored.preview().would
    report = mirrored.run()
    outcomes = outcomes_of(mirrored, report.run)
    assert (report.state, report.counts.new, report.counts.rejected, report.counts.failed) == (
        RunState.SUCCEEDED, 2, len(REJECTED), 1,
    )  # fmt: skip
    for key, reason in REJECTED.items():
        assert (outcomes[key].kind, outcomes[key].stage) == (OutcomeKind.REJECTED, "policy")
        assert reason in str(outcomes[key].reason)
        assert f"./{key.partition('.')[0]}" in str(outcomes[key].reason).partition("Mend it: ")[2]
    assert sorted(mirrored.assets()) == ["fits.png", "short.mp4"]
    assert planned is not None
    assert (planned.get, planned.bytes) == (report.requests.get, report.bytes_read)  # nothing of heavy.png


def test_what_was_rejected_is_not_read_again_until_it_or_a_policy_changes(
    mirrored: Mirrored, store: MemoryStore
) -> None:
    first = mirrored.run()
    again = mirrored.run()
    assert (again.counts.skipped, again.counts.rejected, again.requests.get) == (len(REJECTED) + 1, 0, 0)
    assert "maxPixels" in str(outcomes_of(mirrored, again.run)["wide.png"].reason)
    assert mirrored.retry(first.run).requests.get == 1  # broken.png

    store.put("thin.png", encoded(scene(30, 80), "png"))
    mended = mirrored.run()
    assert (mended.counts.new, mended.counts.skipped, mended.requests.get) == (1, len(REJECTED), 1)

    mirrored.change_all(policies=Policies(max_pixels=20_000))
    assert mirrored.preview().would.get == len(REJECTED) - 1  # type: ignore[union-attr]
    eased = mirrored.run()
    assert (eased.counts.new, eased.counts.rejected, eased.counts.failed) == (5, 1, 1)  # heavy.png is no picture
    assert set(mirrored.assets()) == {*REJECTED, "fits.png", "short.mp4"} - {"wide.png", "heavy.png"}
    assert mirrored.run().requests.get == 0


def test_events_reconsider_what_other_policies_rejected(mirrored: Mirrored) -> None:
    mirrored.run()
    mirrored.change_all(policies=Policies())
    report = mirrored.partial(["wide.png"]).report
    assert (report.counts.new, report.requests.get) == (1, 1)


def test_a_version_that_is_rejected_leaves_the_asset_as_it_was(mirrored: Mirrored, store: MemoryStore) -> None:
    mirrored.run()
    before = mirrored.assets()["fits.png"]
    store.put("fits.png", encoded(scene(400, 200), "png"))
    assert mirrored.run().counts.rejected == 1
    assert mirrored.assets()["fits.png"] == before
    assert mirrored.run().counts.rejected == 0
    mirrored.change_all(policies=Policies())
    assert mirrored.run().counts.changed == 1
    assert mirrored.assets()["fits.png"].width == 400


def test_a_stricter_policy_keeps_what_was_taken(mirrored: Mirrored) -> None:
    mirrored.run()
    mirrored.change_all(policies=Policies(max_pixels=1))
    report = mirrored.run()
    assert "fits.png" in mirrored.assets()
    assert report.counts.rejected == len(REJECTED) - 1  # all but the one that is no picture by now
    assert mirrored.run().requests.get == 0


def test_what_another_datasource_took_is_rejected_all_the_same(empty_catalog: Catalog, tmp_path: Path) -> None:
    two = Two(empty_catalog, tmp_path)
    put_all(two.store, KEYS)
    two.older.run()
    two.younger.change_all(policies=Policies(max_pixels=1))
    report = two.younger.run()
    assert (report.counts.rejected, report.requests.get) == (len(KEYS), len(KEYS))
    assert two.younger.run().requests.get == 0
    assert {asset.width for asset in two.all().values()} == {8}
    two.younger.change_all(policies=Policies(max_pixels=100))
    assert two.younger.run().counts.changed == len(KEYS)
    assert len(two.all()) == len(KEYS)


def test_a_rejected_version_that_was_away_is_still_rejected(mirrored: Mirrored, store: MemoryStore) -> None:
    mirrored.run()
    before = mirrored.assets()["fits.png"]
    wide = encoded(scene(400, 200), "png")
    store.put("fits.png", wide)
    mirrored.run()
    store.delete("fits.png")
    mirrored.run()
    assert mirrored.states()["fits.png"] != "present"
    store.put("fits.png", wide)
    mirrored.run()
    after = mirrored.assets()["fits.png"]
    assert (after.id, after.width) == (before.id, before.width)
    again = mirrored.run()
    outcome = outcomes_of(mirrored, again.run)["fits.png"]
    assert (outcome.kind, "maxPixels" in str(outcome.reason), again.requests.get) == (OutcomeKind.SKIPPED, True, 0)
