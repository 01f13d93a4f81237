"""Load the rows of one schema of a backup: a workspace, or `access`."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from graphlib import TopologicalSorter
from typing import Final

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from mirrorlake.core.errors import BadBackup
from mirrorlake.model.backups import SchemaPart, SequenceState, TablePart
from mirrorlake.postgres.dump import Table, list_tables, saved
from mirrorlake.postgres.migrate import VERSION_TABLE
from mirrorlake.postgres.schemas import ACCESS, in_schema

# Checked by triggers, not by constraints: tables, each with those that its rows refer to.
REFERENCES: Final = {"annotation": ("asset", "label_class"), "label_file": ("datasource",), "outcome": ("run",)}
OLDER_OR_OTHER = "Use another backup. This one was changed after it was written."
_FOREIGN_SCHEMA = "The backup does not fit the schema that it names"


class SchemaLoad:
    """Fills the tables of one schema, which were just created, in the current transaction."""

    def __init__(self, session: psycopg.Connection[TupleRow], schema: str | None) -> None:
        """Removes the rows that migrations write, and the indexes that are built faster after loading."""
        self.schema = schema
        self._session = session
        self._tables = {table.name: table for table in list_tables(session, schema) if table.name != VERSION_TABLE}
        with in_schema(session, schema):
            written = self._tables.keys() - {"activity"}  # which is append-only, and which no migration writes
            if written:
                session.execute(sql.SQL("TRUNCATE {}").format(names(written)))
            self._indexes = [] if schema == ACCESS else _drop_indexes(session, list(self._tables))

    def check(self, parts: Iterable[TablePart]) -> None:
        """Raise BadBackup unless these are exactly the tables and columns of the schema."""
        stored = {part.table: part for part in parts}
        wanted = {table.name: table for table in saved(self._tables.values(), self.schema)}
        if stored.keys() != wanted.keys():
            different = sorted(stored.keys() ^ wanted.keys())
            raise BadBackup(f"{_FOREIGN_SCHEMA}, in the tables {', '.join(different)}.", OLDER_OR_OTHER)
        for name, table in wanted.items():
            if sorted(stored[name].columns) != sorted(table.columns):
                raise BadBackup(f"{_FOREIGN_SCHEMA}, in the columns of {name}.", OLDER_OR_OTHER)

    def load(self, content: SchemaPart, rows: Callable[[TablePart], Iterable[bytes]]) -> None:
        """Load all tables, in an order in which every row finds those that it refers to.

        `rows` reads the text of COPY of a table. Raises BadBackup if PostgreSQL refuses something.
        """
        with in_schema(self._session, self.schema):
            order = {name: place for place, name in enumerate(_by_reference(self._session, list(self._tables)))}
            for part in sorted(content.tables, key=lambda part: order[part.table]):
                self._load(part, rows(part))
            self._set_sequences(content.sequences)

    def finish(self) -> None:
        """Build the indexes. Raises BadBackup if the rows do not allow it."""
        with in_schema(self._session, self.schema), _explain_refusal("its rows"):
            for definition in self._indexes:
                self._session.execute(definition.encode())

    def analyze(self) -> None:
        """Collect statistics, of the tables that there are by now."""
        tables = [table.name for table in list_tables(self._session, self.schema)]
        with in_schema(self._session, self.schema):
            self._session.execute(sql.SQL("ANALYZE {}").format(names(tables)))

    def _load(self, part: TablePart, chunks: Iterable[bytes]) -> None:
        table = Table(name=self._tables[part.table].name, columns=part.columns)
        with _explain_refusal(f"rows of the table {table.name}"), self._session.cursor() as cursor:
            with cursor.copy(table.copy_statement("FROM STDIN")) as copy:
                for chunk in chunks:
                    copy.write(chunk)
            loaded = cursor.rowcount
        if loaded != part.rows:
            raise BadBackup(f"The table {table.name} has {loaded:,} rows, not {part.rows:,}.", OLDER_OR_OTHER)

    def _set_sequences(self, sequences: Iterable[SequenceState]) -> None:
        """Continue the numbers of identity columns where the backup was, after the highest one in use."""
        last = {(state.table, state.column): state.last or 0 for state in sequences}
        rows = self._session.execute(
            "SELECT relname::text, attname::text, pg_get_serial_sequence(quote_ident(relname), attname)"
            " FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid"
            " WHERE relnamespace = current_schema()::regnamespace AND relname = ANY(%s) AND attidentity <> ''",
            (list(self._tables),),
        ).fetchall()
        for table, column, sequence in rows:
            highest = sql.SQL("SELECT max({}) FROM {}").format(sql.Identifier(column), sql.Identifier(table))
            row = self._session.execute(highest).fetchone()
            number = max(last.get((table, column), 0), int(row[0] or 0) if row else 0)
            if number > 0:
                self._session.execute("SELECT setval(%s::regclass, %s)", (sequence, number))


def names(tables: Iterable[str]) -> sql.Composed:
    """Names of tables or functions, separated by commas."""
    return sql.SQL(", ").join(map(sql.Identifier, tables))


@contextmanager
def _explain_refusal(what: str) -> Generator[None]:
    try:
        yield
    except (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded) as error:
        raise BadBackup(f"PostgreSQL refuses {what}: {error.diag.message_primary or error}.", OLDER_OR_OTHER) from error


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
        session.execute(sql.SQL("DROP INDEX {}").format(names(name for name, _ in rows)))
    return [definition for _, definition in rows]


def _by_reference(session: psycopg.Connection[TupleRow], tables: list[str]) -> Iterable[str]:
    rows = session.execute(
        "SELECT referring.relname::text, referred.relname::text FROM pg_constraint"
        " JOIN pg_class AS referring ON referring.oid = conrelid JOIN pg_class AS referred ON referred.oid = confrelid"
        " WHERE contype = 'f' AND conrelid <> confrelid"
        " AND referring.relnamespace = current_schema()::regnamespace"
    ).fetchall()
    graph: dict[str, set[str]] = {name: set() for name in tables}
    by_trigger = [(name, referred) for name, several in REFERENCES.items() for referred in several]
    for referring, referred in [*rows, *by_trigger]:
        if referring in graph and referred in graph:
            graph[referring].add(referred)
    return TopologicalSorter(graph).static_order()
