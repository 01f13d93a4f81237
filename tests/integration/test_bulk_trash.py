"""Assets that people move to the trash: no pass restores them, and undoing brings each back as it is now."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.passes import Mirrored, picture, put_all
from tests.support.postgres import address_of

from mirrorlake.catalog import edits, purge
from mirrorlake.core.settings import Settings
from mirrorlake.model.access import Actor, ActorKind, Context
from mirrorlake.model.bulk import BulkEdit, BulkEditResult, UndoResult
from mirrorlake.model.edits import Edit
from mirrorlake.model.sources import Orphans
from mirrorlake.postgres.pool import Catalog
from mirrorlake.services.base import Resources
from mirrorlake.services.bulk_edits import edit_here, preview_edit, undo_here
from mirrorlake.services.library import LocalLibrary
from mirrorlake.storage.providers.memory.store import MemoryStore

ANNA = Context(actor=Actor(kind=ActorKind.USER, name="anna on lab"))
KEYS = [f"{number:02}.png" for number in range(6)]


def no_step(_step: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


class Yard:
    """A mirrored bucket of six pictures, and the person who tidies it up."""

    def __init__(self, mirrored: Mirrored, bucket: MemoryStore, home: Path) -> None:
        self.mirrored, self.bucket = mirrored, bucket
        settings = Settings(home=home, database_url=address_of(mirrored.catalog.conninfo))
        self.resources = Resources(settings, mirrored.catalog)
        self.library = LocalLibrary(self.resources, ANNA)
        self._ids = {key: asset.id for key, asset in mirrored.assets().items()}

    def id(self, key: str) -> str:
        return self._ids[key]

    def trash(self, *keys: str) -> tuple[int, BulkEditResult]:
        bulk = BulkEdit.trashing(assets=tuple(self.id(key) for key in keys))
        return edit_here(self.resources, bulk, no_step, by=ANNA)

    def undo(self, job: int) -> UndoResult:
        return undo_here(self.resources, job, no_step, by=ANNA)

    def states(self) -> str:
        """The first letter of the state of each asset."""
        return "".join(self.mirrored.states()[key][0] for key in KEYS)


@pytest.fixture
def yard(empty_catalog: Catalog, tmp_path: Path) -> Yard:
    bucket = MemoryStore()
    put_all(bucket, KEYS)
    mirrored = Mirrored(empty_catalog, tmp_path, bucket)
    mirrored.run()
    return Yard(mirrored, bucket, tmp_path)


def test_a_pass_leaves_what_a_person_moved_to_the_trash_there_whatever_happens_to_the_object(yard: Yard):
    bulk = BulkEdit.trashing(query="")
    assert preview_edit(yard.resources, bulk, by=ANNA).changed == len(KEYS)
    _, result = yard.trash(*KEYS[:3])
    assert (result.assets, result.changed, yard.states()) == (3, 3, "tttppp")
    assert preview_edit(yard.resources, bulk, by=ANNA).changed == 3
    report = yard.mirrored.run()
    assert (report.counts.unchanged, report.requests.get) == (len(KEYS), 0)
    yard.bucket.put(KEYS[0], picture(77))  # it changes
    yard.bucket.delete(KEYS[1])  # it goes and comes back
    yard.mirrored.run()
    yard.bucket.put(KEYS[1], picture(1))
    yard.mirrored.run()
    assert yard.states() == "tttppp"
    assert yard.library.assets.history(yard.id(KEYS[2]))[0].action == "trash"


def test_undoing_brings_back_each_asset_as_its_object_is_now(yard: Yard):
    yard.bucket.delete(KEYS[0])
    yard.mirrored.run()
    yard.library.assets.restore(yard.id(KEYS[0]))
    assert yard.states() == "mppppp"
    job, result = yard.trash(*KEYS[:4])
    assert result.changed == 4
    edits.apply(yard.resources.catalog, [yard.id(KEYS[2])], Edit(add_tags=("seen",)))
    yard.bucket.delete(KEYS[1])
    yard.mirrored.run()
    assert yard.states() == "ttttpp"
    undone = yard.undo(job)
    assert (undone.restored, undone.left, yard.states()) == (4, 0, "mmpppp")
    yard.bucket.put(KEYS[1], picture(1))
    yard.mirrored.run()
    assert yard.states() == "mppppp"


def test_undoing_leaves_what_was_restored_or_moved_to_the_trash_again_since(yard: Yard):
    job, _ = yard.trash(*KEYS[:3])
    for key in KEYS[:2]:
        assert yard.library.assets.restore(yard.id(key)).asset.state == "present"
    yard.trash(KEYS[0])
    undone = yard.undo(job)
    assert (undone.restored, undone.left_by_name, yard.states()) == (1, {"state": 2}, "tppppp")


def test_an_asset_that_a_pass_moved_to_the_trash_after_it_was_restored_is_left(yard: Yard):
    job, _ = yard.trash(KEYS[0])
    yard.library.assets.restore(yard.id(KEYS[0]))
    yard.bucket.delete(KEYS[0])
    yard.mirrored.run()
    assert (yard.states(), yard.undo(job).left, yard.states()) == ("tppppp", 1, "tppppp")


def test_the_trash_is_emptied_only_of_assets_whose_objects_are_gone(yard: Yard):
    yard.trash(*KEYS[:2])
    yard.bucket.delete(KEYS[0])
    yard.mirrored.run()
    before = purge.get_cutoff(yard.resources.catalog, 0)
    assert purge.count(yard.resources.catalog, yard.mirrored.source.id, before).assets == 1


def test_the_work_of_people_that_goes_with_the_trash_is_counted_before(yard: Yard):
    catalog = yard.resources.catalog
    edits.apply(catalog, [yard.id(KEYS[0])], Edit(add_tags=("ripe",)), by=ANNA)
    edits.apply(catalog, [yard.id(KEYS[1])], Edit(metadata={"place": "quay"}, add_tags=("ripe",)), by=ANNA)
    edits.apply(catalog, [yard.id(KEYS[3])], Edit(add_tags=("ripe",)), by=ANNA)  # stays
    yard.trash(*KEYS[:3])
    for key in KEYS[:3]:
        yard.bucket.delete(key)
    yard.mirrored.run()
    found = purge.count(catalog, yard.mirrored.source.id, purge.get_cutoff(catalog, 0))
    assert (found.assets, found.worked_on) == (3, 2)
    assert (found.annotated, found.edited, found.tagged) == (0, 1, 2)


def test_an_asset_in_the_trash_can_be_purged_where_missing_objects_are_kept_too(yard: Yard):
    yard.mirrored.change(orphans=Orphans.KEEP)
    yard.trash(KEYS[0])
    yard.bucket.delete(KEYS[0])
    yard.bucket.delete(KEYS[1])
    yard.mirrored.run()
    assert yard.states() == "tmpppp"
    cutoff = purge.get_cutoff(yard.resources.catalog, 0)
    assert purge.count(yard.resources.catalog, yard.mirrored.source.id, cutoff).assets == 1
    for number in range(2):
        yard.bucket.put(KEYS[number], picture(number))
    yard.mirrored.run()
    assert yard.states() == "tppppp"
