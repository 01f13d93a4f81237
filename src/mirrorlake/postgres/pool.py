"""Connections to the catalog: a small psycopg pool for rows, ADBC for columns (`adbc.py`, loaded on first use)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Generator
from contextlib import AbstractContextManager, closing, contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

import psycopg
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from mirrorlake.core.settings import Settings
from mirrorlake.postgres.db_errors import describe_address, translate_db_errors
from mirrorlake.postgres.migrate import migrate
from mirrorlake.postgres.server_lock import find_running

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection as ArrowConnection

POOL_SIZE = 8  # for requests of people; a pass has its own session and its ADBC connections
POOL_WAIT_S = 30.0

# The pool replaces broken connections automatically. Without a handler its warnings would reach the terminal.
logging.getLogger("psycopg").addHandler(logging.NullHandler())


class _ArrowConnections(Protocol):
    """The methods used of `adbc.ArrowConnections`, which is imported by name only for column transfers."""

    def acquire(self) -> AbstractContextManager[ArrowConnection]: ...
    def close(self) -> None: ...


class Catalog:
    """The database of one library. Thread-safe. Close it, or use it as a context manager."""

    def __init__(self, conninfo: str) -> None:
        """Does not connect yet; `open_catalog` also migrates."""
        self.conninfo = conninfo
        self.address = describe_address(conninfo)
        self._pool = ConnectionPool(
            conninfo,
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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def read(self) -> Generator[psycopg.Connection[TupleRow]]:
        """A connection in one read-only transaction."""
        with translate_db_errors(self.address), self._pooled_connection() as connection:
            connection.read_only = True
            try:
                yield connection
            finally:
                if not connection.closed:
                    connection.rollback()
                    connection.read_only = None

    @contextmanager
    def write(self) -> Generator[psycopg.Connection[TupleRow]]:
        """A connection in one transaction: committed at the end, rolled back on an error."""
        with translate_db_errors(self.address), self._pooled_connection() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Generator[psycopg.Connection[TupleRow]]:
        """A separate read-only connection whose statements all see the same snapshot."""
        with translate_db_errors(self.address), closing(self.session()) as connection:
            connection.autocommit = False
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            yield connection

    @contextmanager
    def arrow(self) -> Generator[ArrowConnection]:
        """An ADBC connection in one transaction: committed at the end, rolled back on an error."""
        with self._arrow_connections().acquire() as connection:
            yield connection

    def session(self) -> psycopg.Connection[TupleRow]:
        """A separate connection in autocommit mode, open as long as the caller keeps it."""
        with translate_db_errors(self.address):
            connection = psycopg.connect(self.conninfo, autocommit=True)
            _configure(connection)
            return connection

    def close(self) -> None:
        """Close all connections. The catalog cannot be used afterwards."""
        self._closed = True
        if self._arrow is not None:
            self._arrow.close()
        self._pool.close()

    def _arrow_connections(self) -> _ArrowConnections:
        with self._opening:
            from mirrorlake.postgres.adbc import ArrowConnections  # noqa: PLC0415  its libraries cost 0.3 s that a search need not spend

            found = self._arrow or ArrowConnections(self.conninfo, self.address)
            self._arrow = found
            return found

    @contextmanager
    def _pooled_connection(self) -> Generator[psycopg.Connection[TupleRow]]:
        with self._opening:
            if self._pool.closed and not self._closed:
                # The pool would retry for long and hide the reason. One plain connection reports it immediately.
                psycopg.connect(self.conninfo).close()
                self._pool.open()
        with self._pool.connection() as connection:
            yield connection


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


def limit_time(connection: psycopg.Connection[TupleRow], seconds: int) -> None:
    """Let statements of the current transaction fail with QueryCanceled after this time."""
    connection.execute("SELECT set_config('statement_timeout', %s, true)", (f"{seconds}s",))


def _configure(connection: psycopg.Connection[TupleRow]) -> None:
    autocommit = connection.autocommit
    connection.autocommit = True
    connection.execute("SET TIME ZONE 'UTC'")
    connection.autocommit = autocommit
