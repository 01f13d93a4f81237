"""Connections to the catalog: a small psycopg pool for rows, ADBC for columns (`arrow.py`, loaded when first asked)."""

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
from mirrorlake.postgres.db_errors import address_of, translate_db_errors
from mirrorlake.postgres.migrate import migrate
from mirrorlake.postgres.server_lock import running

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection as ArrowConnection

POOL_SIZE = 8  # requests of people; a pass has its own session and its ADBC connections
POOL_WAIT_S = 30.0

# The pool replaces broken connections by itself; without a handler its warnings would go to people's terminals.
logging.getLogger("psycopg").addHandler(logging.NullHandler())


class _ArrowConnections(Protocol):
    """What is asked of `arrow.ArrowConnections`, which is imported by name only when columns flow."""

    def taken(self) -> AbstractContextManager[ArrowConnection]: ...
    def close(self) -> None: ...


class Catalog:
    """The database of one library. Thread-safe. Close it, or use it as a context manager."""

    def __init__(self, conninfo: str) -> None:
        """Connects to nothing yet; `open_catalog` also migrates."""
        self.conninfo = conninfo
        self.address = address_of(conninfo)
        self._pool = ConnectionPool(
            conninfo,
            # One stays connected, so that an embedded server does not think itself idle below us.
            min_size=1,
            max_size=POOL_SIZE,
            timeout=POOL_WAIT_S,
            configure=_configure,
            # PostgreSQL may have been restarted since: a stale connection is replaced, not handed out.
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
        with translate_db_errors(self.address), self._pooled() as connection:
            connection.read_only = True
            try:
                yield connection
            finally:
                if not connection.closed:
                    connection.rollback()
                    connection.read_only = None

    @contextmanager
    def write(self) -> Generator[psycopg.Connection[TupleRow]]:
        """A connection in one transaction, committed at the end, rolled back on an error."""
        with translate_db_errors(self.address), self._pooled() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Generator[psycopg.Connection[TupleRow]]:
        """A read-only connection of one's own, all of whose statements see the same moment."""
        with translate_db_errors(self.address), closing(self.session()) as connection:
            connection.autocommit = False
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            yield connection

    @contextmanager
    def arrow(self) -> Generator[ArrowConnection]:
        """An ADBC connection in one transaction, committed at the end, rolled back on an error."""
        with self._arrow_connections().taken() as connection:
            yield connection

    def session(self) -> psycopg.Connection[TupleRow]:
        """A connection of one's own, in autocommit, for as long as the caller keeps it open."""
        with translate_db_errors(self.address):
            connection = psycopg.connect(self.conninfo, autocommit=True)
            _configure(connection)
            return connection

    def close(self) -> None:
        """Give back all connections. The catalog is not used afterwards."""
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
    def _pooled(self) -> Generator[psycopg.Connection[TupleRow]]:
        with self._opening:
            if self._pool.closed and not self._closed:
                # The pool would retry for long and hide the reason; one plain connection tells it at once.
                psycopg.connect(self.conninfo).close()
                self._pool.open()
        with self._pool.connection() as connection:
            yield connection


def open_catalog(settings: Settings) -> Catalog:
    """The library's catalog, migrated and ready: the embedded PostgreSQL, or the one that the settings name.

    Raises CatalogUnavailable or DiskFull with the reason, CatalogError where the server or its database does not fit.
    """
    conninfo = settings.database_url or running(settings.home)
    if conninfo is None:
        from mirrorlake.postgres.embedded import ensure_running  # noqa: PLC0415  not needed where a server is named

        conninfo = ensure_running(settings.home)
    catalog = Catalog(conninfo)
    try:
        with translate_db_errors(catalog.address):
            migrate(conninfo, address=catalog.address)
    except BaseException:
        catalog.close()
        raise
    return catalog


def _configure(connection: psycopg.Connection[TupleRow]) -> None:
    autocommit = connection.autocommit
    connection.autocommit = True
    connection.execute("SET TIME ZONE 'UTC'")
    connection.autocommit = autocommit
