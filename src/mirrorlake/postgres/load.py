"""Load the tables of a backup into an empty database, in one transaction.

empty? ─▶ schema of the backup ─▶ rows ─▶ numbers of identity columns ─▶ later migrations ─▶ statistics
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import closing, contextmanager
from graphlib import TopologicalSorter

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from mirrorlake.core.errors import BadBackup, Conflict
from mirrorlake.model.backups import SequenceState, TablePart
from mirrorlake.postgres.db_errors import translate_db_errors
from mirrorlake.postgres.dump import LEFT_OUT, Table, list_tables, use_text_settings
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

LOCK_PATIENCE = "10s"  # for statements of other commands on the same database
_FOREIGN_SCHEMA = "The backup does not fit the schema that it names"
_OLDER_OR_OTHER = "Use another backup. This one was changed after it was written."


@contextmanager
def open_empty(conninfo: str, address: str) -> Generator[EmptyDatabase]:
    """An empty database in one transaction: committed at the end, rolled back on an error, as if nothing had happened.

    Raises Conflict if it contains a library or is in use, and CatalogError if its server does not qualify.
    """
    with translate_db_errors(address), closing(psycopg.connect(conninfo)) as session:
        check_server(session, address)
        use_text_settings(session)
        # Commands that would create or migrate the schema wait.
        session.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        with explain_privileges(address):
            _check_empty(session, address)
            yield EmptyDatabase(session)
            session.commit()


class EmptyDatabase:
    """The transaction that fills a database."""

    def __init__(self, session: psycopg.Connection[TupleRow]) -> None:
        self.session = session
        self._schema = 0
        self._tables: dict[str, Table] = {}
        self._indexes: list[str] = []

    def create(self, schema: int) -> None:
        """Create the tables of a schema version, without the indexes that are built faster after loading."""
        _drop_schema(self.session)
        create_version_table(self.session)
        apply_migrations(self.session, after=0, until=schema)
        self._schema = schema
        self._tables = {table.name: table for table in list_tables(self.session) if table.name != VERSION_TABLE}
        self.session.execute(sql.SQL("TRUNCATE {}").format(_names(self._tables)))  # rows that migrations write
        self._indexes = _drop_indexes(self.session, list(self._tables))

    def check(self, parts: Iterable[TablePart]) -> None:
        """Raise BadBackup unless these are exactly the tables and columns of the schema."""
        stored = {part.table: part for part in parts}
        wanted = {name: table for name, table in self._tables.items() if name not in LEFT_OUT}
        if stored.keys() != wanted.keys():
            different = sorted(stored.keys() ^ wanted.keys())
            raise BadBackup(f"{_FOREIGN_SCHEMA}, in the tables {', '.join(different)}.", _OLDER_OR_OTHER)
        for name, table in wanted.items():
            if sorted(stored[name].columns) != sorted(table.columns):
                raise BadBackup(f"{_FOREIGN_SCHEMA}, in the columns of {name}.", _OLDER_OR_OTHER)

    def in_order(self, parts: Sequence[TablePart]) -> list[TablePart]:
        """The parts in an order in which every row finds those that it refers to."""
        order = {name: place for place, name in enumerate(_by_reference(self.session, list(self._tables)))}
        return sorted(parts, key=lambda part: order[part.table])

    def load(self, part: TablePart, chunks: Iterable[bytes]) -> None:
        """Load the rows of one table. Raises BadBackup if PostgreSQL refuses them."""
        table = Table(name=self._tables[part.table].name, columns=part.columns)
        with _explain_refusal(f"rows of the table {table.name}"), self.session.cursor() as cursor:
            with cursor.copy(table.copy_statement("FROM STDIN")) as copy:
                for chunk in chunks:
                    copy.write(chunk)
            rows = cursor.rowcount
        if rows != part.rows:
            raise BadBackup(f"The table {table.name} has {rows:,} rows, not {part.rows:,}.", _OLDER_OR_OTHER)

    def set_sequences(self, sequences: Iterable[SequenceState]) -> None:
        """Continue the numbers of identity columns where the backup was, after the highest one in use."""
        last = {(state.table, state.column): state.last or 0 for state in sequences}
        rows = self.session.execute(
            "SELECT relname::text, attname::text, pg_get_serial_sequence(quote_ident(relname), attname)"
            " FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid"
            " WHERE relnamespace = current_schema()::regnamespace AND relname = ANY(%s) AND attidentity <> ''",
            (list(self._tables),),
        ).fetchall()
        for table, column, sequence in rows:
            highest = sql.SQL("SELECT max({}) FROM {}").format(sql.Identifier(column), sql.Identifier(table))
            row = self.session.execute(highest).fetchone()
            number = max(last.get((table, column), 0), int(row[0] or 0) if row else 0)
            if number > 0:
                self.session.execute("SELECT setval(%s::regclass, %s)", (sequence, number))

    def finish(self) -> int:
        """Build the indexes, migrate to the schema of this version and collect statistics.

        Returns the number of migrations. Raises BadBackup if the rows do not allow it.
        """
        with _explain_refusal("its rows"):
            for definition in self._indexes:
                self.session.execute(definition.encode())
            migrated = apply_migrations(self.session, after=self._schema, until=newest_version())
        self.session.execute(sql.SQL("ANALYZE {}").format(_names(table.name for table in list_tables(self.session))))
        return migrated


@contextmanager
def _explain_refusal(what: str) -> Generator[None]:
    try:
        yield
    except (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded) as error:
        raise BadBackup(
            f"PostgreSQL refuses {what}: {error.diag.message_primary or error}.", _OLDER_OR_OTHER
        ) from error


def _check_empty(session: psycopg.Connection[TupleRow], address: str) -> None:
    tables = [table.name for table in list_tables(session)]
    if not tables:
        return
    session.execute("SELECT set_config('lock_timeout', %s, true)", (LOCK_PATIENCE,))
    try:
        session.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(_names(tables)))
    except psycopg.errors.LockNotAvailable as error:
        raise Conflict(
            f"The database ({address}) is in use.", "Stop the servers and workers of this library, then try again."
        ) from error
    for name in tables:
        if name in {VERSION_TABLE, "library", "library_count", "worker"}:  # they may have rows in an empty library
            continue
        row = session.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(name))).fetchone()
        if row and row[0]:
            raise Conflict(
                f"The database ({address}) already contains a library: its table {name} has rows.",
                "Restore into a new data folder (MIRRORLAKE_HOME) or an empty database (MIRRORLAKE_DATABASE_URL).",
            )


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
    for drop, names in (
        (drop_functions, [name for (name,) in readers]),
        (sql.SQL("DROP TABLE IF EXISTS {}"), tables),
        (drop_functions, functions),
    ):
        if names:
            session.execute(drop.format(_names(names)))


def _drop_indexes(session: psycopg.Connection[TupleRow], tables: list[str]) -> list[str]:
    """Drop the indexes that no constraint needs; return the statements that create them."""
    rows = session.execute(
        "SELECT own.relname::text, pg_get_indexdef(indexrelid) FROM pg_index"
        " JOIN pg_class AS own ON own.oid = indexrelid JOIN pg_class AS relation ON relation.oid = indrelid"
        " WHERE relation.relnamespace = current_schema()::regnamespace AND relation.relname = ANY(%s)"
        " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)"
        " ORDER BY own.relname",
        (tables,),
    ).fetchall()
    if rows:
        session.execute(sql.SQL("DROP INDEX {}").format(_names(name for name, _ in rows)))
    return [definition for _, definition in rows]


def _by_reference(session: psycopg.Connection[TupleRow], tables: list[str]) -> Iterable[str]:
    rows = session.execute(
        "SELECT referring.relname::text, referred.relname::text FROM pg_constraint"
        " JOIN pg_class AS referring ON referring.oid = conrelid JOIN pg_class AS referred ON referred.oid = confrelid"
        " WHERE contype = 'f' AND conrelid <> confrelid"
        " AND referring.relnamespace = current_schema()::regnamespace"
    ).fetchall()
    graph: dict[str, set[str]] = {name: set() for name in tables}
    for referring, referred in rows:
        if referring in graph:
            graph[referring].add(referred)
    return TopologicalSorter(graph).static_order()


def _names(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))
