"""Connections to the catalog: a small psycopg pool for rows, ADBC for columns; faults translated once, here."""

from __future__ import annotations

import logging
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

import adbc_driver_postgresql.dbapi as adbc  # pyright: ignore[reportMissingTypeStubs] - it has none
import psycopg
from adbc_driver_manager.dbapi import Connection as ArrowConnection
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from mirrorlake.catalog.embedded import ensure_running
from mirrorlake.catalog.faults import address_of, translated
from mirrorlake.catalog.migrate import migrate
from mirrorlake.settings import Settings

POOL_SIZE = 8  # requests of people; a pass has its own session and its ADBC connections
POOL_WAIT_S = 30.0
IDLE_ARROW_CONNECTIONS = 4

# The pool replaces broken connections by itself; without a handler its warnings would go to people's terminals.
logging.getLogger("psycopg").addHandler(logging.NullHandler())


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
        self._idle_arrow: list[ArrowConnection] = []
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
        with translated(self.address), self._pooled() as connection:
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
        with translated(self.address), self._pooled() as connection:
            yield connection

    @contextmanager
    def arrow(self) -> Generator[ArrowConnection]:
        """An ADBC connection in one transaction, committed at the end, rolled back on an error."""
        with translated(self.address):
            connection = self._take_arrow()
            try:
                yield connection
                connection.commit()
            except BaseException:
                # A connection in an unknown state is not used again; closing it rolls back.
                connection.close()
                raise
            self._give_arrow(connection)

    def session(self) -> psycopg.Connection[TupleRow]:
        """A connection of one's own, in autocommit, for as long as the caller keeps it open."""
        with translated(self.address):
            connection = psycopg.connect(self.conninfo, autocommit=True)
            _configure(connection)
            return connection

    def close(self) -> None:
        """Give back all connections. The catalog is not used afterwards."""
        self._closed = True
        with self._opening:
            idle, self._idle_arrow = self._idle_arrow, []
        for connection in idle:
            connection.close()
        self._pool.close()

    @contextmanager
    def _pooled(self) -> Generator[psycopg.Connection[TupleRow]]:
        with self._opening:
            if self._pool.closed and not self._closed:
                # The pool would retry for long and hide the reason; one plain connection tells it at once.
                psycopg.connect(self.conninfo).close()
                self._pool.open()
        with self._pool.connection() as connection:
            yield connection

    def _take_arrow(self) -> ArrowConnection:
        with self._opening:
            if self._idle_arrow:
                return self._idle_arrow.pop()
        connection = adbc.connect(self.conninfo)
        with connection.cursor() as cursor:
            cursor.execute("SET TIME ZONE 'UTC'")
            # libpq prints notices ("relation exists already, skipping") where people read our output.
            cursor.execute("SET client_min_messages = 'warning'")
        connection.commit()
        return connection

    def _give_arrow(self, connection: ArrowConnection) -> None:
        with self._opening:
            if not self._closed and len(self._idle_arrow) < IDLE_ARROW_CONNECTIONS:
                self._idle_arrow.append(connection)
                return
        connection.close()


def open_catalog(settings: Settings) -> Catalog:
    """The library's catalog, migrated and ready: the embedded PostgreSQL, or the one that the settings name.

    Raises CatalogUnavailable or DiskFull with the reason, CatalogError where the server or its database does not fit.
    """
    conninfo = settings.database_url or ensure_running(settings.home)
    catalog = Catalog(conninfo)
    try:
        with translated(catalog.address):
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
