"""ADBC connections, which transfer Arrow columns, with their errors translated. Loaded by passes, not by searches."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager

import adbc_driver_manager
import adbc_driver_postgresql.dbapi as adbc  # pyright: ignore[reportMissingTypeStubs] - it has none
from adbc_driver_manager.dbapi import Connection

from mirrorlake.postgres.db_errors import driver_error, translate_db_errors

IDLE_CONNECTIONS = 4


class ArrowConnections:
    """The ADBC connections of one catalog; some are kept idle for reuse. Thread-safe."""

    def __init__(self, conninfo: str, address: str) -> None:
        self._conninfo = conninfo
        self._address = address
        self._lock = threading.Lock()
        self._idle: list[Connection] = []
        self._closed = False

    @contextmanager
    def taken(self) -> Generator[Connection]:
        """A connection in one transaction: committed at the end, rolled back on an error."""
        with translate_db_errors(self._address), _translated(self._address):
            connection = self._take()
            try:
                yield connection
                connection.commit()
            except BaseException:
                # A connection in an unknown state is not reused; closing it rolls back.
                connection.close()
                raise
            self._give(connection)

    def close(self) -> None:
        """Close idle connections. Connections in use are closed when they are returned."""
        self._closed = True
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take(self) -> Connection:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        connection = adbc.connect(self._conninfo)
        with connection.cursor() as cursor:
            cursor.execute("SET TIME ZONE 'UTC'")
            # libpq prints notices ("relation exists already, skipping") to the terminal of the user.
            cursor.execute("SET client_min_messages = 'warning'")
        connection.commit()
        return connection

    def _give(self, connection: Connection) -> None:
        with self._lock:
            if not self._closed and len(self._idle) < IDLE_CONNECTIONS:
                self._idle.append(connection)
                return
        connection.close()


@contextmanager
def _translated(address: str) -> Generator[None]:
    try:
        yield
    except adbc_driver_manager.Error as error:
        sqlstate = error.sqlstate
        if sqlstate is None and error.status_code is not adbc_driver_manager.AdbcStatusCode.IO:
            raise
        translation = driver_error(address, sqlstate, error)
        if translation is None:
            raise
        raise translation from error
