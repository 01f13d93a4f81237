"""What PostgreSQL and its drivers raise, said once in our own words; never with a password in them."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import psycopg
from psycopg.conninfo import conninfo_to_dict

from mirrorlake.errors import CatalogError, CatalogUnavailable, DiskFull

DISK_FULL = "53100"
# Connection lost or refused; server stopping, crashed or starting; wrong user or password; no such database.
UNAVAILABLE_CLASSES = ("08", "57P", "28", "3D")
AVAILABILITY_FIX = "Run the command again; `mirrorlake doctor` tells how the database is."
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
def translated(address: str) -> Generator[None]:
    """Raise our errors for those of the drivers that tell of the server and not of the statement."""
    try:
        yield
    except psycopg.OperationalError as error:
        translation = ours(address, error.sqlstate, error)
        if translation is None:
            raise
        raise translation from error


def ours(address: str, sqlstate: str | None, error: Exception) -> CatalogError | None:
    """Our error for a driver's, None where it tells of the statement and not of the server."""
    if sqlstate == DISK_FULL or "No space left on device" in str(error):
        return DiskFull(
            f"No space is left on the disk of the database ({address}).",
            "Make room there and run the command again; nothing that was committed is lost.",
        )
    if sqlstate is None or sqlstate.startswith(UNAVAILABLE_CLASSES):
        return CatalogUnavailable(f"PostgreSQL ({address}) cannot be used: {_sentence(error)}.", AVAILABILITY_FIX)
    if sqlstate.startswith("53"):
        return CatalogUnavailable(
            f"PostgreSQL ({address}) has no more room for this: {_sentence(error)}.",
            "End other sessions or raise its limits (max_connections, memory), then run the command again.",
        )
    return None


def _sentence(error: Exception) -> str:
    """The driver's last line, which names the cause; connection attempts put their addresses before it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[-1] if lines else type(error).__name__).removesuffix(".")
