"""What people decide: to bring back, to protect, to forget a datasource."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.passes import Mirrored, picture, put_all

from mirrorlake.catalog import annotations, datasources, deletion, edits, ontologies, projects
from mirrorlake.catalog.runs import begin
from mirrorlake.core.errors import Conflict, NotFound, PassRunning, UsageError
from mirrorlake.model.acts import Project
from mirrorlake.model.edits import Edit
from mirrorlake.model.labels import Box, LabelClass, NewAnnotation, Shape
from mirrorlake.model.runs import RunState, Trigger
from mirrorlake.model.sources import Access, MirrorSettings, Orphans
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.store_factory import OpenedStore
from mirrorlake.services.removal import restore_in
from mirrorlake.storage.providers.memory.store import MemoryStore

KEYS = [f"{number:02}.png" for number in range(30)]


@pytest.fixture
def bucket() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def mirrored(empty_catalog: Catalog, tmp_path: Path, bucket: MemoryStore) -> Mirrored:
    put_all(bucket, KEYS)
    mirrored = Mirrored(empty_catalog, tmp_path, bucket)
    mirrored.run()
    return mirrored


def restored(mirrored: Mirrored, identity: str) -> str:
    return restore_in(mirrored.catalog, identity, lambda _: OpenedStore(mirrored.store)).asset.state.value


def with_policy(mirrored: Mirrored, orphans: Orphans) -> None:
    mirrored.change(orphans=orphans)


def test_a_restored_asset_whose_object_is_gone_stays_and_is_missing(mirrored: Mirrored, bucket: MemoryStore):
    identity = mirrored.assets()["00.png"].id
    edits.apply(mirrored.catalog, [identity], Edit(add_tags=("mine",), metadata={"site": "hall"}))
    bucket.delete("00.png")
    mirrored.run()
    assert restored(mirrored, identity) == "missing"
    for _ in range(2):
        report = mirrored.run()
        assert (report.counts.missing, report.counts.removed) == (1, 0)
        asset = mirrored.assets()["00.png"]
        assert (asset.id, asset.state, asset.tags, asset.metadata) == (identity, "missing", ("mine",), {"site": "hall"})
    bucket.put("00.png", picture(0))
    assert mirrored.run().requests.get == 0
    assert mirrored.assets()["00.png"].state == "present"
    bucket.delete("00.png")
    assert mirrored.run().counts.removed == 1


def test_a_restored_asset_whose_object_stands_is_present(mirrored: Mirrored, bucket: MemoryStore):
    identity = mirrored.assets()["00.png"].id
    bucket.delete("00.png")
    mirrored.run()
    bucket.put("00.png", picture(0))
    assert restored(mirrored, identity) == "present"
    assert mirrored.run().counts.unchanged == 30


def test_a_restored_asset_that_no_pattern_takes_is_not_trashed_again(mirrored: Mirrored):
    identity = mirrored.assets()["00.png"].id
    mirrored.change(exclude=("00.png",))
    assert mirrored.run().counts.removed == 1
    assert restored(mirrored, identity) == "present"
    assert mirrored.run().counts.removed == 0
    assert "00.png" in mirrored.visible()


def test_only_what_is_in_the_trash_is_restored(mirrored: Mirrored):
    with pytest.raises(Conflict, match="not in the trash"):
        restored(mirrored, mirrored.assets()["00.png"].id)
    for nobody in ("no number", "123456789"):
        with pytest.raises(NotFound):
            restored(mirrored, nobody)


def test_what_somebody_labelled_goes_to_the_trash_with_its_annotations(mirrored: Mirrored, bucket: MemoryStore):
    with_policy(mirrored, Orphans.REMOVE)
    ontologies.save(mirrored.catalog, "yard", [LabelClass(name="forklift", colour="#ff0000", shape=Shape.BOX)])
    labelled = mirrored.assets()["00.png"].id
    drawn = [NewAnnotation(class_name="forklift", geometry=Box(0.3, 0.1, 0.1, 0.1))]
    annotations.replace(mirrored.catalog, labelled, "yard", drawn)
    cleared = mirrored.assets()["02.png"].id  # to have found nothing on an image is work as well
    annotations.replace(mirrored.catalog, cleared, "yard", drawn)
    annotations.replace(mirrored.catalog, cleared, "yard", [])
    for name in ("00.png", "01.png", "02.png"):
        bucket.delete(name)
    assert mirrored.run().counts.removed == 3
    assert (mirrored.states()["00.png"], mirrored.states()["02.png"]) == ("trash", "trash")
    assert "01.png" not in mirrored.states()
    assert [one.class_name for one in annotations.of_asset(mirrored.catalog, labelled)] == ["forklift"]
    bucket.put("00.png", picture(0))
    mirrored.run()
    assert mirrored.assets()["00.png"].id == labelled


def test_what_a_project_uses_is_never_removed_for_good(mirrored: Mirrored, bucket: MemoryStore):
    with_policy(mirrored, Orphans.REMOVE)
    used = mirrored.assets()["00.png"].id
    assert projects.add(mirrored.catalog, "roads", [used]) == 1
    assert projects.add(mirrored.catalog, "roads", [used]) == 0
    assert mirrored.assets()["00.png"].projects == ("roads",)
    bucket.delete("00.png")
    bucket.delete("01.png")
    assert mirrored.run().counts.removed == 2
    assert mirrored.states()["00.png"] == "trash"
    assert "01.png" not in mirrored.states()
    assert projects.list_all(mirrored.catalog) == [Project(name="roads", assets=1)]
    bucket.put("00.png", picture(0))
    mirrored.run()
    assert mirrored.assets()["00.png"].id == used
    assert projects.remove(mirrored.catalog, "roads", [used]) == 1


def test_what_another_datasource_still_shows_is_neither_hidden_nor_removed(mirrored: Mirrored, bucket: MemoryStore):
    other = Mirrored(mirrored.catalog, mirrored.folder, bucket, globs=("nothing",))
    for policy in (Orphans.TRASH, Orphans.REMOVE):
        key = "00.png" if policy is Orphans.TRASH else "01.png"
        with_policy(mirrored, policy)
        identity = mirrored.assets()[key].id
        with mirrored.catalog.write() as connection:
            connection.execute(
                "INSERT INTO object (datasource_id, state, size, asset_id, key, token)"
                " SELECT %s, 0, size, asset_id, key, token FROM object WHERE asset_id = %s",
                (other.source.id, identity),
            )
        bucket.delete(key)
        report = mirrored.run()
        assert (report.counts.removed, report.counts.missing) == (0, 1), policy
        assert mirrored.assets()[key].state == "present"


@pytest.mark.parametrize(
    ("orphans", "removed", "trashed", "kept"),
    [(Orphans.KEEP, 0, 0, 30), (Orphans.TRASH, 0, 30, 0), (Orphans.REMOVE, 29, 1, 0)],
)
def test_deleting_a_datasource_does_exactly_what_it_says(
    mirrored: Mirrored, orphans: Orphans, removed: int, trashed: int, kept: int
):
    with_policy(mirrored, orphans)
    projects.add(mirrored.catalog, "roads", [mirrored.assets()["00.png"].id])
    told = deletion.preview_deletion(mirrored.catalog, mirrored.source)
    assert (told.removed, told.trashed, told.kept, told.handed_over) == (removed, trashed, kept, 0)
    with pytest.raises(UsageError, match="would be removed"):
        deletion.delete(mirrored.catalog, mirrored.source, told.acknowledge + 1)
    assert len(mirrored.visible()) == 30

    done = deletion.delete(mirrored.catalog, mirrored.source, told.acknowledge)
    assert done == replace(told, deleted=True)
    states = list(mirrored.states().values())
    assert (len(states), states.count("trash"), states.count("present")) == (30 - removed, trashed, kept)
    assert datasources.list_all(mirrored.catalog) == []


def test_a_deleted_datasource_that_is_mirrored_again_has_everything_back(mirrored: Mirrored):
    before = {key: asset.id for key, asset in mirrored.assets().items()}
    deletion.delete(mirrored.catalog, mirrored.source, 30)
    report = mirrored.run()
    assert (report.counts.new, report.requests.get) == (0, 0)
    assert {key: asset.id for key, asset in mirrored.assets().items()} == before
    assert [one.name for one in datasources.list_all(mirrored.catalog)] == [mirrored.source.name]


def test_a_deleted_datasource_is_there_for_nobody_but_who_mirrors_it_again(mirrored: Mirrored):
    name, location = mirrored.source.name, mirrored.source.location
    deletion.delete(mirrored.catalog, mirrored.source, 30)
    assert datasources.by_name(mirrored.catalog, name) is None
    assert datasources.by_name(mirrored.catalog, name, deleted=True) == mirrored.source
    assert datasources.find_by_source(mirrored.catalog, location, None) == mirrored.source
    another = datasources.create(
        mirrored.catalog, name="another", location=location, access=Access(), settings=MirrorSettings()
    )
    assert datasources.find_by_source(mirrored.catalog, location, None) == another


def test_a_datasource_without_assets_is_gone_with_its_runs(mirrored: Mirrored):
    with_policy(mirrored, Orphans.REMOVE)
    deletion.delete(mirrored.catalog, mirrored.source, 30)
    assert datasources.by_name(mirrored.catalog, mirrored.source.name) is None


def test_a_datasource_is_not_deleted_under_a_running_pass(mirrored: Mirrored):
    with begin(mirrored.catalog, mirrored.source.id, "mirror"), pytest.raises(PassRunning):
        deletion.delete(mirrored.catalog, mirrored.source, 30)
    assert len(mirrored.visible()) == 30


def test_what_a_deleted_datasource_held_can_be_confirmed_by_nobody(mirrored: Mirrored, bucket: MemoryStore):
    for key in list(mirrored.assets())[:20]:
        bucket.delete(key)
    held = mirrored.run()
    assert held.state is RunState.HELD
    deletion.delete(mirrored.catalog, mirrored.source, 30)

    with pytest.raises(Conflict, match="dismissed"):
        mirrored.confirm(held.run)
    assert datasources.list_all(mirrored.catalog) == []


def test_only_mirroring_its_address_brings_a_deleted_datasource_back(mirrored: Mirrored):
    deletion.delete(mirrored.catalog, mirrored.source, 30)
    for trigger in set(Trigger) - {Trigger.MIRROR, Trigger.PURGE}:
        with pytest.raises(NotFound, match="was deleted"):
            begin(mirrored.catalog, mirrored.source.id, trigger)
    begin(mirrored.catalog, mirrored.source.id, Trigger.PURGE).close()
    assert datasources.list_all(mirrored.catalog) == []
    begin(mirrored.catalog, mirrored.source.id, Trigger.MIRROR).close()
    assert [one.name for one in datasources.list_all(mirrored.catalog)] == [mirrored.source.name]
