"""Translate the errors of PostgreSQL and its drivers into our own. Messages never contain a password."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict

from mirrorlake.core.errors import CatalogContended, CatalogError, CatalogUnavailable, DiskFull

P = ParamSpec("P")
T = TypeVar("T")

DISK_FULL = "53100"
CONTENDED = ("40001", "40P01")  # serialization failure, deadlock
PAUSES_S = (0.05, 0.2, 0.8)  # before each further attempt of a transaction that was aborted
# Connection lost or refused; server stopping, crashed or starting; wrong user or password; no such database.
UNAVAILABLE_CLASSES = ("08", "57P", "28", "3D")
AVAILABILITY_FIX = "Run the command again; `mirrorlake doctor` shows the state of the database."
EXTERNAL_FIX = (
    "Check MIRRORLAKE_DATABASE_URL, that the server is running and that it accepts your credentials; then try again."
)
UNREADABLE = "Invalid database address in MIRRORLAKE_DATABASE_URL."
UNREADABLE_FIX = (
    "Write it as postgresql://user:password@host:5432/database. In a password write @ as %40, / as %2F, : as %3A."
)


def address_of(conninfo: str) -> str:
    """The host, port and database of a server, without user and password.

    Raises CatalogUnavailable if the address cannot be parsed. The message does not repeat the address, because it may
    contain a password.
    """
    try:
        parts = conninfo_to_dict(conninfo)
    except psycopg.Error:
        # libpq's own message quotes the part that it could not parse.
        raise CatalogUnavailable(UNREADABLE, UNREADABLE_FIX) from None
    host = str(parts.get("host") or parts.get("hostaddr") or "localhost")
    port = str(parts.get("port") or 5432)
    database = str(parts.get("dbname") or parts.get("user") or "default")
    if "@" in host + database or not port.replace(",", "").isdigit():
        # A password with one of these characters was split: parts of it appear in other fields.
        raise CatalogUnavailable(UNREADABLE, UNREADABLE_FIX)
    where = host if host.startswith("/") else f"{host}:{port}"
    return f"{where}, database {database}"


@contextmanager
def translate_db_errors(address: str) -> Generator[None]:
    """Raise our own errors for driver errors that concern the server rather than the statement."""
    try:
        yield
    except psycopg.OperationalError as error:
        translation = driver_error(address, error.sqlstate, error)
        if translation is None:
            raise
        raise translation from error


def driver_error(address: str, sqlstate: str | None, error: Exception) -> CatalogError | None:
    """Our own error for a driver error that concerns the server; None if it concerns the statement."""
    if sqlstate == DISK_FULL or "No space left on device" in str(error):
        return DiskFull(
            f"No space is left on the disk of the database ({address}).",
            "Free some space and run the command again. Committed work is kept.",
        )
    if sqlstate in CONTENDED:
        return CatalogContended(
            f"PostgreSQL ({address}) rolled back this change because it conflicted with another one.",
            "Nothing was written. Run the command again.",
        )
    if sqlstate is None or sqlstate.startswith(UNAVAILABLE_CLASSES):
        fix = AVAILABILITY_FIX if address.startswith("/") else EXTERNAL_FIX
        return CatalogUnavailable(f"PostgreSQL ({address}) is not available: {_sentence(error)}.", fix)
    if sqlstate.startswith("53"):
        return CatalogUnavailable(
            f"PostgreSQL ({address}) has insufficient resources: {_sentence(error)}.",
            "Close other sessions or raise its limits (max_connections, memory), then run the command again.",
        )
    return None


def retry_on_contention(transaction: Callable[P, T]) -> Callable[P, T]:
    """Make a function that is one transaction retry a few times after serialization failures and deadlocks.

    Its arguments are used again, so none of them may be an iterator.
    """

    @wraps(transaction)
    def done(*args: P.args, **kwargs: P.kwargs) -> T:
        for pause in PAUSES_S:
            try:
                return transaction(*args, **kwargs)
            except CatalogContended:
                # Jitter: two conflicting transactions must not meet again.
                time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
        return transaction(*args, **kwargs)

    return done


def _sentence(error: Exception) -> str:
    """The last line of a driver error that names a cause, without the address before it and the hint after it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip() and not line.endswith("?")]
    said = lines[-1].rpartition(" failed: ")[2] if lines else type(error).__name__
    return said.removesuffix(".")
