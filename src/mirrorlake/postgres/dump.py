"""Read the tables of a catalog in one snapshot, as the text of COPY.

Text rather than the binary format: it is stable across versions of PostgreSQL and machines, and pg_dump relies on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from mirrorlake.model.backups import SequenceState
from mirrorlake.postgres.migrate import VERSION_TABLE, created_names

# Not part of a backup: a restore applies migrations itself, the processes that work now are not its own, restoring
# assets and objects counts them again, and digests of ranges are computed by the next pass.
LEFT_OUT = frozenset(
    {VERSION_TABLE, "asset_count", "lease", "library_count", "object_change", "range_digest", "worker"}
)
CHUNK_BYTES = 1 << 20
# What decides how values are written; a restore sets the same.
_TEXT_SETTINGS = {
    "client_encoding": "UTF8",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "extra_float_digits": "1",  # floats exactly
    "bytea_output": "hex",
    "timezone": "UTC",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table and its stored columns, without generated ones."""

    name: str
    columns: tuple[str, ...]

    def copy_statement(self, direction: str) -> sql.Composed:
        """COPY of its columns, `TO STDOUT` or `FROM STDIN`."""
        columns = sql.SQL(", ").join(map(sql.Identifier, self.columns))
        return sql.SQL("COPY {} ({}) {}").format(sql.Identifier(self.name), columns, _DIRECTIONS[direction])


_DIRECTIONS = {direction: sql.SQL(direction) for direction in ("TO STDOUT", "FROM STDIN")}


def use_text_settings(session: psycopg.Connection[TupleRow]) -> None:
    """Make values of the current transaction independent of the settings of the server and the user."""
    for name, value in _TEXT_SETTINGS.items():
        session.execute("SELECT set_config(%s, %s, true)", (name, value))


def list_tables(session: psycopg.Connection[TupleRow]) -> list[Table]:
    """The tables of ours in this database, by name. Tables of others in the same schema are left alone."""
    rows = session.execute(
        "SELECT relation.relname::text, array_agg(attname::text ORDER BY attnum)"
        " FROM pg_class AS relation JOIN pg_attribute ON attrelid = relation.oid"
        " WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace AND relname = ANY(%s)"
        " AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
        " GROUP BY relation.relname ORDER BY relation.relname",
        (sorted(created_names("TABLE")),),
    ).fetchall()
    return [Table(name=name, columns=tuple(columns)) for name, columns in rows]


class CatalogSnapshot:
    """A catalog at one moment, over a connection whose statements all see the same snapshot."""

    def __init__(self, session: psycopg.Connection[TupleRow]) -> None:
        self._session = session
        use_text_settings(session)
        self.tables = [table for table in list_tables(session) if table.name not in LEFT_OUT]

    def schema(self) -> int:
        """The version of its schema."""
        return self._number(sql.SQL("SELECT max(version) FROM {}").format(sql.Identifier(VERSION_TABLE)))

    def count(self, table: Table) -> int:
        """The number of rows of a table."""
        return self._number(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table.name)))

    def rows(self, table: Table) -> Iterator[bytes]:
        """The rows of a table as the text of COPY, in chunks."""
        waiting: list[bytes] = []
        size = 0
        with self._session.cursor() as cursor, cursor.copy(table.copy_statement("TO STDOUT")) as copy:
            for data in copy:
                waiting.append(bytes(data))
                size += len(data)
                if size >= CHUNK_BYTES:
                    yield b"".join(waiting)
                    waiting, size = [], 0
        yield b"".join(waiting)

    def sequences(self) -> list[SequenceState]:
        """The last numbers of identity columns. Those may be newer than the snapshot: no number is given twice."""
        rows = self._session.execute(
            "SELECT relname::text, attname::text,"
            " pg_sequence_last_value(pg_get_serial_sequence(quote_ident(relname), attname)::regclass)"
            " FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid"
            " WHERE relnamespace = current_schema()::regnamespace AND relname = ANY(%s) AND attidentity <> ''"
            " ORDER BY relname, attnum",
            ([table.name for table in self.tables],),
        ).fetchall()
        return [SequenceState(table=table, column=column, last=last) for table, column, last in rows]

    def thumbnail_digests(self) -> Iterator[bytes]:
        """The digests of all thumbnails that assets use, each once, in ascending order."""
        # A cursor of the server: their number does not affect memory use here.
        with closing(self._session.cursor("digests", binary=True)) as cursor:
            cursor.itersize = 65_536
            cursor.execute("SELECT DISTINCT digest FROM asset WHERE placeholder IS NOT NULL ORDER BY digest")
            for (digest,) in cursor:
                yield bytes(digest)

    def _number(self, query: sql.Composed) -> int:
        row = self._session.execute(query).fetchone()
        return int(row[0] or 0) if row else 0
