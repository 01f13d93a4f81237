"""Each workspace has all tables in a schema of its own, and reaches no other."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from tests.support.postgres import Server

from mirrorlake.core.errors import CatalogError
from mirrorlake.postgres.migrate import Migration, all_migrations, create_schema, migrate
from mirrorlake.postgres.pool import Catalog

DATASOURCE = "INSERT INTO datasource (name, uri, access, settings) VALUES (%s, 's3://bucket/', '{}', '{}')"
ASSET = (
    "INSERT INTO asset (datasource_id, key, name, token, size, digest, media_type, kind)"
    " SELECT 1, 'k' || n, %s, 't', 1, 'd', 'text/plain', 'text' FROM generate_series(1, %s) AS n"
)


def add_workspace(conninfo: str, name: str) -> str:
    with psycopg.connect(conninfo) as session:
        row = session.execute("INSERT INTO access.workspace (name) VALUES (%s) RETURNING id", (name,)).fetchone()
        assert row is not None
        create_schema(session, f"workspace_{row[0]}")
    return f"workspace_{row[0]}"


@pytest.fixture(scope="module")
def two(postgres_server: Server) -> Iterator[tuple[Catalog, Catalog]]:
    """The workspace `default` with 3 assets, and another one with 2."""
    conninfo = postgres_server.new_database()
    with Catalog(conninfo) as default:
        other = default.in_schema(add_workspace(conninfo, "other"))
        for catalog, name, assets in ((default, "one", 3), (other, "two", 2)):
            with catalog.write() as connection:
                connection.execute(DATASOURCE, (name,))
                connection.execute(ASSET, (name, assets))
        yield default, other


def structure(conninfo: str, schema: str) -> set[tuple[str, ...]]:
    """Columns, constraints, indexes, triggers and functions of a schema, without its name."""
    columns = (
        "SELECT table_name::text, column_name::text, data_type::text, column_default, is_nullable::text,"
        " generation_expression FROM information_schema.columns WHERE table_schema = %s"
    )
    constraints = (
        "SELECT conrelid::regclass::text, conname::text, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = %s::regnamespace"
    )
    indexes = "SELECT indexname::text, indexdef FROM pg_indexes WHERE schemaname = %s"
    triggers = (
        "SELECT tgname::text, pg_get_triggerdef(pg_trigger.oid) FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
        " WHERE relnamespace = %s::regnamespace AND NOT tgisinternal"
    )
    functions = (
        "SELECT proname::text, pg_get_functiondef(pg_proc.oid) FROM pg_proc WHERE pronamespace = %s::regnamespace"
        " AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')"
    )
    queries = (columns, constraints, indexes, triggers, functions)
    with psycopg.connect(conninfo) as session:
        session.execute("SET search_path TO pg_catalog")
        rows = [row for query in queries for row in session.execute(query.encode(), (schema,)).fetchall()]
    return {tuple(str(value).replace(f"{schema}.", "").replace("public.", "") for value in row) for row in rows}


def test_a_workspace_has_the_structure_of_the_default_one(two: tuple[Catalog, Catalog]):
    default, other = two

    assert structure(default.conninfo, str(other.schema)) == structure(default.conninfo, "public")


def test_nothing_of_a_workspace_depends_on_what_another_one_has(two: tuple[Catalog, Catalog]):
    query = (
        "WITH place AS ("
        " SELECT 'pg_class'::regclass AS class, oid, relnamespace AS space FROM pg_class"
        " UNION ALL SELECT 'pg_proc'::regclass, oid, pronamespace FROM pg_proc"
        " UNION ALL SELECT 'pg_constraint'::regclass, oid, connamespace FROM pg_constraint"
        " UNION ALL SELECT 'pg_type'::regclass, oid, typnamespace FROM pg_type"
        " UNION ALL SELECT 'pg_trigger'::regclass, pg_trigger.oid, relnamespace"
        "  FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
        " UNION ALL SELECT 'pg_attrdef'::regclass, pg_attrdef.oid, relnamespace"
        "  FROM pg_attrdef JOIN pg_class ON pg_class.oid = adrelid"
        ") SELECT pg_describe_object(classid, objid, objsubid), pg_describe_object(refclassid, refobjid, refobjsubid)"
        " FROM pg_depend JOIN place AS own ON (own.class, own.oid) = (classid, objid)"
        " JOIN place AS used ON (used.class, used.oid) = (refclassid, refobjid)"
        " WHERE %(other)s::regnamespace IN (own.space, used.space) AND own.space <> used.space"
        " AND used.space <> 'pg_catalog'::regnamespace AND own.space <> 'pg_toast'::regnamespace AND NOT EXISTS ("
        "  SELECT FROM pg_depend AS member"
        "  WHERE (member.classid, member.objid) = (used.class, used.oid) AND member.deptype = 'e')"
    )
    with psycopg.connect(two[0].conninfo) as session:
        assert session.execute(query.encode(), {"other": two[1].schema}).fetchall() == []


def test_connections_that_workspaces_share_reach_the_rows_of_their_own(two: tuple[Catalog, Catalog]):
    for _ in range(8):  # statements are prepared after the fifth time
        for catalog, name, assets in ((two[0], "one", 3), (two[1], "two", 2)):
            with catalog.read() as connection:
                assert connection.execute("SELECT name FROM datasource").fetchall() == [(name,)]
                assert connection.execute("SELECT sum(assets) FROM library_count").fetchone() == (assets,)
            with catalog.arrow() as arrow, arrow.cursor() as cursor:
                cursor.execute("SELECT DISTINCT name FROM asset")
                assert cursor.fetch_arrow_table().column(0).to_pylist() == [name]
            with catalog.session() as session:
                assert session.execute("SELECT count(*) FROM asset").fetchone() == (assets,)


def test_a_workspace_finds_nothing_of_the_default_one(two: tuple[Catalog, Catalog]):
    default, other = two
    with default.write() as connection:
        connection.execute("CREATE TABLE lonely (id integer)")

    with pytest.raises(psycopg.errors.UndefinedTable), other.read() as connection:
        connection.execute("SELECT FROM lonely")


def test_an_upgrade_reaches_all_workspaces_or_none(postgres_server: Server, monkeypatch: pytest.MonkeyPatch):
    with psycopg.connect(postgres_server.conninfo, autocommit=True) as session:
        session.execute("CREATE DATABASE upgrade_workspaces TEMPLATE template0")
    conninfo = make_conninfo(postgres_server.conninfo, dbname="upgrade_workspaces")
    schemas: list[str] = []

    def versions() -> list[int]:
        with psycopg.connect(conninfo) as session:
            query = sql.SQL("SELECT max(version) FROM {}")
            names = [sql.Identifier(schema, "schema_version") for schema in ("public", *schemas)]
            rows = [session.execute(query.format(name)).fetchone() for name in names]
        return [row[0] for row in rows if row]

    steps = all_migrations()
    newest = len(steps)
    migrate(conninfo, address="here")
    schemas += [add_workspace(conninfo, name) for name in ("first", "second")]
    assert versions() == [newest] * 3

    further = "ALTER TABLE project ADD COLUMN further text; CREATE INDEX further ON asset USING gin (key gin_trgm_ops);"
    new = Migration(version=newest + 1, name="further", sql=further)
    monkeypatch.setattr("mirrorlake.postgres.migrate.all_migrations", lambda: (*steps, new))
    with psycopg.connect(conninfo, autocommit=True) as session:
        session.execute(f"ALTER TABLE {schemas[1]}.project ADD COLUMN further text".encode())
    with pytest.raises(psycopg.errors.DuplicateColumn):
        migrate(conninfo, address="here")
    assert versions() == [newest] * 3

    with psycopg.connect(conninfo, autocommit=True) as session:
        session.execute(f"ALTER TABLE {schemas[1]}.project DROP COLUMN further".encode())
    assert migrate(conninfo, address="here") == 1
    assert versions() == [newest + 1] * 3
    assert structure(conninfo, schemas[1]) == structure(conninfo, "public")


def test_an_older_server_creates_no_workspace_that_nobody_would_migrate(postgres_server: Server) -> None:
    conninfo = postgres_server.new_database()
    with psycopg.connect(conninfo) as session:
        session.execute("INSERT INTO schema_version (version, name) VALUES (99999, 'of a newer version')")
    with pytest.raises(CatalogError, match="newer mirrorlake"):
        add_workspace(conninfo, "late")
    with psycopg.connect(conninfo) as session:
        assert session.execute("SELECT to_regnamespace('workspace_2')").fetchone() == (None,)
