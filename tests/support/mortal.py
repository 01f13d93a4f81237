"""A catalog whose user is killed between two transactions: nothing more is written, and its sessions are gone."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import psycopg
from adbc_driver_manager.dbapi import Connection as ArrowConnection
from psycopg.rows import TupleRow

from mirrorlake.postgres.pool import Catalog


class Killed(BaseException):
    """Like SIGKILL: nothing below is notified, nothing is cleaned up in the database."""


class Mortal(Catalog):
    """As any catalog, but within `dying` its user lives for a limited number of transactions."""

    def __init__(self, conninfo: str) -> None:
        super().__init__(conninfo)
        self._left: int | None = None  # transactions to live for; None: for ever
        self._after_commit = False

    @contextmanager
    def dying(self, transactions: int, *, after_commit: bool) -> Generator[None]:
        """The last transaction is committed before its user dies, or is not."""
        self._left, self._after_commit = transactions, after_commit
        try:
            yield
        finally:
            self._left = None

    @contextmanager
    def arrow(self) -> Generator[ArrowConnection]:
        last = self._counted()
        with super().arrow() as connection:
            yield connection
            if last and not self._after_commit:
                raise Killed
        if last:
            raise Killed

    @contextmanager
    def write(self) -> Generator[psycopg.Connection[TupleRow]]:
        last = self._counted()
        with super().write() as connection:
            yield connection
            if last and not self._after_commit:
                raise Killed
        if last:
            raise Killed

    def _counted(self) -> bool:
        """Whether this is the last transaction."""
        if self._left is None:
            return False
        if self._left <= 0:
            raise Killed
        self._left -= 1
        return self._left == 0
