"""A library of the schema before workspaces, callers and jobs migrates by itself, with all that people did in it."""

from __future__ import annotations

from pathlib import Path

import psycopg
from tests.support.made_library import SCHEMA, copy_of, made_template
from tests.support.postgres import Server

from mirrorlake.model.access import Actor, ActorKind, Context
from mirrorlake.model.edits import Edit
from mirrorlake.postgres.migrate import all_migrations
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
