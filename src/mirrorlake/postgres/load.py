"""Load a backup into an empty database, in one transaction.

empty? ─▶ schemas of the backup ─▶ rows ─▶ numbers of identity columns ─▶ later migrations ─▶ statistics
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import closing, contextmanager

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from mirrorlake.core.errors import BadBackup, Conflict
from mirrorlake.postgres.db_errors import translate_db_errors
from mirrorlake.postgres.dump import list_tables, use_text_settings
from mirrorlake.postgres.load_rows import OLDER_OR_OTHER, SchemaLoad, names
from mirrorlake.postgres.lock_slots import held_locks, require_locks
from mirrorlake.postgres.migrate import (
    LOCK,
    VERSION_TABLE,
    apply_migrations,
    check_server,
    create_version_table,
    created_names,
    explain_privileges,
    newest_version,
)
from mirrorlake.postgres.schemas import ACCESS, PREFIX, in_schema

LOCK_PATIENCE = "10s"  # for statements of other commands on the same database
_RESTORE_ELSEWHERE = "Restore into a new data folder (MIRRORLAKE_HOME) or an empty database (MIRRORLAKE_DATABASE_URL)."


@contextmanager
def open_empty(conninfo: str, address: str, *, whole: bool) -> Generator[EmptyDatabase]:
    """An empty database in one transaction: committed at the end, rolled back on an error, as if nothing had happened.

    `whole`: members, keys and workspaces are restored as well, so there must be none. Raises Conflict if it contains a
    library or is in use, and CatalogError if its server does not qualify.
    """
    with translate_db_errors(address), closing(psycopg.connect(conninfo)) as session:
        check_server(session, address)
        use_text_settings(session)
        # Commands that would create or migrate the schema wait.
        session.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        with explain_privileges(address):
            # Locked first: nothing is added between a check and the moment when it is dropped.
            _lock_tables(session, address, whole=whole)
            if whole:
                _check_no_access(session, address)
            _check_empty(session, address)
            yield EmptyDatabase(session, whole=whole)
            session.commit()


class EmptyDatabase:
    """The transaction that fills a database."""

    def __init__(self, session: psycopg.Connection[TupleRow], *, whole: bool) -> None:
        self.session = session
        self._whole = whole
        self._version = 0
        self._loads: list[SchemaLoad] = []

    def create(self, version: int) -> SchemaLoad:
        """Create the tables of the workspace `default`, in this version of the schema."""
        _drop_schema(self.session)
        if self._whole:
            tables = [sql.Identifier(ACCESS, table.name) for table in list_tables(self.session, ACCESS)]
            if tables:
                self.session.execute(sql.SQL("DROP TABLE {}").format(sql.SQL(", ").join(tables)))
        create_version_table(self.session)
        apply_migrations(self.session, after=0, until=version)
        self._version = version
        return self._load(None)

    def access(self) -> SchemaLoad:
        """The tables of the schema `access`, which migrations of `default` create."""
        return self._load(ACCESS)

    def create_workspaces(self, ids: Sequence[int]) -> list[SchemaLoad]:
        """Create the schemas of other workspaces, with all tables.

        Raises CatalogError once it is known that the server has no room for the locks of all of them.
        """
        loads: list[SchemaLoad] = []
        for place, workspace_id in enumerate(ids):
            before = held_locks(self.session)
            loads.append(self._create_workspace(workspace_id))
            if place == 0:
                held = held_locks(self.session)
                later = (held - before) * (len(ids) - 1)
                building = (held - before) * (len(ids) + 1) // 2  # indexes and later migrations, of `default` too
                needed = held + later + building
                require_locks(self.session, needed, task="Restoring", workspaces=len(ids) + 1)
        return loads

    def _create_workspace(self, workspace_id: int) -> SchemaLoad:
        schema = f"{PREFIX}{workspace_id}"
        self.session.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        with in_schema(self.session, schema):
            create_version_table(self.session)
        apply_migrations(self.session, after=0, until=self._version, schemas=(schema,))
        return self._load(schema)

    def check_workspaces(self, workspaces: Iterable[tuple[int, str]]) -> None:
        """Raise BadBackup unless the loaded table of workspaces has these ids and names."""
        rows = self.session.execute("SELECT id, name FROM access.workspace").fetchall()
        if sorted(rows) != sorted(workspaces):
            raise BadBackup("The workspaces of the backup are not those of its table of workspaces.", OLDER_OR_OTHER)

    def skip_workspaces(self, until: int) -> None:
        """Give no new workspace an id up to this one: files of workspaces with these ids may exist."""
        self.session.execute(
            "SELECT setval(sequence, %(until)s) FROM pg_get_serial_sequence('access.workspace', 'id') AS sequence"
            " WHERE coalesce(pg_sequence_last_value(sequence::regclass), 0) < %(until)s",
            {"until": until},
        )

    def finish(self) -> int:
        """Build the indexes, migrate to the schema of this version and collect statistics.

        Returns the number of migrations. Raises BadBackup if the rows do not allow it.
        """
        for load in self._loads:
            load.finish()
        schemas = [load.schema for load in self._loads if load.schema != ACCESS]
        migrated = apply_migrations(self.session, after=self._version, until=newest_version(), schemas=schemas)
        for load in self._loads:
            load.analyze()
        return migrated

    def _load(self, schema: str | None) -> SchemaLoad:
        load = SchemaLoad(self.session, schema)
        self._loads.append(load)
        return load


def _lock_tables(session: psycopg.Connection[TupleRow], address: str, *, whole: bool) -> None:
    tables = [sql.Identifier(table.name) for table in list_tables(session)]
    if whole:
        tables += [sql.Identifier(ACCESS, table.name) for table in list_tables(session, ACCESS)]
    if not tables:
        return
    session.execute("SELECT set_config('lock_timeout', %s, true)", (LOCK_PATIENCE,))
    try:
        session.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(sql.SQL(", ").join(tables)))
    except psycopg.errors.LockNotAvailable as error:
        raise Conflict(
            f"The database ({address}) is in use.", "Stop the servers and workers of this library, then try again."
        ) from error


def _check_empty(session: psycopg.Connection[TupleRow], address: str) -> None:
    for table in list_tables(session):
        if table.name in {VERSION_TABLE, "library", "library_count"}:  # they may have rows in an empty library
            continue
        if _has_rows(session, sql.Identifier(table.name)):
            raise Conflict(
                f"The database ({address}) already contains a library: its table {table.name} has rows.",
                _RESTORE_ELSEWHERE,
            )


def _check_no_access(session: psycopg.Connection[TupleRow], address: str) -> None:
    """Raise Conflict if there are members, keys or workspaces, which a whole backup would replace."""
    fix = f"{_RESTORE_ELSEWHERE} To restore a single workspace without members and keys, name it: --only NAME"
    for table in list_tables(session, ACCESS):
        if table.name in {"member", "api_key"} and _has_rows(session, sql.Identifier(ACCESS, table.name)):
            raise Conflict(f"The database ({address}) already has members or API keys.", fix)
    row = session.execute(
        "SELECT nspname::text FROM pg_namespace WHERE nspname ~ %s ORDER BY 1 LIMIT 1", (f"^{PREFIX}[0-9]+$",)
    ).fetchone()
    if row is not None:
        raise Conflict(f"The database ({address}) already has workspaces, such as the schema {row[0]}.", fix)


def _has_rows(session: psycopg.Connection[TupleRow], table: sql.Identifier) -> bool:
    row = session.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(table)).fetchone()
    return bool(row and row[0])


def _drop_schema(session: psycopg.Connection[TupleRow]) -> None:
    """Drop what migrations created, and nothing that depends on it: another's view makes this fail."""
    functions, tables = sorted(created_names("FUNCTION")), [table.name for table in list_tables(session)]
    # Functions that read a table go before it, those that a column is generated with after it.
    readers = session.execute(
        "SELECT DISTINCT proname::text FROM pg_depend JOIN pg_proc ON pg_proc.oid = objid"
        " JOIN pg_class ON pg_class.oid = refobjid"
        " WHERE classid = 'pg_proc'::regclass AND refclassid = 'pg_class'::regclass AND proname = ANY(%s)"
        " AND pronamespace = current_schema()::regnamespace AND relnamespace = pronamespace AND relname = ANY(%s)",
        (functions, tables),
    ).fetchall()
    drop_functions = sql.SQL("DROP FUNCTION IF EXISTS {}")
    for drop, dropped in (
        (drop_functions, [name for (name,) in readers]),
        (sql.SQL("DROP TABLE IF EXISTS {}"), tables),
        (drop_functions, functions),
    ):
        if dropped:
            session.execute(drop.format(names(dropped)))
