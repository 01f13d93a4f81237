"""Read the tables of a catalog in one snapshot, as the text of COPY.

Text rather than the binary format: it is stable across versions of PostgreSQL and machines, and pg_dump relies on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from mirrorlake.model.backups import SequenceState
from mirrorlake.postgres.migrate import VERSION_TABLE, access_names, created_names
from mirrorlake.postgres.schemas import ACCESS, in_schema

# Not part of a backup: a restore applies migrations itself, the processes that work now are not its own, restoring
# assets and objects counts them again, digests of ranges are computed by the next pass, thumbnails are packed again.
LEFT_OUT = frozenset(
    {
        VERSION_TABLE, "asset_count", "embedding_model",
        "folder", "folder_change", "lease", "library_count", "likeness_again", "likeness_failure", "object_change",
        "range_digest", "replaced_model", "search_index", "search_index_declined", "search_use", "stored_answer",
        "thumbnail", "thumbnail_pack",
    }
)  # fmt: skip
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
# As LEFT_OUT: restoring assets counts their fields again.
COUNTED_AGAIN = frozenset(
    {"asset_added", "asset_before", "field_bucket", "field_count", "field_fold", "field_value", "tag_change"}
)
# Of `access`: what belongs to processes and browsers of then. A link that was used since would be valid again.
ACCESS_LEFT_OUT = frozenset({"failed_sign_in", "invitation", "oidc_request", "oidc_used", "session", "worker"})


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


def list_tables(session: psycopg.Connection[TupleRow], schema: str | None = None) -> list[Table]:
    """The tables of ours in a schema, by name. Tables of others in the same schema are left alone.

    `schema` is that of a workspace, `access`, or None for the one that the database's settings choose.
    """
    names = access_names() if schema == ACCESS else created_names("TABLE")
    rows = session.execute(
        "SELECT relation.relname::text, array_agg(attname::text ORDER BY attnum)"
        " FROM pg_class AS relation JOIN pg_attribute ON attrelid = relation.oid"
        " WHERE relkind = 'r' AND relnamespace = to_regnamespace(coalesce(%s::text, quote_ident(current_schema())))"
        " AND relname = ANY(%s) AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
        " GROUP BY relation.relname ORDER BY relation.relname",
        (schema, sorted(names)),
    ).fetchall()
    return [Table(name=name, columns=tuple(columns)) for name, columns in rows]


def saved(tables: Iterable[Table], schema: str | None) -> list[Table]:
    """Those of the tables of a schema that are part of a backup."""
    left_out = ACCESS_LEFT_OUT if schema == ACCESS else LEFT_OUT | COUNTED_AGAIN
    return [table for table in tables if table.name not in left_out]


def schema_version(session: psycopg.Connection[TupleRow]) -> int:
    """The version of the schema of a database."""
    row = session.execute(sql.SQL("SELECT max(version) FROM {}").format(sql.Identifier(VERSION_TABLE))).fetchone()
    return int(row[0] or 0) if row else 0


class CatalogSnapshot:
    """The tables of one schema at one moment, over a connection whose statements all see the same snapshot."""

    def __init__(self, session: psycopg.Connection[TupleRow], schema: str | None = None) -> None:
        self._session = session
        self._schema = schema
        use_text_settings(session)
        self.tables = saved(list_tables(session, schema), schema)

    def count(self, table: Table) -> int:
        """The number of rows of a table."""
        with in_schema(self._session, self._schema):
            query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table.name))
            row = self._session.execute(query).fetchone()
        return int(row[0]) if row else 0

    def lock(self) -> bool:
        """Keep the tables from being dropped. Returns whether they exist: another command may have dropped the schema.

        Named in full: without its schema, a name means a table beside the extensions.
        """
        schema = () if self._schema is None else (self._schema,)
        tables = [sql.Identifier(*schema, table.name) for table in self.tables]
        if not tables:
            return False
        try:
            with self._session.transaction():
                self._session.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(sql.SQL(", ").join(tables)))
        except (psycopg.errors.InvalidSchemaName, psycopg.errors.UndefinedTable):
            return False
        return True

    def rows(self, table: Table) -> Iterator[bytes]:
        """The rows of a table as the text of COPY, in chunks."""
        waiting: list[bytes] = []
        size = 0
        copying = table.copy_statement("TO STDOUT")
        with (
            in_schema(self._session, self._schema),
            self._session.cursor() as cursor,
            cursor.copy(copying) as copy,
        ):
            for data in copy:
                waiting.append(bytes(data))
                size += len(data)
                if size >= CHUNK_BYTES:
                    yield b"".join(waiting)
                    waiting, size = [], 0
        yield b"".join(waiting)

    def sequences(self) -> list[SequenceState]:
        """The last numbers of identity columns. Those may be newer than the snapshot: no number is given twice."""
        with in_schema(self._session, self._schema):
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
        """The digests that name the thumbnails which assets use, each once, in ascending order."""
        # A cursor of the server: their number does not affect memory use here.
        cursor = self._session.cursor("digests", binary=True)
        with in_schema(self._session, self._schema), closing(cursor):
            cursor.itersize = 65_536
            cursor.execute(
                "SELECT DISTINCT coalesce(digest, sample_digest) AS name"  # as {rule.thumbnail_name} of the catalog
                " FROM asset WHERE placeholder IS NOT NULL ORDER BY name"
            )
            for (digest,) in cursor:
                yield bytes(digest)
