"""A `.json` file is an asset where a pattern asks for it or sidecars by base name are off, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.passes import Mirrored, picture

from mirrorlake.catalog import runs
from mirrorlake.model.media import MediaKind
from mirrorlake.model.sources import MirrorConfig
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.providers.memory.store import MemoryStore

TEXTS = (MediaKind.IMAGE, MediaKind.TEXT)
NAMED = (MirrorConfig(globs=("**/*.png", "**/*.json")),)


@pytest.fixture
def bucket() -> MemoryStore:
    store = MemoryStore()
    store.put("a.png", picture(1))
    store.put("a.json", b'{"n": 1}')
    store.put("lists/b.json", b'[\n  "one",\n  "two"\n]\n')
    store.put("lists/c.json", b"no JSON at all")
    return store


@pytest.fixture
def mirrored(empty_catalog: Catalog, tmp_path: Path, bucket: MemoryStore) -> Mirrored:
    mirrored = Mirrored(empty_catalog, tmp_path, bucket)
    mirrored.change_all(media=TEXTS)
    assert mirrored.run().counts.new == 1
    return mirrored


def run_as_previewed(mirrored: Mirrored) -> tuple[int, int, int]:
    """New, removed and changed metadata of the next run, which are those of its preview."""
    before, report = mirrored.preview().counts, mirrored.run()
    assert report.hold is None
    assert (before.selected, before.new) == (report.counts.selected, report.counts.new)
    return report.counts.new, report.counts.removed, report.counts.metadata_changed


def test_a_datasource_of_texts_imports_no_json_that_nothing_asks_for(mirrored: Mirrored):
    assert set(mirrored.assets()) == {"a.png"}
    assert mirrored.assets()["a.png"].metadata == {"n": 1}
    mirrored.change_all(configs=(MirrorConfig(globs=("**", "**/*")),))
    assert run_as_previewed(mirrored) == (0, 0, 0)


def test_a_pattern_that_names_json_makes_assets_and_takes_no_metadata(mirrored: Mirrored):
    mirrored.change_all(configs=NAMED)
    assert run_as_previewed(mirrored) == (3, 0, 0)
    found = mirrored.assets()
    assert found["a.png"].metadata == {"n": 1}
    assert found["a.json"].metadata == {}
    assert found["lists/b.json"].media_type == "application/json"
    assert set(mirrored.assets("facts.lines:4")) == {"lists/b.json"}
    assert found["lists/c.json"].media_type == "text/plain"
    newest = runs.outcomes(mirrored.catalog, 2, limit=9)
    (warned,) = (each.reason for each in newest if each.key == "lists/c.json")
    assert "named .json, but the bytes are plain text" in (warned or "")
    assert run_as_previewed(mirrored) == (0, 0, 0)


def test_a_pattern_without_the_kind_text_selects_no_json(mirrored: Mirrored):
    mirrored.change_all(configs=NAMED, media=(MediaKind.IMAGE,))
    assert run_as_previewed(mirrored) == (0, 0, 0)


def test_without_sidecars_by_base_name_all_json_files_are_assets(mirrored: Mirrored):
    mirrored.change_all(base_name_sidecars=False)
    assert run_as_previewed(mirrored) == (3, 0, 1)
    assert mirrored.assets()["a.png"].metadata == {}
    assert set(mirrored.assets()) == {"a.png", "a.json", "lists/b.json", "lists/c.json"}
    mirrored.change_all(base_name_sidecars=True)
    assert run_as_previewed(mirrored)[:2] == (0, 3)
    assert mirrored.assets()["a.png"].metadata == {"n": 1}


def test_an_event_about_a_json_brings_its_asset_and_its_metadata(mirrored: Mirrored, bucket: MemoryStore):
    mirrored.change_all(configs=NAMED)
    mirrored.run()
    bucket.put("a.json", b'{"n": 2}')
    bucket.put("lists/d.json", b"{}")
    mirrored.partial(["a.json", "lists/d.json"])
    found = mirrored.assets()
    assert found["a.png"].metadata == {"n": 2}
    assert found["a.json"].size == 8
    assert found["lists/d.json"].media_type == "application/json"
    bucket.delete("lists/d.json")
    mirrored.partial(["lists/d.json"])
    assert "lists/d.json" not in mirrored.visible()
