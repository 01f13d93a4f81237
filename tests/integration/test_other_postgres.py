"""Any PostgreSQL from version 15 holds a library: it moves between major versions, is upgraded and mirrored there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.support.backups import back_up, back_up_as_before, restore, rows_of
from tests.support.made_library import PICTURES, SCHEMA, copy_of, made_template
from tests.support.other_postgres import OtherServer, other_postgres, running
from tests.support.passes import Mirrored, put_all
from tests.support.postgres import Server

from mirrorlake.catalog import edits
from mirrorlake.core.settings import Settings
from mirrorlake.model.edits import Edit
from mirrorlake.postgres.migrate import all_migrations, migrate
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.library_store import LibraryStore
from mirrorlake.storage.providers.memory.store import MemoryStore


@pytest.fixture(scope="module")
def other() -> Iterator[OtherServer]:
    programs = other_postgres()
    if programs is None:
        pytest.skip("2026-11-28: no other PostgreSQL is installed; MIRRORLAKE_TEST_POSTGRES names its programs")
    with running(programs) as server:
        yield server


def test_a_library_moves_to_another_major_version_and_back_and_is_upgraded_on_the_way(
    other: OtherServer, postgres_server: Server, tmp_path: Path
) -> None:
    with psycopg.connect(postgres_server.conninfo) as session:
        assert session.info.server_version // 10_000 != other.version
    home, there, back = tmp_path / "old", other.new_database(), postgres_server.new_database()
    with made_template(postgres_server, home, size=120, migrated=False) as template:
        former = copy_of(postgres_server, template).database_url or ""
    with Catalog(former) as catalog:
        back_up_as_before(catalog, LibraryStore.in_folder(Settings(home=home).thumbnails), tmp_path / "old.backup")

    done = restore(there, tmp_path / "there", tmp_path / "old.backup")

    assert (done.schema, done.migrated) == (SCHEMA, len(all_migrations()) - SCHEMA)
    migrate(former, address="here")
    upgraded, moved = rows_of(former), rows_of(there)
    assert {table for table in upgraded if upgraded[table] != moved[table]} == {"job"}  # the running one has ended

    with Catalog(there) as catalog:
        made = back_up(catalog, LibraryStore.in_folder(tmp_path / "there" / "thumbnails"), tmp_path / "new.backup")
    assert (made.thumbnails, made.missing) == (PICTURES, 0)
    assert restore(back, tmp_path / "back", tmp_path / "new.backup").migrated == 0
    assert rows_of(back) == moved


def test_passes_and_edits_do_there_what_they_do_here(other: OtherServer, tmp_path: Path) -> None:
    store = MemoryStore()
    put_all(store, ["a.png", "b.png", "c.png"])
    store.put("a.json", b'{"site": "hall"}')
    conninfo = other.new_database()
    migrate(conninfo, address="there")
    with Catalog(conninfo) as catalog:
        mirrored = Mirrored(catalog, tmp_path, store)
        assert mirrored.run().counts.new == 3
        edits.apply(catalog, [mirrored.assets()["b.png"].id], Edit(metadata={"who": "anna"}, add_tags=("ripe",)))
        store.put("a.json", b'{"site": "yard"}')
        store.delete("c.png")
        counts = mirrored.run().counts
        assert (counts.metadata_changed, counts.unchanged, counts.removed + counts.missing) == (1, 1, 1)
        assert [asset.key for asset in mirrored.assets("metadata.site:yard").values()] == ["a.png"]
        assert [asset.key for asset in mirrored.assets("tag:ripe").values()] == ["b.png"]
        assert mirrored.run().requests.get == 0
