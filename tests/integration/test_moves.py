"""A folder that gets another name keeps the work of people: ids, tags, projects and edits, also of equal pictures."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.passes import Mirrored, picture

from mirrorlake.catalog import edits, projects
from mirrorlake.model.assets import Asset
from mirrorlake.model.edits import Edit
from mirrorlake.model.runs import RunState
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.providers.memory.store import MemoryStore

TWINS = ["old/cat/1.png", "old/dog/1.png", "old/dog/2.png"]  # one picture, three times
OTHERS = ["old/cat/3.png", "old/dog/4.png"]


@pytest.fixture
def bucket() -> MemoryStore:
    return MemoryStore(page_rows=3)


@pytest.fixture
def mirrored(empty_catalog: Catalog, tmp_path: Path, bucket: MemoryStore) -> Mirrored:
    mirrored = Mirrored(empty_catalog, tmp_path, bucket)
    for key in TWINS:
        bucket.put(key, picture(1))
    for number, key in enumerate(OTHERS):
        bucket.put(key, picture(10 + number))
    mirrored.run()
    return mirrored


def work_on(mirrored: Mirrored) -> dict[str, Asset]:
    """Tags, metadata and a project, other ones for each asset. Returns the assets by key."""
    for key, asset in mirrored.assets().items():
        edits.apply(mirrored.catalog, [asset.id], Edit(metadata={"was": key}, add_tags=(f"tag of {key}",)))
        projects.add(mirrored.catalog, "everything", [asset.id])
    return mirrored.assets()


def what_people_did(assets: dict[str, Asset]) -> dict[str, tuple[object, ...]]:
    return {key: (one.id, one.tags, one.metadata, one.projects) for key, one in assets.items()}


def renamed(before: dict[str, Asset]) -> dict[str, tuple[object, ...]]:
    return {key.replace("old/", "new/"): value for key, value in what_people_did(before).items()}


def test_a_renamed_folder_with_equal_pictures_keeps_everything(mirrored: Mirrored, bucket: MemoryStore) -> None:
    before = work_on(mirrored)
    for key in before:
        bucket.rename(key, key.replace("old/", "new/"))
    report = mirrored.run()
    assert (report.state, report.counts.moved, report.counts.new, report.requests.get) == (RunState.SUCCEEDED, 5, 0, 0)
    assert what_people_did(mirrored.assets("state:any")) == renamed(before)


def test_equal_pictures_with_other_names_become_new_where_nothing_says_which_is_which(
    mirrored: Mirrored, bucket: MemoryStore
) -> None:
    before = work_on(mirrored)
    bucket.rename("old/cat/1.png", "x.png")
    bucket.rename("old/dog/1.png", "y.png")
    bucket.rename("old/dog/2.png", "new/2.png")
    report = mirrored.run()
    assert (report.counts.moved, report.counts.new) == (1, 2)
    after = mirrored.assets("state:any")
    assert after["new/2.png"].id == before["old/dog/2.png"].id
    missing = {key: asset for key, asset in after.items() if asset.state.value == "missing"}  # a project keeps them
    assert missing.keys() == {*TWINS[:2]}
    assert all(missing[key].tags == before[key].tags for key in TWINS[:2])
