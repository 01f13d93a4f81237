"""Label files that are deleted alone: how many images lose their labels decides, not how many files there are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.passes import Mirrored, picture

from mirrorlake.catalog import annotations, ontologies, removal
from mirrorlake.model.label_sidecars import LabelSidecars, SidecarFormat
from mirrorlake.model.labels import LabelClass, Shape
from mirrorlake.model.runs import RunState
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.providers.memory.store import MemoryStore

FILE = "_annotations.coco.json"


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def mirrored(empty_catalog: Catalog, tmp_path: Path, store: MemoryStore) -> Mirrored:
    ontologies.save(empty_catalog, "yard", [LabelClass(name="forklift", shape=Shape.BOX, colour="#ff0000")])
    mirrored = Mirrored(empty_catalog, tmp_path, store)
    mirrored.change_all(labels=LabelSidecars(format=SidecarFormat.COCO, ontology="yard"))
    return mirrored


def put(store: MemoryStore, folder: str, first: int, labelled: int, *, images: int | None = None) -> str:
    """Images of a folder, of which the first have a box in its label file. Returns the key of the file."""
    for number in range(images or labelled):
        store.put(f"{folder}/{number}.png", picture(first + number))
    document = {
        "images": [{"id": n, "file_name": f"{n}.png", "width": 8, "height": 8} for n in range(images or labelled)],
        "annotations": [{"id": n, "image_id": n, "category_id": 1, "bbox": [1, 1, 2, 2]} for n in range(labelled)],
        "categories": [{"id": 1, "name": "forklift"}],
    }
    store.put(f"{folder}/{FILE}", json.dumps(document).encode())
    return f"{folder}/{FILE}"


def count_labelled(mirrored: Mirrored) -> int:
    found = mirrored.assets().values()
    return sum(bool(annotations.of_asset(mirrored.catalog, each.id)) for each in found)


def test_few_files_of_many_images_are_held_until_somebody_confirms(mirrored: Mirrored, store: MemoryStore) -> None:
    files = [put(store, "train", 0, 12, images=14), put(store, "valid", 20, 6), put(store, "test", 30, 3)]
    mirrored.run()
    assert count_labelled(mirrored) == 21
    for key in files:
        store.delete(key)
    preview, held = mirrored.preview(), mirrored.run()
    assert held.state is RunState.HELD
    assert held.hold is not None
    assert held.hold.reason == "21 of 21 labelled images would lose their labels, more than half."
    assert (held.hold.count, held.hold.by_prefix) == (3, {"train/": 1, "valid/": 1, "test/": 1})
    assert preview.hold == replace(held.hold, confirm=None)
    assert count_labelled(mirrored) == 21
    done = mirrored.confirm(held.run)
    assert (done.state, done.counts.labels_changed, count_labelled(mirrored)) == (RunState.SUCCEEDED, 23, 0)


def test_a_folder_that_loses_its_labels_is_held_alone(mirrored: Mirrored, store: MemoryStore) -> None:
    files = [put(store, "train", 0, 12), put(store, "valid", 20, 5), put(store, "test", 30, 20)]
    mirrored.run()
    for key in files[:2]:
        store.delete(key)
    held = mirrored.run()
    assert held.hold is not None
    assert held.hold.reason == "12 of 12 labelled images below 'train/' would lose their labels, more than half."
    assert (held.hold.by_prefix, count_labelled(mirrored)) == ({"train/": 1}, 32)  # five are few: they are gone


def test_what_comes_in_the_same_run_does_not_hide_what_goes(mirrored: Mirrored, store: MemoryStore) -> None:
    gone = put(store, "all/a", 0, 12)
    put(store, "all/b", 20, 8)
    mirrored.run()
    store.delete(gone)
    put(store, "all/c", 40, 30)
    store.put("all/b/9.png", picture(90))
    preview, held = mirrored.preview(), mirrored.run()
    assert held.hold is not None
    assert preview.hold == replace(held.hold, confirm=None)
    assert held.hold.reason == "12 of 20 labelled images would lose their labels, more than half."
    assert count_labelled(mirrored) == 50


def test_a_file_that_lists_fewer_images_is_a_change_and_is_applied(mirrored: Mirrored, store: MemoryStore) -> None:
    put(store, "train", 0, 12)
    mirrored.run()
    put(store, "train", 0, 1)
    changed = mirrored.run()
    assert (changed.state, changed.counts.labels_changed) == (RunState.SUCCEEDED, 12)
    assert count_labelled(mirrored) == 1  # the file exists and says so: only removals are held


def test_small_steps_of_events_end_where_one_step_is_held(mirrored: Mirrored, store: MemoryStore) -> None:
    files = [put(store, "all/a", 0, 6), put(store, "all/b", 20, 6)]
    mirrored.run()
    store.delete(files[0])
    assert not mirrored.partial(files[:1]).needs_whole
    assert count_labelled(mirrored) == 6
    store.delete(files[1])
    assert mirrored.partial(files[1:]).needs_whole
    assert count_labelled(mirrored) == 6


class _Counting(list[str]):
    read = 0

    def __iter__(self) -> Iterator[str]:
        type(self).read += 1
        return super().__iter__()


def test_what_was_held_before_is_looked_through_once_for_a_page(
    mirrored: Mirrored, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [put(store, f"all/{number}", 10 * number, 2) for number in range(8)]
    mirrored.run()
    for key in files:
        store.delete(key)
    assert mirrored.run().state is RunState.HELD
    select = removal.select_held_keys

    def counting(catalog: Catalog, datasource_id: int, keys: list[str]) -> list[str]:
        return _Counting(select(catalog, datasource_id, keys))

    monkeypatch.setattr(removal, "select_held_keys", counting)
    again = mirrored.run()
    assert (again.state, again.hold and again.hold.count) == (RunState.HELD, 8)
    assert _Counting.read < len(files)
