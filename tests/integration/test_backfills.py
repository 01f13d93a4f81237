"""Assets of a library before an upgrade get in the background what later ones have from the start."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from psycopg.types.json import Jsonb
from tests.support.postgres import Server

from mirrorlake.catalog import backfills, field_counts
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.housekeeping import fold_fields
from mirrorlake.jobs.places import Place
from mirrorlake.postgres.migrate import apply_migrations, create_version_table, migrate
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search.run import search

BEFORE = 63  # the schema in which keywords were one text
ASSETS = 12
INSERT = """
INSERT INTO asset (datasource_id, key, name, token, size, kind, media_type, width, height, orientation, digest,
  placeholder, facts)
SELECT datasource.id, n::text, n::text, '', 1, 'image', 'image/jpeg', 8, 8, 1 + n %% 8, '\\x00', '\\x00', %s::jsonb
FROM datasource, generate_series(1, 12) AS n
"""


def test_facts_of_an_older_library_are_changed_a_few_at_a_time(
    postgres_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    conninfo = postgres_server.copy_database("template0")
    with psycopg.connect(conninfo, autocommit=True) as session:
        create_version_table(session)
        apply_migrations(session, after=0, until=BEFORE)
        session.execute("INSERT INTO datasource (name, uri, access, settings) VALUES ('a', 's3://b/', '{}', '{}')")
        session.execute(INSERT, (Jsonb({"make": "x", "keywords": "red; forklift"}),))
    migrate(conninfo, address="the test server")
    monkeypatch.setattr(backfills, "BATCH_ASSETS", 5)
    with Catalog(conninfo) as catalog:
        place = Place(id=0, name="default", settings=Settings(home=tmp_path), catalog=catalog)
        field_counts.fold(catalog)
        assert [backfills.fill_some(catalog) for _ in range(2)] == [False, False]
        assert search(catalog, "facts.keywords:forklift", limit=50).total == 10
        while not fold_fields(place):  # as a worker does
            pass
        assert search(catalog, "facts.keywords:forklift", limit=50).total == ASSETS
        assert search(catalog, "facts.orientation:3 facts.make:x", limit=50).total == 2
        assert field_counts.pending(catalog) == 0
        assert backfills.fill_some(catalog)


def test_a_new_library_has_nothing_to_change(empty_catalog: Catalog) -> None:
    assert backfills.fill_some(empty_catalog)
