"""Migrate a database to the schema of this version: `migrations/NNNN_name.sql`, each once, in order, under a lock.

Each step is applied to the schemas of all workspaces in one transaction, `default` first: a database as a whole has one
version, that of `default`. What a step creates in the schema `access` is the library's, and must allow repetition.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from mirrorlake.core.errors import CatalogError
from mirrorlake.postgres.schemas import in_schema, workspace_schemas

OLDEST_SERVER = 150000  # PostgreSQL 15, the oldest version that all our SQL was tested on
LOCK = 0x6D6C616B65  # "mlake": the advisory lock that a migrating command holds
_FILE = re.compile(r"(\d{4})_(\w+)\.sql")
_CREATED = re.compile(
    # Not what is qualified: the tables of the schema `access`, which libraries in a database share.
    r"^CREATE (?:OR REPLACE |UNLOGGED )?(TABLE|FUNCTION) (?:IF NOT EXISTS )?(\w+)\b(?!\.)"
    r"|^ALTER (TABLE) \w+ RENAME TO (\w+)",
    re.MULTILINE,
)
_CREATED_ACCESS = re.compile(r"^CREATE TABLE IF NOT EXISTS access\.(\w+)", re.MULTILINE)
VERSION_TABLE = "schema_version"


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One migration of the schema."""

    version: int
    name: str
    sql: str


@cache
def all_migrations() -> tuple[Migration, ...]:
    """All migrations in order. Raises ValueError if the numbers have a gap."""
    found: list[Migration] = []
    for entry in resources.files("mirrorlake.postgres").joinpath("migrations").iterdir():
        match = _FILE.fullmatch(entry.name)
        if match:
            found.append(Migration(version=int(match[1]), name=match[2], sql=entry.read_text("utf-8")))
    found.sort(key=lambda migration: migration.version)
    if [migration.version for migration in found] != list(range(1, len(found) + 1)):
        raise ValueError("migrations must be numbered 0001, 0002, ... without a gap")
    return tuple(found)


@cache
def created_names(kind: Literal["TABLE", "FUNCTION"]) -> frozenset[str]:
    """The names of all tables or functions that a migration ever created, `schema_version` included."""
    matches = [match for each in all_migrations() for match in _CREATED.finditer(each.sql)]
    names = {match[2] or match[4] for match in matches if kind in (match[1], match[3])}
    return frozenset(names | ({VERSION_TABLE} if kind == "TABLE" else set()))


@cache
def access_names() -> frozenset[str]:
    """The names of all tables that a migration ever created in the schema `access`."""
    return frozenset(name for each in all_migrations() for name in _CREATED_ACCESS.findall(each.sql))


def newest_version() -> int:
    """The schema version of this code."""
    return all_migrations()[-1].version


def migrate(conninfo: str, *, address: str) -> int:
    """Apply pending migrations. Returns their number.

    Raises CatalogError if the database is newer than this code, or if the server cannot hold the schema.
    """
    newest = newest_version()
    with psycopg.connect(conninfo, autocommit=True) as session:
        check_server(session, address)
        if _version(session, address, newest) == newest:
            return 0
        session.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        with explain_privileges(address):
            create_version_table(session)
            standing = _version(session, address, newest)  # another command may have migrated in the meantime
            schemas = [None, *workspace_schemas(session)]
            return apply_migrations(session, after=standing, until=newest, schemas=schemas)


def create_version_table(session: psycopg.Connection[TupleRow]) -> None:
    """Create the table of applied migrations if it does not exist."""
    session.execute(
        "CREATE TABLE IF NOT EXISTS schema_version"
        " (version integer PRIMARY KEY, name text NOT NULL, applied timestamptz NOT NULL DEFAULT now())"
    )


def apply_migrations(
    session: psycopg.Connection[TupleRow], *, after: int, until: int, schemas: Sequence[str | None] = (None,)
) -> int:
    """Apply the migrations `after` a version and up to another one to these schemas. Returns their number."""
    missing = [migration for migration in all_migrations() if after < migration.version <= until]
    for migration in missing:
        with session.transaction():
            for schema in schemas:
                with in_schema(session, schema):
                    _apply(session, migration)
    return len(missing)


def create_schema(session: psycopg.Connection[TupleRow], schema: str) -> None:
    """Create the schema of a workspace with all tables, in the current transaction, which holds LOCK.

    Raises CatalogError if the database was migrated by a newer version meanwhile: nobody would migrate this schema.
    """
    with in_schema(session, None):
        row = session.execute("SELECT max(version) FROM schema_version").fetchone()
    if row is None or row[0] != newest_version():
        raise CatalogError(
            "The database was migrated by a newer mirrorlake, which creates workspaces now.",
            "Start this server again with the newer version.",
        )
    session.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
    with in_schema(session, schema):
        create_version_table(session)
    apply_migrations(session, after=0, until=newest_version(), schemas=(schema,))


def _version(session: psycopg.Connection[TupleRow], address: str, newest: int) -> int:
    try:
        row = session.execute("SELECT coalesce(max(version), 0) FROM schema_version").fetchone()
    except psycopg.errors.UndefinedTable:
        return 0
    version = int(row[0]) if row else 0
    if version > newest:
        raise CatalogError(
            f"The database ({address}) belongs to a newer mirrorlake: its schema is {version}, ours is {newest}.",
            "Install the newer mirrorlake again. This version cannot write a newer schema safely.",
        )
    return version


def check_server(session: psycopg.Connection[TupleRow], address: str) -> None:
    """Raise CatalogError if the server or its database cannot hold the schema."""
    version = session.info.server_version
    if version < OLDEST_SERVER:
        raise CatalogError(
            f"The server ({address}) is PostgreSQL {version // 10000}; mirrorlake needs 15 or newer.",
            "Upgrade it, or unset MIRRORLAKE_DATABASE_URL to use the PostgreSQL that comes with mirrorlake.",
        )
    encoding = session.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise CatalogError(
            f"The database ({address}) has the encoding {encoding}, which cannot hold every object key.",
            "Create one with: CREATE DATABASE mirrorlake ENCODING 'UTF8' TEMPLATE template0;",
        )


def _apply(session: psycopg.Connection[TupleRow], migration: Migration) -> None:
    session.execute(migration.sql.encode())
    session.execute("INSERT INTO schema_version (version, name) VALUES (%s, %s)", (migration.version, migration.name))


@contextmanager
def explain_privileges(address: str) -> Generator[None]:
    """Raise CatalogError for missing privileges, with the statements that grant them."""
    try:
        yield
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.FeatureNotSupported) as error:
        raise CatalogError(
            f"Insufficient privileges to create the schema in the database ({address}): {error.diag.message_primary}.",
            "Have an administrator run in it: CREATE EXTENSION IF NOT EXISTS pg_trgm; and grant this role CREATE on"
            " the database and on its schema public, or make it the database's owner.",
        ) from error
