"""The schemas of workspaces: each workspace has all tables of a library in a PostgreSQL schema of its own.

The workspace `default` uses the schema that the database's settings choose, as a rule `public`. A connection of another
workspace finds tables in that workspace's schema only, so that no statement can reach rows of another one. Extensions
stay where they are: no statement names an object of theirs, except migrations, which find them.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

DEFAULT = "default"  # the workspace that cannot be renamed or deleted
PREFIX = "workspace_"
ACCESS = "access"  # the schema of what is about the library as a whole
_EXTENSION = "pg_trgm"


def schema_of(workspace_id: int, name: str) -> str | None:
    """The schema of a workspace, for `Catalog.in_schema`; None for the workspace `default`."""
    return None if name == DEFAULT else f"{PREFIX}{workspace_id}"


class SchemaConnection(psycopg.Connection[TupleRow]):
    """A connection that can change the schema in which it finds tables."""

    _schema: str | None = None

    def enter(self, schema: str | None) -> None:
        """Find tables in this schema only; None: in the one of the database's settings. Not within a transaction."""
        if schema == self._schema:
            return
        autocommit = self.autocommit
        self.autocommit = True
        self.execute(path_statement(schema))
        self.autocommit = autocommit
        self._schema = schema


def path_statement(schema: str | None) -> sql.Composed:
    """The statement that makes a session find tables in this schema only."""
    if schema is None:
        return sql.Composed([sql.SQL("RESET search_path")])
    return sql.SQL("SET search_path TO {}").format(sql.Identifier(schema))


def workspace_schemas(session: psycopg.Connection[TupleRow]) -> list[str]:
    """The schemas of all workspaces but `default`, in the order of their numbers."""
    if _text(session, "SELECT to_regclass('access.workspace')::text") is None:
        return []  # migrations have not created it yet
    rows = session.execute(
        "SELECT id FROM access.workspace JOIN pg_namespace ON nspname = %s || id WHERE name <> %s ORDER BY id",
        (PREFIX, DEFAULT),
    ).fetchall()
    return [f"{PREFIX}{number}" for (number,) in rows]


@contextmanager
def in_schema(session: psycopg.Connection[TupleRow], schema: str | None) -> Generator[None]:
    """Use the tables of this schema, and create them there, within the current transaction. Extensions are found."""
    before = _text(session, "SELECT current_setting('search_path')")
    if schema is not None:
        path = [sql.Identifier(name) for name in dict.fromkeys((schema, _schema_of_extension(session)))]
        session.execute(sql.SQL("SET LOCAL search_path TO {}").format(sql.SQL(", ").join(path)))
    yield
    session.execute("SELECT set_config('search_path', %s, true)", (before,))


def drop_schema(session: psycopg.Connection[TupleRow], schema: str) -> None:
    """Drop the schema of a workspace with everything in it, in the current transaction."""
    if not schema.startswith(PREFIX):
        raise ValueError(f"{schema} is not the schema of a workspace")
    session.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))


def _schema_of_extension(session: psycopg.Connection[TupleRow]) -> str:
    query = "SELECT nspname::text FROM pg_extension JOIN pg_namespace AS space ON space.oid = extnamespace"
    return _text(session, f"{query} WHERE extname = %s", _EXTENSION) or "public"


def _text(session: psycopg.Connection[TupleRow], query: str, *values: object) -> str | None:
    row = session.execute(query.encode(), values or None).fetchone()
    return None if row is None else row[0]
