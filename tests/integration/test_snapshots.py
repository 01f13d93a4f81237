"""Snapshots: what is frozen is read back for ever, and equal content has equal digests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.support.frozen import ROADS, fill, make_snapshot

from mirrorlake.catalog import projects, snapshots
from mirrorlake.core.errors import NotFound
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.execution import new_job, run_here
from mirrorlake.jobs.handlers.verify import VerifyArgs
from mirrorlake.library import snapshot_reading
from mirrorlake.library.snapshot_reading import list_with_asset
from mirrorlake.library.snapshots import read_snapshot
from mirrorlake.model.asset_columns import ASSETS
from mirrorlake.model.jobs import JobKind
from mirrorlake.postgres.pool import Catalog


@pytest.fixture(scope="module", autouse=True)
def _library(catalog: Catalog) -> None:
    fill(catalog)


def rows_of(catalog: Catalog, name: str) -> list[dict[str, Any]]:
    return [row for table in read_snapshot(catalog, name) for row in table.to_pylist()]


def change(catalog: Catalog, statement: str) -> None:
    with catalog.write() as connection:
        connection.execute(statement.encode())


def test_a_snapshot_has_every_asset_with_all_that_an_export_writes(catalog: Catalog) -> None:
    made = make_snapshot(catalog, "first")
    rows = rows_of(catalog, made.name)
    assert (made.assets, made.splits, made.note, made.created_by) == (30, {"none": 30}, "first", "mirrorlake")
    assert made.classes == {"road/car": {"none": 20}, "road/lane": {"none": 5}}
    assert [row["id"] for row in rows] == [str(number) for number in range(1, 31)]
    first = rows[0]
    assert list(first) == ASSETS.names
    assert (first["uri"], first["tags"], first["projects"]) == ("s3://cams/day%200/1.jpg", ["new"], [ROADS])
    assert first["metadata"] == '{"camera_id":1,"site":"hall 1"}'
    boxes = first["annotations"]
    assert [(one["class"], one["width"], one["geometry"], one["source"]) for one in boxes] == [
        ("car", 0.01, None, "user"),
        ("lane", 1.0, '{"rings":[[[0,0],[1,0],[1,1]]]}', "import"),
    ]


@pytest.mark.parametrize(
    ("statement", "equal"),
    [
        ("UPDATE asset SET updated = now(), facts = '{\"iso\": 100}' WHERE id = 3", True),
        ("UPDATE annotation SET by = 'Grace', source = 'import' WHERE asset_id = 3", True),
        ('UPDATE asset SET metadata = metadata || \'{"site": "yard"}\' WHERE id = 3', False),
        ("INSERT INTO asset_tag VALUES ('late', 3)", False),
        ("UPDATE annotation SET x = 0.125 WHERE asset_id = 3 AND class_id = 1", False),
        ("UPDATE asset SET digest = sha256('other'), token = 'other' WHERE id = 3", False),
        ("UPDATE asset SET key = 'moved/3.jpg' WHERE id = 3", False),
        ("UPDATE project_asset SET split = 2 WHERE asset_id = 3", False),
        ("DELETE FROM project_asset WHERE asset_id = 3", False),
    ],
)
def test_only_changed_content_changes_the_digest(catalog: Catalog, statement: str, *, equal: bool) -> None:
    before = make_snapshot(catalog)
    change(catalog, statement)
    assert (make_snapshot(catalog).digest == before.digest) is equal


def test_unchanged_chunks_are_stored_once(catalog: Catalog) -> None:
    first, second = make_snapshot(catalog), make_snapshot(catalog)
    assert second.number == first.number + 1
    assert snapshots.list_parts(catalog, first.name) == snapshots.list_parts(catalog, second.name)


def test_an_asset_is_in_the_snapshots_that_hold_it_and_in_no_others(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot_reading, "AROUND", 2)  # of the candidates, more than are asked for at once
    held = [make_snapshot(catalog).name for _ in range(3)]
    projects.remove(catalog, ROADS, ["7"])
    make_snapshot(catalog)  # its chunk begins before the asset and ends after it
    projects.add(catalog, ROADS, ["7"])
    newest = [make_snapshot(catalog).name, *reversed(held)]
    first = list_with_asset(catalog, 7, limit=2)
    rest = list_with_asset(catalog, 7, limit=2, project=ROADS, before=first[-1][0])
    assert [snapshot.name for _, snapshot in first + rest] == newest
    assert list_with_asset(catalog, 999, limit=2) == []
    assert len(list_with_asset(catalog, 7, limit=2, before=2**40)) == 2  # as a cursor may have it
    with pytest.raises(NotFound, match="other"):
        list_with_asset(catalog, 7, limit=2, project="other")


def test_a_snapshot_survives_its_assets_and_its_datasource(catalog: Catalog) -> None:
    made = make_snapshot(catalog)
    rows = rows_of(catalog, made.name)
    projects.remove(catalog, ROADS, [str(number) for number in range(1, 31)])
    change(catalog, "DELETE FROM object; DELETE FROM asset; DELETE FROM datasource")
    assert rows_of(catalog, made.name) == rows


def test_snapshots_are_immutable(catalog: Catalog) -> None:
    make_snapshot(catalog)
    change(catalog, "UPDATE snapshot SET note = 'a note may change'")
    for statement in (
        "UPDATE snapshot SET assets = 0",
        "UPDATE snapshot_part SET assets = 0",
        "UPDATE snapshot_chunk SET content = ''",
    ):
        with pytest.raises(psycopg.errors.RaiseException, match="immutable"):
            change(catalog, statement)


@pytest.mark.parametrize("name", ["roads", "roads@0", "roads@", "@1", "roads@99", "no such@1", "roads@01"])
def test_other_names_are_not_found(catalog: Catalog, name: str) -> None:
    with pytest.raises(NotFound):
        snapshots.get(catalog, name)


def test_verifying_a_library_checks_the_chunks_of_snapshots(catalog: Catalog, tmp_path: Path) -> None:
    def verified() -> tuple[bool, tuple[str, ...]]:
        args, settings = VerifyArgs(sample=1), Settings(home=tmp_path)
        found = run_here(settings, catalog, new_job(JobKind.VERIFY, args)).verification
        return found.clean, found.damaged_snapshots

    change(catalog, "DELETE FROM object; DELETE FROM project_asset; DELETE FROM asset; DELETE FROM datasource")
    assert verified() == (True, ())
    damaged = {part.digest for part in snapshots.list_parts(catalog, f"{ROADS}@1")}
    change(catalog, "ALTER TABLE snapshot_chunk DISABLE TRIGGER USER")
    with catalog.write() as connection:
        connection.execute("UPDATE snapshot_chunk SET content = 'x' WHERE digest = ANY(%s)", [list(damaged)])
    change(catalog, "ALTER TABLE snapshot_chunk ENABLE TRIGGER USER")
    clean, names = verified()
    assert not clean
    assert f"{ROADS}@1" in names
