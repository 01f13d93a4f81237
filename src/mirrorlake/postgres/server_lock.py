"""Find the running embedded PostgreSQL, check that it responds, and keep it from being stopped meanwhile.

Most commands need only this. `embedded.py` starts and stops the server.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from mirrorlake.core.errors import CatalogUnavailable, DiskFull
from mirrorlake.postgres.data_dir import DATABASE_URL_FIX, DataDir, folder_of, give_to_owner_of, recorded_base


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """The arguments of the supervisor."""

    home: Path
    place: DataDir
    conninfo: str
    idle_stop_s: float

    def to_json(self) -> str:
        """The JSON of the file."""
        return json.dumps(
            {
                "home": os.fspath(self.home),
                "place": self.place.to_json(),
                "conninfo": self.conninfo,
                "idle_stop_s": self.idle_stop_s,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Orders:
        """The reverse of `to_json`."""
        raw = json.loads(text)
        return cls(
            home=Path(raw["home"]),
            place=DataDir.from_json(raw["place"]),
            conninfo=raw["conninfo"],
            idle_stop_s=float(raw["idle_stop_s"]),
        )


def running(home: Path) -> str | None:
    """The libpq conninfo of this home's database, None if it does not respond now.

    Counts as use of a running server. Raises CatalogUnavailable or DiskFull if the home cannot be used.
    """
    with explained(home):
        folder = folder_of(home)
        if not folder.is_dir():
            return None
        with locked(folder, fcntl.LOCK_SH):
            orders = read_orders(folder)
            return orders.conninfo if orders is not None and answers(orders, mark=True) else None


def read_orders(folder: Path) -> Orders | None:
    """The arguments of the last supervisor start, if the database is still in the same place."""
    try:
        orders = Orders.from_json((folder / "supervisor.json").read_text("utf-8"))
    except (FileNotFoundError, ValueError, KeyError):
        return None
    # A home that was moved contains old paths; its data may still be elsewhere, under the recorded base.
    return orders if orders.place.base == (recorded_base(folder) or folder) else None


def answers(orders: Orders, *, mark: bool) -> bool:
    """Whether the server accepts us. With `mark`, this counts as use and keeps it from stopping as idle."""
    if mark and orders.place.used_mark.exists():
        os.utime(orders.place.used_mark)
    try:
        psycopg.connect(orders.conninfo, connect_timeout=30).close()
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def locked(folder: Path, how: int) -> Generator[None]:
    """Lock the server: shared by commands that only connect, exclusive for starting and stopping."""
    path = folder / "start.lock"
    fresh = not path.exists()
    with path.open("ab") as file:
        if fresh:
            give_to_owner_of(folder, path)
        fcntl.flock(file, how)
        yield


@contextmanager
def explained(home: Path) -> Generator[None]:
    """Translate a full disk or a forbidden folder into one clear error."""
    try:
        yield
    except PermissionError as error:
        raise CatalogUnavailable(
            f"The data folder {home} cannot be used: permission denied for {error.filename or home}.",
            f"Set MIRRORLAKE_HOME to a folder that you own. {DATABASE_URL_FIX}",
        ) from error
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise DiskFull(
                f"No space is left on the disk of {home}.",
                "Free some space, or set MIRRORLAKE_HOME to a folder on another disk.",
            ) from error
        raise CatalogUnavailable(
            f"The data folder {home} cannot be used: {error.strerror or error}.",
            f"Set MIRRORLAKE_HOME to another folder. {DATABASE_URL_FIX}",
        ) from error
