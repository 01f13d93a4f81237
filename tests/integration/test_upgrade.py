"""A library of the schema before workspaces, callers and jobs migrates by itself, with all that people did in it."""

from __future__ import annotations

from pathlib import Path

import psycopg
from tests.support.backups import back_up_as_before, restore, rows_of
from tests.support.made_library import PICTURES, SCHEMA, copy_of, made_template
from tests.support.postgres import Server

from mirrorlake.catalog import runs
from mirrorlake.core.settings import Settings
from mirrorlake.model.access import Actor, ActorKind, Context
from mirrorlake.model.edits import Edit
from mirrorlake.model.runs import RunState
from mirrorlake.postgres.migrate import all_migrations, migrate
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.library_store import LibraryStore
from mirrorlake.services.base import open_resources
from mirrorlake.services.library import LocalLibrary

CALLER = Context(actor=Actor(kind=ActorKind.USER, name="anna"))


def test_a_library_of_an_earlier_schema_keeps_everything(postgres_server: Server, tmp_path: Path) -> None:
    # Its rows are written in the schema of migration 12; opening migrates.
    with made_template(postgres_server, tmp_path, size=120) as template:
        settings = copy_of(postgres_server, template)
        with open_resources(settings) as resources:
            library = LocalLibrary(resources, CALLER)

            assert len(list(library.assets.find("state:any"))) == 123
            assert [asset.id for asset in library.assets.find("state:trash")] == ["1122", "1121", "1120"]
            edited = library.assets.get("1001")
            assert edited.metadata["shift"].source == "user"  # an edit of then
            assert edited.metadata["shift"].by is None
            assert edited.asset.tags == ("ripe",)
            assert library.assets.thumbnail("1001")[8:12] == b"WEBP"
            assert [project.name for project in library.projects.list()] == ["Ripeness 2026"]

            runs = {run.id: run for run in library.runs.list()}
            assert {run.id: run.state.value for run in runs.values()} == {
                1: "succeeded", 2: "cancelled", 3: "succeeded", 4: "failed", 5: "running", 6: "held",
            }  # fmt: skip
            assert runs[3].counts.new == 12
            hold = runs[6].hold
            assert hold is not None
            assert (hold.count, hold.confirm) == (55, "mirrorlake runs confirm 6")
            assert len(library.runs.outcomes(3)) == 19

            sources = {source.name: source for source in library.datasources.list()}
            assert (sources["harbour cams"].schedule, sources["harbour cams"].timezone) == (
                "30 3 * * *",
                "Europe/Berlin",
            )
            assert library.assets.edit("1001", Edit(metadata={"shift": 2})).metadata["shift"].by == "anna"
        with psycopg.connect(settings.database_url or "") as session:
            versions = [row[0] for row in session.execute("SELECT version FROM schema_version ORDER BY version")]
        assert versions == list(range(1, len(all_migrations()) + 1))
        assert len(versions) > SCHEMA


def test_a_backup_of_an_earlier_schema_becomes_the_library_that_an_upgrade_makes(
    postgres_server: Server, tmp_path: Path
) -> None:
    home, path, target = tmp_path / "old", tmp_path / "old.backup", postgres_server.new_database()
    with made_template(postgres_server, home, size=120, migrated=False) as template:
        former = copy_of(postgres_server, template).database_url or ""
    with Catalog(former) as catalog:  # opened without a migration, as the earlier version did
        back_up_as_before(catalog, LibraryStore.in_folder(Settings(home=home).thumbnails), path)

    done = restore(target, tmp_path / "new", path)

    assert (done.schema, done.thumbnails, done.migrated) == (SCHEMA, PICTURES, len(all_migrations()) - SCHEMA)
    assert (done.interrupted, done.cancelled) == (1, 0)
    migrate(former, address="here")
    upgraded, restored = rows_of(former), rows_of(target)
    assert {table for table in upgraded if upgraded[table] != restored[table]} == {"job"}  # the running one has ended
    assert len(upgraded["job"]) == len(restored["job"])
    with Catalog(target) as catalog:
        assert runs.show_run(catalog, 5).state is RunState.FAILED
        assert runs.show_run(catalog, 6).state is RunState.HELD
    with open_resources(Settings(home=tmp_path / "new", database_url=target)) as resources:
        library = LocalLibrary(resources, CALLER)
        assert len(list(library.assets.find("state:any"))) == 123
        assert library.assets.edit("1001", Edit(metadata={"shift": 2})).metadata["shift"].by == "anna"
