"""A sidecar that a listing leaves out takes no metadata back until its own 404 says that it is gone."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.faulty import Faulty
from tests.support.passes import Mirrored, picture

from mirrorlake.catalog import edits, runs
from mirrorlake.core.errors import SourceUnreachable
from mirrorlake.model.edits import Edit
from mirrorlake.model.metadata import MetadataStrategy
from mirrorlake.model.runs import OutcomeKind
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.providers.memory.store import MemoryStore


@pytest.fixture
def bucket() -> MemoryStore:
    store = MemoryStore()
    for number, name in enumerate("abc"):
        store.put(f"{name}.png", picture(number))
        store.put(f"{name}.json", b'{"n": 1}')
    return store


@pytest.fixture
def mirrored(empty_catalog: Catalog, tmp_path: Path, bucket: MemoryStore) -> Mirrored:
    mirrored = Mirrored(empty_catalog, tmp_path, bucket)
    mirrored.change(metadata_strategy=MetadataStrategy.OVERWRITE)
    assert mirrored.run().counts.new == 3
    edits.apply(empty_catalog, [mirrored.assets()["a.png"].id], Edit(metadata={"mine": 1}))
    return mirrored


def hiding(bucket: MemoryStore, key: str = "a.json") -> Faulty:
    lying = Faulty(bucket)
    lying.hidden = lambda hidden: hidden == key
    return lying


def metadata(mirrored: Mirrored) -> object:
    return mirrored.assets()["a.png"].metadata


def test_a_sidecar_that_still_stands_leaves_metadata_and_edits_alone(mirrored: Mirrored, bucket: MemoryStore):
    lying = hiding(bucket)
    would = mirrored.preview().would
    assert would is not None
    assert would.head == 0
    report = mirrored.run(lying)
    assert metadata(mirrored) == {"n": 1, "mine": 1}
    assert ("head", "a.json") in lying.calls
    assert (report.counts.skipped, report.counts.metadata_changed, report.counts.unchanged) == (1, 0, 2)
    assert report.run is not None
    (told,) = runs.outcomes(mirrored.catalog, report.run, limit=9)
    assert (told.key, told.kind) == ("a.png", OutcomeKind.SKIPPED)
    assert "its sidecar a.json is not in the listing" in (told.reason or "")
    honest = mirrored.run()
    assert (honest.counts.unchanged, honest.requests.get, honest.requests.head) == (3, 0, 0)
    assert metadata(mirrored) == {"n": 1, "mine": 1}


def test_no_answer_about_a_sidecar_is_not_its_removal(mirrored: Mirrored, bucket: MemoryStore):
    silent = hiding(bucket)
    silent.fail("head", times=99, error=SourceUnreachable("No answer."))
    assert mirrored.run(silent).counts.metadata_changed == 0
    assert metadata(mirrored) == {"n": 1, "mine": 1}


def test_other_bytes_beside_an_unlisted_sidecar_keep_the_metadata(mirrored: Mirrored, bucket: MemoryStore):
    bucket.put("a.png", picture(99))
    report = mirrored.run(hiding(bucket))
    assert (report.counts.changed, report.requests.get) == (1, 1)
    assert metadata(mirrored) == {"n": 1, "mine": 1}
    assert mirrored.run().counts.unchanged == 3


def test_a_picture_that_returns_beside_an_unlisted_sidecar_keeps_its_metadata(mirrored: Mirrored, bucket: MemoryStore):
    bucket.delete("a.png")
    assert mirrored.run().counts.removed == 1
    bucket.put("a.png", picture(0))
    assert mirrored.run(hiding(bucket)).requests.get == 0
    assert metadata(mirrored) == {"n": 1, "mine": 1}


def test_a_removed_sidecar_takes_its_metadata_along_once_its_404_is_seen(mirrored: Mirrored, bucket: MemoryStore):
    bucket.delete("a.json")
    preview = mirrored.preview()
    assert preview.would is not None
    report = mirrored.run()
    assert (report.counts.metadata_changed, report.requests.head) == (1, 1)
    assert preview.would.head == 1
    assert metadata(mirrored) == {}


def test_a_lesser_sidecar_does_not_step_in_for_one_that_was_only_left_out(
    empty_catalog: Catalog, tmp_path: Path, bucket: MemoryStore
):
    mirrored = Mirrored(empty_catalog, tmp_path, bucket)
    bucket.put("a.png.meta.json", b'{"n": 2}')
    mirrored.change_all(sidecar_suffix=".meta.json")
    mirrored.run()
    assert metadata(mirrored) == {"n": 2}
    mirrored.run(hiding(bucket, "a.png.meta.json"))
    assert metadata(mirrored) == {"n": 2}
    bucket.delete("a.png.meta.json")
    assert mirrored.run().counts.metadata_changed == 1
    assert metadata(mirrored) == {"n": 1}


def test_a_sidecar_that_the_settings_no_longer_take_is_not_asked_for(mirrored: Mirrored, bucket: MemoryStore):
    bucket.put("b.png.meta.json", b'{"n": 3}')
    mirrored.change_all(sidecar_suffix=".meta.json")
    report = mirrored.run()
    assert (report.counts.metadata_changed, report.requests.head) == (1, 0)
    assert mirrored.assets()["b.png"].metadata == {"n": 3}
