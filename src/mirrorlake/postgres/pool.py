"""Connections to the catalog: a small psycopg pool for rows, ADBC for columns (`adbc.py`, loaded on first use)."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Generator
from contextlib import AbstractContextManager, closing, contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

import orjson
import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import set_json_loads
from psycopg_pool import ConnectionPool

from mirrorlake.core.errors import CatalogUnavailable, NotFound
from mirrorlake.core.settings import Settings
from mirrorlake.postgres.db_errors import describe_address, translate_db_errors
from mirrorlake.postgres.migrate import migrate
from mirrorlake.postgres.schemas import SchemaConnection
from mirrorlake.postgres.server_lock import find_running

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection as ArrowConnection

POOL_SIZE = 8  # for requests of people; a pass has its own session and its ADBC connections
POOL_WAIT_S = 30.0

# The pool replaces broken connections automatically. Without a handler its warnings would reach the terminal.
logging.getLogger("psycopg").addHandler(logging.NullHandler())


class _ArrowConnections(Protocol):
    """The methods used of `adbc.ArrowConnections`, which is imported by name only for column transfers."""

    def acquire(self, schema: str | None) -> AbstractContextManager[ArrowConnection]: ...
    def close(self) -> None: ...


class Catalog:
    """The database of one workspace. Thread-safe. Close it, or use it as a context manager.

    The workspaces of a library share its connections: `in_schema` is the catalog of another one.
    """

    def __init__(self, conninfo: str) -> None:
        """The catalog of the workspace `default`. Does not connect yet; `open_catalog` also migrates."""
        self.conninfo = conninfo
        self.address = describe_address(conninfo)
        self.schema: str | None = None  # None: the schema that the database's settings choose
        self._shared = _Connections(conninfo, self.address)
        self._owner = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def in_schema(self, schema: str | None) -> Catalog:
        """The catalog of the workspace whose tables are in this schema, over the same connections.

        Closing it does nothing, and it cannot be used after this one was closed.
        """
        other = object.__new__(Catalog)
        other.conninfo, other.address, other.schema = self.conninfo, self.address, schema
        other._shared, other._owner = self._shared, False
        return other

    @contextmanager
    def read(self, *, one_snapshot: bool = False) -> Generator[psycopg.Connection[TupleRow]]:
        """A connection in one read-only transaction; with `one_snapshot`, all its statements see the same rows."""
        with self._translated(), self._shared.pooled(self.schema) as connection:
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ if one_snapshot else None
            try:
                yield connection
            finally:
                if not connection.closed:
                    connection.rollback()
                    connection.read_only = None
                    connection.isolation_level = None

    @contextmanager
    def write(self) -> Generator[psycopg.Connection[TupleRow]]:
        """A connection in one transaction: committed at the end, rolled back on an error."""
        with self._translated(), self._shared.pooled(self.schema) as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Generator[psycopg.Connection[TupleRow]]:
        """A separate read-only connection whose statements all see the same snapshot."""
        with self._translated(), closing(self.session()) as connection:
            connection.autocommit = False
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            yield connection

    @contextmanager
    def arrow(self) -> Generator[ArrowConnection]:
        """An ADBC connection in one transaction: committed at the end, rolled back on an error."""
        with self._shared.arrow().acquire(self.schema) as connection:
            yield connection

    def session(self) -> SchemaConnection:
        """A separate connection in autocommit mode, open as long as the caller keeps it."""
        with translate_db_errors(self.address):
            connection = SchemaConnection.connect(self.conninfo, autocommit=True)
            _configure(connection)
            connection.enter(self.schema)
            return connection

    @contextmanager
    def probe(self, seconds: int) -> Generator[psycopg.Connection[TupleRow]]:
        """A connection of its own for a quick question: connecting and each statement fail after `seconds`.

        It waits for no connection of the pool, and does not start the embedded server.
        """
        with translate_db_errors(self.address):
            connection = psycopg.connect(
                self.conninfo, autocommit=True, connect_timeout=seconds, tcp_user_timeout=1000 * seconds
            )
            with closing(connection):
                connection.execute("SELECT set_config('statement_timeout', %s, false)", (f"{1000 * seconds}ms",))
                try:
                    yield connection
                except psycopg.errors.QueryCanceled as error:
                    raise CatalogUnavailable(
                        f"PostgreSQL ({self.address}) did not answer within {seconds} s."
                    ) from error

    @contextmanager
    def _translated(self) -> Generator[None]:
        """Raise our own errors for what is not the fault of a statement; NotFound if the workspace was deleted."""
        try:
            with translate_db_errors(self.address):
                yield
        except psycopg.errors.UndefinedTable as error:
            if self.schema is None or self._has_schema():
                raise
            raise NotFound("This workspace was deleted.", "Choose another one.") from error

    def _has_schema(self) -> bool:
        with translate_db_errors(self.address), self._shared.pooled(None) as connection:
            row = connection.execute("SELECT to_regnamespace(%s) IS NOT NULL", (self.schema,)).fetchone()
            return row is not None and bool(row[0])

    def close(self) -> None:
        """Close all connections. The catalog cannot be used afterwards."""
        if self._owner:
            self._shared.close()


class _Connections:
    """The connections that the workspaces of a library share. Each is opened on first use. Thread-safe."""

    def __init__(self, conninfo: str, address: str) -> None:
        self._conninfo = conninfo
        self._address = address
        self._pool = ConnectionPool(
            conninfo,
            connection_class=SchemaConnection,
            # One connection stays open, so that the embedded server in use does not stop as idle.
            min_size=1,
            max_size=POOL_SIZE,
            timeout=POOL_WAIT_S,
            configure=_configure,
            # PostgreSQL may have restarted: a stale connection is replaced, not returned.
            check=ConnectionPool.check_connection,
            open=False,
            name="catalog",
        )
        self._opening = threading.Lock()
        self._arrow: _ArrowConnections | None = None
        self._closed = False

    @contextmanager
    def pooled(self, schema: str | None) -> Generator[psycopg.Connection[TupleRow]]:
        """A connection of the pool that finds tables in this schema."""
        with self._opening:
            if self._pool.closed and not self._closed:
                # The pool would retry for long and hide the reason. One plain connection reports it immediately.
                psycopg.connect(self._conninfo).close()
                self._pool.open()
        with self._pool.connection() as connection:
            connection.enter(schema)
            yield connection

    def arrow(self) -> _ArrowConnections:
        """The ADBC connections."""
        with self._opening:
            from mirrorlake.postgres.adbc import ArrowConnections  # noqa: PLC0415  its libraries cost 0.3 s that a search need not spend

            found = self._arrow or ArrowConnections(self._conninfo, self._address)
            self._arrow = found
            return found

    def close(self) -> None:
        """Close all of them, for good."""
        self._closed = True
        if self._arrow is not None:
            self._arrow.close()
        self._pool.close()


def find_database(settings: Settings) -> str:
    """The conninfo of the library's database; the embedded PostgreSQL is started. Does not connect or migrate.

    Raises CatalogUnavailable or DiskFull.
    """
    conninfo = settings.database_url or find_running(settings.home)
    if conninfo is None:
        from mirrorlake.postgres.embedded import ensure_running  # noqa: PLC0415  not needed where a server is named

        conninfo = ensure_running(settings.home)
    return conninfo


def open_catalog(settings: Settings) -> Catalog:
    """Open the library's catalog and migrate it: the embedded PostgreSQL, or the one that the settings name.

    Raises CatalogUnavailable or DiskFull with the reason, CatalogError if the server or its database does not qualify.
    """
    conninfo = find_database(settings)
    catalog = Catalog(conninfo)
    try:
        with translate_db_errors(catalog.address):
            migrate(conninfo, address=catalog.address)
    except BaseException:
        catalog.close()
        raise
    return catalog


def limit_time(connection: psycopg.Connection[TupleRow], seconds: float) -> None:
    """Let statements of the current transaction fail with QueryCanceled after this time."""
    connection.execute("SELECT set_config('statement_timeout', %s, true)", (f"{max(1, round(seconds * 1000))}ms",))


def _read_json(text: str | bytes) -> Any:
    """JSON as it was stored: jsonb writes a large float, such as 1e22, as an integer that JSON writers refuse."""
    try:
        return orjson.loads(text)  # an integer of more than 64 bits is a float
    except orjson.JSONDecodeError:  # one of hundreds of digits
        return json.loads(text, parse_int=float)


def _configure(connection: psycopg.Connection[TupleRow]) -> None:
    autocommit = connection.autocommit
    connection.autocommit = True
    connection.execute("SET TIME ZONE 'UTC'")
    connection.autocommit = autocommit
    set_json_loads(_read_json, connection)
