"""ADBC connections, which transfer Arrow columns, with their errors translated. Loaded by passes, not by searches."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager

import adbc_driver_manager
import adbc_driver_postgresql.dbapi as adbc  # pyright: ignore[reportMissingTypeStubs] - it has none
from adbc_driver_manager.dbapi import Connection

from mirrorlake.postgres.db_errors import driver_error, translate_db_errors
from mirrorlake.postgres.schemas import path_statement

IDLE_CONNECTIONS = 4


class ArrowConnections:
    """The ADBC connections of one catalog; some are kept idle for reuse. Thread-safe."""

    def __init__(self, conninfo: str, address: str) -> None:
        self._conninfo = conninfo
        self._address = address
        self._lock = threading.Lock()
        self._idle: list[tuple[str | None, Connection]] = []  # with the schema of each
        self._closed = False

    @contextmanager
    def acquire(self, schema: str | None) -> Generator[Connection]:
        """A connection in one transaction: committed at the end, rolled back on an error. See `Catalog.in_schema`."""
        with translate_db_errors(self._address), _translate_errors(self._address):
            connection = self._take(schema)
            try:
                yield connection
                connection.commit()
            except BaseException:
                # A connection in an unknown state is not reused; closing it rolls back.
                connection.close()
                raise
            self._give(schema, connection)

    def close(self) -> None:
        """Close idle connections. Connections in use are closed when they are returned."""
        self._closed = True
        with self._lock:
            idle, self._idle = self._idle, []
        for _, connection in idle:
            connection.close()

    def _take(self, schema: str | None) -> Connection:
        while (idle := self._take_idle(schema)) is not None:
            if _is_alive(idle):
                return idle
            idle.close()
        connection = adbc.connect(self._conninfo)
        with connection.cursor() as cursor:
            cursor.execute("SET TIME ZONE 'UTC'")
            # libpq prints notices ("relation exists already, skipping") to the terminal of the user.
            cursor.execute("SET client_min_messages = 'warning'")
            if schema is not None:
                cursor.execute(path_statement(schema).as_string())
        connection.commit()
        return connection

    def _take_idle(self, schema: str | None) -> Connection | None:
        with self._lock:
            for at, (of, connection) in enumerate(self._idle):
                if of == schema:
                    del self._idle[at]
                    return connection
        return None

    def _give(self, schema: str | None, connection: Connection) -> None:
        spare: Connection | None = connection
        with self._lock:
            if not self._closed:
                self._idle.append((schema, connection))
                # Of many workspaces, those that were used last keep theirs.
                spare = self._idle.pop(0)[1] if len(self._idle) > IDLE_CONNECTIONS else None
        if spare is not None:
            spare.close()


def _is_alive(connection: Connection) -> bool:
    """Whether an idle connection still works: PostgreSQL may have restarted."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        connection.rollback()
    except adbc_driver_manager.Error:
        return False
    return True


@contextmanager
def _translate_errors(address: str) -> Generator[None]:
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
