"""Compare and restore snapshots, and name what is gone."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from tests.support.frozen import ROADS, fill, make_snapshot

from mirrorlake.catalog import edits, project_splits, projects, snapshots
from mirrorlake.catalog.snapshots import parse_name
from mirrorlake.core.errors import NotFound, UsageError
from mirrorlake.library import snapshot_reading
from mirrorlake.library.export_scope import count_rows, open_rows
from mirrorlake.library.snapshot_compare import compare
from mirrorlake.library.snapshot_reading import check_chunks, list_assets, list_gone, search_assets
from mirrorlake.library.snapshot_restore import restore
from mirrorlake.model.access import LIBRARY
from mirrorlake.model.edits import Edit
from mirrorlake.model.exports import ExportScope
from mirrorlake.model.snapshots import Difference, Gone, RestoreOptions, Snapshot, SnapshotAsset, SnapshotRestored
from mirrorlake.model.splits import Split, SplitOptions, SplitSettings
from mirrorlake.postgres.pool import Catalog


@pytest.fixture(scope="module")
def before(catalog: Catalog) -> Snapshot:
    """The project as it was before everything that `_change` does."""
    fill(catalog)
    settings = SplitSettings(train=50, valid=25, test=25, by="metadata.camera_id")
    options = SplitOptions(project=ROADS, settings=settings)
    project_splits.divide(catalog, options, lambda _done, _total: None, by=LIBRARY)
    project_splits.assign_ids(catalog, ROADS, Split.TEST, ["30"], automatic=False, by=LIBRARY)
    return make_snapshot(catalog)


@pytest.fixture(scope="module")
def after(catalog: Catalog, before: Snapshot) -> Snapshot:
    """The project after work of a month."""
    projects.remove(catalog, ROADS, ["1", "2"])
    projects.add(catalog, ROADS, ["31"])
    project_splits.assign_ids(catalog, ROADS, None, ["3"], automatic=False, by=LIBRARY)
    edits.apply(catalog, ["4"], Edit(metadata={"site": "yard", "extra": 1}, add_tags=("late",), remove_tags=("new",)))
    edits.apply(catalog, ["5"], Edit(metadata={"camera_id": 99}))
    run(catalog, "DELETE FROM annotation WHERE asset_id = 6; UPDATE annotation SET x = 0 WHERE asset_id = 7")
    run(catalog, "UPDATE asset SET digest = sha256('new'), token = 'new' WHERE id = 8")
    run(catalog, "UPDATE asset SET key = 'moved/9.jpg', name = 'moved.jpg' WHERE id = 9")
    return make_snapshot(catalog)


def run(catalog: Catalog, text: str) -> None:
    with catalog.write() as connection:
        connection.execute(text.encode())


def test_a_comparison_names_what_changed(catalog: Catalog, before: Snapshot, after: Snapshot) -> None:
    found = compare(catalog, before.name, after.name, limit=100)
    assert (found.equal, found.added, found.removed, found.changed, found.unchanged) == (False, 1, 2, 7, 21)
    changes = {one.asset_id: one for one in found.changes}
    assert list(changes) == ["1", "2", "3", "4", "5", "6", "7", "8", "9", "31"]
    assert [number for number, one in changes.items() if one.difference is Difference.REMOVED] == ["1", "2"]
    assert {number: one.fields for number, one in changes.items() if one.fields} == {
        "3": ("split",),
        "4": ("tags", "metadata"),
        "5": ("metadata",),
        "6": ("annotations",),
        "7": ("annotations",),
        "8": ("content",),
        "9": ("place", "name"),
    }
    assert changes["4"].details == {
        "tags": {"added": ["late"], "removed": ["new"]},
        "metadata": {"extra": {"before": None, "after": 1}, "site": {"before": "hall 1", "after": "yard"}},
    }
    assert changes["6"].details == {"annotations": {"before": 1, "after": 0}}
    assert found.fields["annotations"] == 2


def test_a_comparison_reads_the_same_backwards(catalog: Catalog, before: Snapshot, after: Snapshot) -> None:
    found = compare(catalog, after.name, before.name, limit=3)
    assert (found.added, found.removed, found.changed, len(found.changes)) == (2, 1, 7, 3)


def test_equal_snapshots_have_no_differences(catalog: Catalog, after: Snapshot) -> None:
    found = compare(catalog, after.name, make_snapshot(catalog).name, limit=10)
    assert (found.equal, found.unchanged, found.changes) == (True, after.assets, ())


def test_assets_are_read_in_pages(catalog: Catalog, before: Snapshot) -> None:
    first = list_assets(catalog, before.name, limit=20, after=0)
    second = list_assets(catalog, before.name, limit=20, after=int(first[-1].id))
    assert [one.id for one in (*first, *second)] == [str(number) for number in range(1, 31)]
    assert first[0].metadata == {"camera_id": 1, "site": "hall 1"}
    assert [one["shape"] for one in first[0].annotations] == ["box", "polygon"]
    assert first[0].annotations[0]["geometry"] == {"x": 0.1, "y": 0.25, "width": 0.01, "height": 0.5}


def test_assets_of_a_snapshot_are_found_by_name_and_class(
    catalog: Catalog, before: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = list_assets(catalog, before.name, limit=100, after=0)
    labelled = {one.id for one in every if any(label["class"] == "lane" for label in one.annotations)}
    assert 0 < len(labelled) < len(every)

    def search(**wanted: str) -> list[SnapshotAsset]:
        found: list[SnapshotAsset] = []
        after: int | None = 0
        while after is not None:
            some, after = search_assets(catalog, before.name, limit=2, after=after, **wanted)
            found += some
        return found

    monkeypatch.setattr(snapshot_reading, "SEARCHED", 1)
    name = every[6].name
    assert [one.id for one in search(named=name.upper())] == [one.id for one in every if name in one.key]
    assert {one.id for one in search(class_name="lane")} == labelled
    ontology = next(label["ontology"] for one in every for label in one.annotations)
    assert {one.id for one in search(class_name=f"{ontology}/lane")} == labelled
    assert search(named=name, class_name="tram") == []


def restored(catalog: Catalog, snapshot: Snapshot, *, dry_run: bool, **parts: bool) -> SnapshotRestored:
    options = RestoreOptions(snapshot=snapshot.name, dry_run=dry_run, **parts)
    return restore(catalog, options, lambda _step, _done, _total: None, by=LIBRARY)


def test_what_is_edited_while_a_restore_is_at_work_can_be_undone_too(empty_catalog: Catalog) -> None:
    fill(empty_catalog)
    frozen, edited = make_snapshot(empty_catalog), list[str]()

    def step(_name: str, _done: int, _total: int) -> None:
        if not edited:
            edits.apply(empty_catalog, ["4"], Edit(metadata={"site": "yard"}, add_tags=("late",)))
            edited.append("4")

    options = RestoreOptions(snapshot=frozen.name, metadata=True, tags=True)
    undo = restore(empty_catalog, options, step, by=LIBRARY).undo
    assert undo is not None
    (asset,) = [one for one in list_assets(empty_catalog, undo, limit=40, after=0) if one.id == "4"]
    assert (asset.metadata["site"], asset.tags) == ("yard", ("late", "new"))
    (now,) = [
        one for one in list_assets(empty_catalog, make_snapshot(empty_catalog).name, limit=40, after=0) if one.id == "4"
    ]
    assert (now.metadata["site"], now.tags) == ("hall 1", ("new",))


def test_an_asset_that_is_added_while_a_restore_is_at_work_is_not_lost(empty_catalog: Catalog) -> None:
    fill(empty_catalog)
    frozen, added = make_snapshot(empty_catalog), list[Future[object]]()

    def step(_name: str, _done: int, _total: int) -> None:
        if not added:
            added.append(threads.submit(projects.add, empty_catalog, ROADS, ["31"]))
            while not (added[0].done() or waits_for_a_lock(empty_catalog)):
                pass

    with ThreadPoolExecutor(1) as threads:
        undo = restore(empty_catalog, RestoreOptions(snapshot=frozen.name), step, by=LIBRARY).undo
        added[0].result()
    assert undo is not None
    assert "31" in {
        one.id
        for name in (undo, make_snapshot(empty_catalog).name)
        for one in list_assets(empty_catalog, name, limit=40, after=0)
    }


def waits_for_a_lock(catalog: Catalog) -> bool:
    with catalog.read() as connection:
        row = connection.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock')"
        ).fetchone()
    return row is not None and bool(row[0])


def test_a_restore_is_previewed_exact_and_can_be_undone(catalog: Catalog, before: Snapshot, after: Snapshot) -> None:
    # What the bucket changed is not restored: as in the snapshot from here on.
    run(catalog, "UPDATE asset SET digest = sha256('8'), token = 'token 8' WHERE id = 8")
    run(catalog, "UPDATE asset SET key = 'day 0/9.jpg', name = '9.jpg' WHERE id = 9")
    everything = {"metadata": True, "tags": True, "annotations": True}
    preview = restored(catalog, before, dry_run=True, **everything)
    assert preview.undo is None
    assert compare(catalog, after.name, make_snapshot(catalog).name, limit=0).fields == {
        "content": 1,
        "place": 1,
        "name": 1,
    }
    done = restored(catalog, before, dry_run=False, **everything)
    assert (done.added, done.removed, done.splits, done.metadata, done.tags, done.annotations) == (2, 1, 1, 2, 1, 2)
    assert (done.added, done.splits, done.annotations) == (preview.added, preview.splits, preview.annotations)
    assert make_snapshot(catalog).digest == before.digest
    # The settings are restored too: dividing again moves nothing, and the assigned asset stays.
    again = SplitOptions(project=ROADS)
    assert project_splits.divide(catalog, again, lambda _done, _total: None, by=LIBRARY).moved == 0
    assert done.undo is not None
    undone = restored(catalog, snapshots.get(catalog, done.undo), dry_run=False, **everything)
    assert (undone.added, undone.removed, undone.metadata) == (1, 2, 2)


def test_what_users_set_on_assets_that_left_the_project_stays(catalog: Catalog, before: Snapshot) -> None:
    run(catalog, "DELETE FROM project_asset WHERE asset_id = 2")
    edits.apply(catalog, ["2"], Edit(metadata={"site": "elsewhere"}, add_tags=("left",)))
    restored(catalog, before, dry_run=False, metadata=True, tags=True, annotations=True)
    with catalog.read() as connection:
        row = connection.execute("SELECT metadata ->> 'site' FROM asset WHERE id = 2").fetchone()
        tags = connection.execute("SELECT tag FROM asset_tag WHERE asset_id = 2 AND tag = 'left'").fetchall()
    assert (row, tags) == (("elsewhere",), [("left",)])
    run(catalog, "DELETE FROM asset_tag WHERE asset_id = 2 AND tag = 'left'")


def test_gone_assets_are_named_and_left_out(catalog: Catalog, before: Snapshot, after: Snapshot) -> None:
    run(catalog, "DELETE FROM project_asset WHERE asset_id IN (10, 11, 12)")
    run(catalog, "DELETE FROM object WHERE asset_id IN (10); DELETE FROM asset WHERE id = 10")
    run(catalog, "UPDATE asset SET state = 2 WHERE id = 11; UPDATE asset SET state = 1 WHERE id = 12")
    run(catalog, "UPDATE asset SET digest = sha256('late') WHERE id = 13")
    gone = list_gone(catalog, before.name, limit=100, after=0)
    assert {one.asset_id: one.reason for one in gone} == {
        "10": Gone.REMOVED,
        "11": Gone.TRASH,
        "12": Gone.MISSING,
        "13": Gone.REPLACED,
    }
    assert [one.asset_id for one in list_gone(catalog, before.name, limit=1, after=10)] == ["11"]
    preview = restored(catalog, before, dry_run=True)
    done = restored(catalog, before, dry_run=False)
    assert (done.gone_count, done.gone) == (1, ("day 1/10.jpg",))
    for one in (preview, done):
        assert one.gone_reasons == {"missing": 1, "removed": 1, "replaced": 1, "trash": 1}
        assert list(one.gone_assets) == gone
    members: Any = {one.id for one in list_assets(catalog, make_snapshot(catalog).name, limit=100, after=0)}
    assert members == {str(number) for number in range(1, 31)} - {"10"}


def test_a_changed_chunk_is_detected(catalog: Catalog, before: Snapshot) -> None:
    def step(_step: str, _done: int, _total: int) -> None:
        pass

    make_snapshot(catalog)
    run(catalog, "INSERT INTO asset_tag SELECT 'checked', id FROM asset")
    made = make_snapshot(catalog)
    assert check_chunks(catalog, step) == ()
    digest = snapshots.list_parts(catalog, made.name)[0].digest
    run(catalog, "ALTER TABLE snapshot_chunk DISABLE TRIGGER USER")
    with catalog.write() as connection:
        connection.execute("UPDATE snapshot_chunk SET content = content || 'x' WHERE digest = %s", [digest])
    run(catalog, "ALTER TABLE snapshot_chunk ENABLE TRIGGER USER")
    assert check_chunks(catalog, step) == (made.name,)


def test_deleting_a_snapshot_deletes_chunks_that_no_other_has(catalog: Catalog, before: Snapshot) -> None:
    run(catalog, "UPDATE asset SET metadata = metadata || '{\"k\": 1}' WHERE id = 14")
    first, second = make_snapshot(catalog), make_snapshot(catalog)
    chunks = snapshots.list_chunks(catalog)
    with pytest.raises(UsageError, match="assets, not 1"):
        snapshots.delete(catalog, first.name, acknowledge=1, by=LIBRARY)
    snapshots.delete(catalog, first.name, acknowledge=first.assets, by=LIBRARY)
    assert snapshots.list_chunks(catalog) == chunks
    snapshots.delete(catalog, second.name, acknowledge=second.assets, by=LIBRARY)
    assert len(snapshots.list_chunks(catalog)) < len(chunks)
    with pytest.raises(NotFound):
        snapshots.get(catalog, second.name)
    assert parse_name(make_snapshot(catalog).name)[1] == second.number + 1  # no number is given twice


def test_a_snapshot_is_exported_as_it_was(catalog: Catalog, before: Snapshot, after: Snapshot) -> None:
    scope = ExportScope(snapshot=before.name)
    assert count_rows(catalog, scope) == before.assets
    fields = ("id", "split", "metadata.camera_id", "metadata.site", "annotations")
    with open_rows(catalog, scope, fields) as rows:
        found = pa.Table.from_batches(list(rows.batches), rows.schema)
    assert found.schema.names == list(fields)
    first = found.to_pylist()[0]
    assert (first["id"], first["metadata.camera_id"], first["metadata.site"]) == ("1", 1.0, "hall 1")
    assert [one["class"] for one in first["annotations"]] == ["car", "lane"]
    with pytest.raises(UsageError, match="as a whole"), open_rows(catalog, replace(scope, query="x"), fields):
        pass
