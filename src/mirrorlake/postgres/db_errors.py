"""What PostgreSQL and its drivers raise, said once in our own words; never with a password in them."""

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
PAUSES_S = (0.05, 0.2, 0.8)  # before each further try of a transaction that had to give way
# Connection lost or refused; server stopping, crashed or starting; wrong user or password; no such database.
UNAVAILABLE_CLASSES = ("08", "57P", "28", "3D")
AVAILABILITY_FIX = "Run the command again; `mirrorlake doctor` tells how the database is."
EXTERNAL_FIX = "Check MIRRORLAKE_DATABASE_URL, and that this server runs and lets you in; then run the command again."
UNREADABLE = "The address in MIRRORLAKE_DATABASE_URL cannot be read."
UNREADABLE_FIX = (
    "Write it as postgresql://user:password@host:5432/database; in a password write @ as %40, / as %2F, : as %3A."
)


def address_of(conninfo: str) -> str:
    """Where a server is, for people: host, port and database, without user and password.

    Raises CatalogUnavailable where the address cannot be read; the text itself is not repeated, as it may hold a
    password.
    """
    try:
        parts = conninfo_to_dict(conninfo)
    except psycopg.Error:
        # libpq's own message quotes the piece that it did not understand.
        raise CatalogUnavailable(UNREADABLE, UNREADABLE_FIX) from None
    host = str(parts.get("host") or parts.get("hostaddr") or "localhost")
    port = str(parts.get("port") or 5432)
    database = str(parts.get("dbname") or parts.get("user") or "default")
    if "@" in host + database or not port.replace(",", "").isdigit():
        # A password with one of these characters was cut in two: its pieces stand where they do not belong.
        raise CatalogUnavailable(UNREADABLE, UNREADABLE_FIX)
    where = host if host.startswith("/") else f"{host}:{port}"
    return f"{where}, database {database}"


@contextmanager
def translate_db_errors(address: str) -> Generator[None]:
    """Raise our errors for those of the drivers that tell of the server and not of the statement."""
    try:
        yield
    except psycopg.OperationalError as error:
        translation = driver_error(address, error.sqlstate, error)
        if translation is None:
            raise
        raise translation from error


def driver_error(address: str, sqlstate: str | None, error: Exception) -> CatalogError | None:
    """Our error for a driver's, None where it tells of the statement and not of the server."""
    if sqlstate == DISK_FULL or "No space left on device" in str(error):
        return DiskFull(
            f"No space is left on the disk of the database ({address}).",
            "Make room there and run the command again; nothing that was committed is lost.",
        )
    if sqlstate in CONTENDED:
        return CatalogContended(
            f"PostgreSQL ({address}) ended this change, so that another one of the same rows could go on.",
            "Nothing of it was written: do it again.",
        )
    if sqlstate is None or sqlstate.startswith(UNAVAILABLE_CLASSES):
        fix = AVAILABILITY_FIX if address.startswith("/") else EXTERNAL_FIX
        return CatalogUnavailable(f"PostgreSQL ({address}) cannot be used: {_sentence(error)}.", fix)
    if sqlstate.startswith("53"):
        return CatalogUnavailable(
            f"PostgreSQL ({address}) has no more room for this: {_sentence(error)}.",
            "End other sessions or raise its limits (max_connections, memory), then run the command again.",
        )
    return None


def retry_on_contention(transaction: Callable[P, T]) -> Callable[P, T]:
    """A function that is one transaction, done again where that had to give way to another one; a few times.

    Its arguments are read again, so none of them may be an iterator.
    """

    @wraps(transaction)
    def done(*args: P.args, **kwargs: P.kwargs) -> T:
        for pause in PAUSES_S:
            try:
                return transaction(*args, **kwargs)
            except CatalogContended:
                # Jitter: two that stood in each other's way must not meet again.
                time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
        return transaction(*args, **kwargs)

    return done


def _sentence(error: Exception) -> str:
    """The driver's last line that names a cause; attempts to connect put an address before it and a question behind."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip() and not line.endswith("?")]
    said = lines[-1].rpartition(" failed: ")[2] if lines else type(error).__name__
    return said.removesuffix(".")
