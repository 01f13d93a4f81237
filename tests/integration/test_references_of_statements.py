"""What foreign keys did for label files and outcomes, triggers do once for each statement."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from tests.support.postgres import Server

from mirrorlake.catalog import runs
from mirrorlake.postgres.load_rows import _by_reference
from mirrorlake.postgres.migrate import all_migrations, migrate
from mirrorlake.postgres.pool import Catalog

SOURCES = (
    "INSERT INTO datasource (name, uri, access, settings) SELECT 'd' || n, 's3://b' || n || '/', '{}', '{}'"
    " FROM generate_series(1, 2) AS n"
)
RUNS = (
    "INSERT INTO job (kind, datasource_id, subject, state, lock)"
    " SELECT 'mirror', n, 'd' || n, 'succeeded', 'datasource:' || n FROM generate_series(1, 2) AS n;"
    "INSERT INTO run (id, trigger) SELECT id, 'mirror' FROM job"
)
FILE = "INSERT INTO label_file (datasource_id, key, size, token, unread, changed) VALUES (%s, %s, 1, 't', true, true)"
OUTCOME = "INSERT INTO outcome (run_id, key, kind) VALUES (%s, %s, 'new')"


@pytest.fixture
def catalog(empty_catalog: Catalog) -> Catalog:
    with empty_catalog.session() as session:
        session.execute(SOURCES)
        session.execute(RUNS)
    return empty_catalog


@pytest.mark.parametrize(("insert", "part"), [(FILE, "a datasource of label files"), (OUTCOME, "a run of outcomes")])
def test_a_row_refers_to_what_exists(catalog: Catalog, insert: str, part: str) -> None:
    with catalog.session() as session:
        session.execute(insert.encode(), (1, "a"))
        with pytest.raises(psycopg.errors.ForeignKeyViolation, match=part):
            session.execute(insert.encode(), (999, "a"))


def test_rows_go_with_what_they_refer_to_and_no_others(catalog: Catalog) -> None:
    with catalog.session() as session:
        for number in (1, 2):
            session.execute(FILE, (number, "a"))
            session.execute(OUTCOME, (number, "a"))
        session.execute("DELETE FROM job WHERE id = 1")
        assert session.execute("SELECT run_id FROM outcome").fetchall() == [(2,)]
        session.execute("DELETE FROM datasource WHERE id = 2")  # and its runs, and theirs
        assert session.execute("SELECT datasource_id FROM label_file").fetchall() == [(1,)]
        assert session.execute("SELECT count(*) FROM outcome").fetchone() == (0,)


@pytest.mark.parametrize(("insert", "table"), [(FILE, "datasource"), (OUTCOME, "run")])
def test_what_an_uncommitted_row_refers_to_cannot_be_deleted(catalog: Catalog, insert: str, table: str) -> None:
    with catalog.write() as writer, catalog.session() as other:
        writer.execute(insert.encode(), (1, "a"))
        other.execute("SET lock_timeout = '10ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute(sql.SQL("DELETE FROM {} WHERE id = 1").format(sql.Identifier(table)))


def test_a_restore_loads_rows_after_what_they_refer_to(catalog: Catalog) -> None:
    with catalog.session() as session:
        order = list(_by_reference(session, ["label_file", "outcome", "datasource", "run"]))
    assert order.index("label_file") > order.index("datasource")
    assert order.index("outcome") > order.index("run")


def test_a_library_with_foreign_keys_keeps_its_rows_and_their_references(
    postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(postgres_server.conninfo, autocommit=True) as session:
        session.execute("CREATE DATABASE migrate_references TEMPLATE template0")
    conninfo = make_conninfo(postgres_server.conninfo, dbname="migrate_references")
    (quicker,) = (step for step in all_migrations() if "outcome_run_id_fkey" in step.sql)
    before = tuple(step for step in all_migrations() if step.version < quicker.version)
    with monkeypatch.context() as patched:
        patched.setattr("mirrorlake.postgres.migrate.all_migrations", lambda: before)
        migrate(conninfo, address="here")
    with psycopg.connect(conninfo) as session:
        session.execute(SOURCES)
        session.execute(RUNS)
        session.execute(FILE, (1, "a"))
        session.execute(OUTCOME, (1, "a"))
        session.execute(
            "INSERT INTO asset (datasource_id, key, name, token, size, digest, media_type, kind)"
            " VALUES (1, 'k', 'k', 't', 1, 'd', 'text/plain', 'text');"
            "INSERT INTO ontology (name) VALUES ('yard');"
            "INSERT INTO label_class (ontology_id, position, name, shape, colour) VALUES (1, 1, 'c', 'box', '#000000');"
            "INSERT INTO annotation (asset_id, class_id, source) VALUES (1, 1, 'user'), (1, 1, 'bucket')"
        )

    migrate(conninfo, address="here")

    with psycopg.connect(conninfo, autocommit=True) as session:
        assert session.execute("SELECT datasource_id, key FROM label_file").fetchall() == [(1, "a")]
        found = session.execute("SELECT id, source FROM annotation ORDER BY id").fetchall()
        assert found == [(1, "user"), (2, "bucket")]
        session.execute("INSERT INTO annotation (asset_id, class_id, source) VALUES (1, 1, 'bucket')")
        assert session.execute("SELECT max(id) FROM annotation").fetchone() == (3,)
    with Catalog(conninfo) as catalog:
        assert [each.key for each in runs.outcomes(catalog, 1, limit=9)] == ["a"]
    with psycopg.connect(conninfo, autocommit=True) as session:
        session.execute("DELETE FROM job WHERE id = 1")
        assert session.execute("SELECT count(*) FROM outcome").fetchone() == (0,)
