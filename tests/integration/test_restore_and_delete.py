"""What people decide: to bring back, to protect, to forget a datasource."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from tests.support.passes import Mirrored, picture, put_all

from mirrorlake.catalog import (
    annotations,
    datasources,
    deletion,
    edits,
    ontologies,
    project_details,
    projects,
    removal,
    runs,
)
from mirrorlake.catalog.runs import begin
from mirrorlake.catalog.statements import statement
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


def test_what_somebody_tagged_or_edited_goes_to_the_trash_and_comes_back_with_it(
    mirrored: Mirrored, bucket: MemoryStore
):
    with_policy(mirrored, Orphans.REMOVE)
    tagged, edited = mirrored.assets()["00.png"].id, mirrored.assets()["01.png"].id
    edits.apply(mirrored.catalog, [tagged], Edit(add_tags=("mine",)))
    edits.apply(mirrored.catalog, [edited], Edit(metadata={"site": "hall"}))
    for name in ("00.png", "01.png", "02.png"):
        bucket.delete(name)
    report = mirrored.run()
    found = {one.key: one.reason for one in runs.outcomes(mirrored.catalog, report.run or 0, limit=100)}
    assert found["00.png"] == found["01.png"] == "Its object is gone; it is in the trash with its edits"
    assert found["02.png"] == "Its object is gone; it was removed"
    assert (mirrored.states()["00.png"], mirrored.states()["01.png"]) == ("trash", "trash")
    assert "02.png" not in mirrored.states()
    for number in range(2):
        bucket.put(f"{number:02}.png", picture(number))
    mirrored.run()
    back = mirrored.assets()
    assert (back["00.png"].id, back["00.png"].tags) == (tagged, ("mine",))
    assert (back["01.png"].id, back["01.png"].metadata) == (edited, {"site": "hall"})


@pytest.mark.parametrize("orphans", [Orphans.TRASH, Orphans.REMOVE])
def test_what_a_project_uses_is_not_removed_and_stays_in_sight(
    mirrored: Mirrored, bucket: MemoryStore, orphans: Orphans
):
    with_policy(mirrored, orphans)
    used = mirrored.assets()["00.png"].id
    assert projects.add(mirrored.catalog, "roads", [used]) == 1
    assert projects.add(mirrored.catalog, "roads", [used]) == 0
    assert mirrored.assets()["00.png"].projects == ("roads",)
    bucket.delete("00.png")
    bucket.delete("01.png")
    report = mirrored.run()
    assert (report.counts.removed, report.counts.missing) == (1, 1)
    found = {one.key: one.reason for one in runs.outcomes(mirrored.catalog, report.run or 0, limit=100)}
    assert found["00.png"] == "Its object is gone; a project keeps it"
    assert mirrored.states()["00.png"] == "missing"
    assert mirrored.states().get("01.png") == ("trash" if orphans is Orphans.TRASH else None)
    again = mirrored.run()  # the source is not asked again
    assert (again.counts.removed, again.counts.missing, again.requests.head) == (0, 1, 0)
    assert projects.list_all(mirrored.catalog) == [Project(name="roads", assets=1, missing=1)]
    bucket.put("00.png", picture(0))
    mirrored.run()
    assert (mirrored.assets()["00.png"].id, mirrored.states()["00.png"]) == (used, "present")


def test_what_leaves_its_last_project_is_removed_by_the_next_run(mirrored: Mirrored, bucket: MemoryStore):
    used = mirrored.assets()["00.png"].id
    for name in ("roads", "lanes"):
        projects.add(mirrored.catalog, name, [used])
    bucket.delete("00.png")
    assert mirrored.run().counts.removed == 0
    projects.remove(mirrored.catalog, "roads", [used])
    assert mirrored.run().counts.removed == 0
    projects.remove(mirrored.catalog, "lanes", [used])
    assert mirrored.run().counts.removed == 1
    assert mirrored.states()["00.png"] == "trash"


def test_what_no_pattern_selects_stays_while_a_project_uses_it(mirrored: Mirrored):
    projects.add(mirrored.catalog, "roads", [mirrored.assets()["00.png"].id])
    mirrored.change(exclude=("00.png", "01.png"))
    report = mirrored.run()
    assert (report.counts.removed, report.counts.missing) == (1, 1)
    assert (mirrored.states()["00.png"], mirrored.states()["01.png"]) == ("missing", "trash")


def test_projects_keep_a_whole_bucket_that_is_gone_and_nothing_waits(mirrored: Mirrored, bucket: MemoryStore):
    projects.add(mirrored.catalog, "roads", [asset.id for asset in mirrored.assets().values()])
    for name in list(mirrored.assets())[:29]:
        bucket.delete(name)
    report = mirrored.run()
    assert report.hold is None
    assert (report.counts.removed, report.counts.missing) == (0, 29)
    shown = project_details.get(mirrored.catalog, "roads")
    assert (shown.assets, shown.missing, shown.trashed) == (30, 29, 0)


def test_an_asset_that_is_put_into_a_project_during_a_run_is_not_trashed(mirrored: Mirrored, bucket: MemoryStore):
    identity = mirrored.assets()["00.png"].id
    bucket.delete("00.png")
    with begin(mirrored.catalog, mirrored.source.id, "mirror") as lease:
        projects.add(mirrored.catalog, "roads", [identity])
        counts = removal.trash(lease, pa.array(["00.png"]), pa.array(["Its object is gone"]))
    assert (counts.removed, counts.missing) == (0, 1)
    assert mirrored.states()["00.png"] == "missing"


def test_a_project_shows_how_many_of_its_assets_are_in_the_trash(mirrored: Mirrored, bucket: MemoryStore):
    found = mirrored.assets()
    bucket.delete("00.png")
    mirrored.run()  # moved to the trash before it came into the project
    projects.add(mirrored.catalog, "roads", [found["00.png"].id, found["01.png"].id])
    shown = project_details.get(mirrored.catalog, "roads")
    assert (shown.assets, shown.missing, shown.trashed) == (2, 0, 1)


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
    [(Orphans.KEEP, 0, 0, 30), (Orphans.TRASH, 0, 29, 1), (Orphans.REMOVE, 29, 0, 1)],
)
def test_deleting_a_datasource_does_exactly_what_it_says(
    mirrored: Mirrored, orphans: Orphans, removed: int, trashed: int, kept: int
):
    with_policy(mirrored, orphans)
    projects.add(mirrored.catalog, "roads", [mirrored.assets()["00.png"].id])
    found = deletion.preview_deletion(mirrored.catalog, mirrored.source)
    assert (found.removed, found.trashed, found.kept, found.handed_over) == (removed, trashed, kept, 0)
    with pytest.raises(UsageError, match="would be removed"):
        deletion.delete(mirrored.catalog, mirrored.source, found.acknowledge + 1)
    assert len(mirrored.visible()) == 30

    done = deletion.delete(mirrored.catalog, mirrored.source, found.acknowledge)
    assert done == replace(found, deleted=True)
    states = list(mirrored.states().values())
    assert (len(states), states.count("trash"), states.count("present")) == (30 - removed, trashed, kept)
    assert datasources.list_all(mirrored.catalog) == []


def test_deleting_a_datasource_removes_nothing_that_people_made_and_counts_it(mirrored: Mirrored, bucket: MemoryStore):
    with_policy(mirrored, Orphans.REMOVE)
    ids = {key: asset.id for key, asset in mirrored.assets().items()}
    ontologies.save(mirrored.catalog, "yard", [LabelClass(name="forklift", colour="#ff0000", shape=Shape.BOX)])
    drawn = [NewAnnotation(class_name="forklift", geometry=Box(0.3, 0.1, 0.1, 0.1))]
    for key in ("00.png", "01.png", "05.png"):
        annotations.replace(mirrored.catalog, ids[key], "yard", drawn)
    annotations.replace(mirrored.catalog, ids["01.png"], "yard", [])  # to have found nothing is work as well
    edits.apply(mirrored.catalog, [ids["02.png"], ids["05.png"]], Edit(add_tags=("mine",)))
    edits.apply(mirrored.catalog, [ids["03.png"]], Edit(metadata={"site": "hall"}))
    projects.add(mirrored.catalog, "roads", [ids["04.png"], ids["05.png"]])
    bucket.delete("00.png")
    mirrored.run()  # in the trash already, with its annotation

    found = deletion.preview_deletion(mirrored.catalog, mirrored.source)
    assert (found.removed, found.trashed, found.kept, found.in_projects) == (24, 3, 3, 2)
    assert (found.worked_on, found.annotated, found.edited, found.tagged) == (4, 2, 1, 1)
    assert deletion.delete(mirrored.catalog, mirrored.source, 27) == replace(found, deleted=True)

    assert mirrored.states() == {
        **dict.fromkeys(("00.png", "01.png", "02.png", "03.png"), "trash"),
        **dict.fromkeys(("04.png", "05.png"), "present"),
    }
    assert [one.class_name for one in annotations.of_asset(mirrored.catalog, ids["00.png"])] == ["forklift"]
    mirrored.run()
    back = mirrored.assets()
    assert (back["02.png"].id, back["02.png"].tags) == (ids["02.png"], ("mine",))
    assert (back["03.png"].id, back["03.png"].metadata) == (ids["03.png"], {"site": "hall"})


@pytest.mark.parametrize("orphans", [Orphans.KEEP, Orphans.TRASH])
def test_a_deletion_counts_what_people_made_of_what_goes_to_the_trash(mirrored: Mirrored, orphans: Orphans):
    with_policy(mirrored, orphans)
    edits.apply(mirrored.catalog, [mirrored.assets()["02.png"].id], Edit(add_tags=("mine",)))
    found = deletion.preview_deletion(mirrored.catalog, mirrored.source)
    assert (found.worked_on, found.tagged) == ((1, 1) if orphans is Orphans.TRASH else (0, 0))


def test_the_count_before_a_deletion_looks_up_once_what_each_asset_has(empty_catalog: Catalog):
    with empty_catalog.read() as connection:
        query = b"EXPLAIN " + statement("count_for_deletion").query
        plan = "\n".join(line for (line,) in connection.execute(query, {"datasource_id": 1}).fetchall())
    assert (plan.count("InitPlan"), plan.count("SubPlan")) == (6, 0), plan


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
