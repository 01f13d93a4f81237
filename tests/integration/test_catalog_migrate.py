"""Migrations: once each, side by side, never onto a database of a newer version."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from tests.support.postgres import Server

from mirrorlake.core.errors import CatalogError
from mirrorlake.postgres.migrate import all_migrations, created_names, migrate


def bare_database(server: Server, name: str) -> str:
    with psycopg.connect(server.conninfo, autocommit=True) as session:
        session.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
    return make_conninfo(server.conninfo, dbname=name)


def test_second_migration_of_a_database_applies_nothing(postgres_server: Server):
    conninfo = bare_database(postgres_server, "migrate_twice")

    assert migrate(conninfo, address="here") == len(all_migrations())
    assert migrate(conninfo, address="here") == 0


def test_commands_that_migrate_at_the_same_time_apply_each_step_once(postgres_server: Server):
    conninfo = bare_database(postgres_server, "migrate_together")

    with ThreadPoolExecutor(8) as threads:
        applied = list(threads.map(lambda _: migrate(conninfo, address="here"), range(8)))

    assert sum(applied) == len(all_migrations())


def test_a_database_of_a_newer_version_is_refused_and_left_alone(postgres_server: Server):
    conninfo = postgres_server.new_database()
    with psycopg.connect(conninfo) as session:
        session.execute("INSERT INTO schema_version (version, name) VALUES (9999, 'future')")

    with pytest.raises(CatalogError, match="newer mirrorlake: its schema is 9999") as raised:
        migrate(conninfo, address="here")

    assert "Install the newer mirrorlake" in raised.value.fix


def test_a_role_that_may_not_create_anything_is_told_what_to_ask_for(postgres_server: Server):
    conninfo = bare_database(postgres_server, "migrate_forbidden")
    with psycopg.connect(conninfo, autocommit=True) as session:
        session.execute("CREATE ROLE visitor LOGIN")
    visitor = make_conninfo(conninfo, options="-c role=visitor")

    with pytest.raises(CatalogError, match="permission denied") as raised:
        migrate(visitor, address="here")

    assert "CREATE EXTENSION" in raised.value.fix


def test_a_database_that_is_not_utf8_is_refused(postgres_server: Server):
    with psycopg.connect(postgres_server.conninfo, autocommit=True) as session:
        session.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0")

    with pytest.raises(CatalogError, match="encoding LATIN1"):
        migrate(make_conninfo(postgres_server.conninfo, dbname="latin"), address="here")


def test_media_kinds_come_to_a_library_without_a_row_being_written(
    postgres_server: Server, monkeypatch: pytest.MonkeyPatch
):
    conninfo = bare_database(postgres_server, "migrate_kinds")
    kinds = next(step for step in all_migrations() if "image_has_pixels" in step.sql)
    before = tuple(step for step in all_migrations() if step.version < kinds.version)
    with monkeypatch.context() as patched:
        patched.setattr("mirrorlake.postgres.migrate.all_migrations", lambda: before)
        migrate(conninfo, address="here")
    with psycopg.connect(conninfo) as session:
        session.execute(
            "INSERT INTO datasource (name, uri, access, settings) VALUES ('photos', 's3://bucket/', '{}', '{}')"
        )
        session.execute(
            "INSERT INTO asset (datasource_id, key, name, token, size, media_type, width, height, orientation, digest,"
            " placeholder, state, edited) SELECT 1, 'k' || n, 'k', 't', 1, 'image/png', 4, 3, 6, 'd', 'p', n % 3,"
            " n % 2 = 0 FROM generate_series(1, 6) AS n"
        )
        row = session.execute("SELECT pg_relation_filenode('asset')").fetchone()

    assert migrate(conninfo, address="here") == len(all_migrations()) - len(before)

    with psycopg.connect(conninfo) as session:
        assert session.execute("SELECT pg_relation_filenode('asset')").fetchone() == row
        kept = session.execute("SELECT DISTINCT kind, width, height, orientation FROM asset").fetchall()
        assert kept == [("image", 4, 3, 6)]
        insert = (
            "INSERT INTO asset (datasource_id, key, name, token, size, digest, media_type, kind)"
            " VALUES (1, 'new', 'new', 't', 1, 'd', 'text/plain', %s)"
        )
        session.execute(insert, ("text",))
        with pytest.raises(psycopg.errors.CheckViolation, match="image_has_pixels"):
            session.execute(insert, ("image",))


def test_what_users_labelled_before_label_files_came_counts_as_edited(
    postgres_server: Server, monkeypatch: pytest.MonkeyPatch
):
    conninfo = bare_database(postgres_server, "migrate_edits")
    (edits,) = (step for step in all_migrations() if "CREATE TABLE label_edit" in step.sql)
    before = tuple(step for step in all_migrations() if step.version < edits.version)
    with monkeypatch.context() as patched:
        patched.setattr("mirrorlake.postgres.migrate.all_migrations", lambda: before)
        migrate(conninfo, address="here")
    with psycopg.connect(conninfo) as session:
        session.execute(
            "INSERT INTO datasource (name, uri, access, settings) VALUES ('photos', 's3://bucket/', '{}', '{}');"
            "INSERT INTO asset (datasource_id, key, name, token, size, digest, media_type, kind)"
            " SELECT 1, 'k' || n, 'k', 't', 1, 'd', 'text/plain', 'text' FROM generate_series(1, 2) AS n;"
            "INSERT INTO ontology (name) VALUES ('yard');"
            "INSERT INTO label_class (ontology_id, position, name, shape, colour)"
            " SELECT 1, n, 'c' || n, 'box', '#000000' FROM generate_series(1, 2) AS n;"
            "INSERT INTO annotation (asset_id, class_id, source)"
            " VALUES (1, 2, 'user'), (1, 2, 'user'), (1, 1, 'import'), (2, 1, 'import')"
        )
    migrate(conninfo, address="here")
    with psycopg.connect(conninfo) as session:
        assert session.execute("SELECT asset_id, class_id FROM label_edit").fetchall() == [(1, 2)]


def test_backups_know_everything_that_migrations_create(postgres_server: Server):
    with psycopg.connect(postgres_server.new_database()) as session:
        ours = "SELECT {0} FROM {1} WHERE {2} = current_schema()::regnamespace AND NOT EXISTS (SELECT FROM pg_depend"
        ours += " WHERE objid = {1}.oid AND classid = '{1}'::regclass AND deptype = 'e')"  # e: of an extension
        relations = ours.format("relname::text, relkind::text", "pg_class", "relnamespace")
        kinds = dict(session.execute(relations.encode()).fetchall())
        functions = {
            name for (name,) in session.execute(ours.format("proname::text", "pg_proc", "pronamespace").encode())
        }
    assert {name for name, kind in kinds.items() if kind == "r"} <= created_names("TABLE")
    assert functions <= created_names("FUNCTION")
    # A view, a partition or a sequence without a column would be neither saved nor dropped.
    assert set(kinds.values()) == {"r", "i", "S"}
    with psycopg.connect(postgres_server.new_database()) as session:
        owned = session.execute(
            "SELECT count(*) FROM pg_class JOIN pg_depend ON objid = pg_class.oid AND deptype = 'i' WHERE relkind = 'S'"
            " AND relnamespace = current_schema()::regnamespace"
        ).fetchone()
    assert owned == (sum(kind == "S" for kind in kinds.values()),)


def test_the_tables_of_access_are_made_once_for_several_schemas_of_a_database(postgres_server: Server):
    conninfo = postgres_server.new_database()
    with psycopg.connect(conninfo, autocommit=True) as session:
        session.execute("CREATE SCHEMA another")
        session.execute("ALTER EXTENSION pg_trgm SET SCHEMA access")  # found there by both
        session.execute("UPDATE access.workspace SET name = 'renamed'")

    applied = migrate(f"{conninfo} options='-c search_path=another,access'", address="here")

    assert applied == len(all_migrations())
    with psycopg.connect(conninfo) as session:
        assert session.execute("SELECT name FROM access.workspace").fetchall() == [("renamed",)]
        tables = "SELECT count(*) FROM pg_tables WHERE schemaname = %s AND tablename = 'activity'"
        assert session.execute(tables, ["another"]).fetchone() == (1,)
