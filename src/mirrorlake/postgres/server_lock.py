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
from mirrorlake.core.private import open_private
from mirrorlake.postgres.data_dir import DATABASE_URL_FIX, DataDir, chown_like, database_folder, read_recorded_base


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisorArgs:
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
    def from_json(cls, text: str) -> SupervisorArgs:
        """The reverse of `to_json`."""
        raw = json.loads(text)
        return cls(
            home=Path(raw["home"]),
            place=DataDir.from_json(raw["place"]),
            conninfo=raw["conninfo"],
            idle_stop_s=float(raw["idle_stop_s"]),
        )


def find_running(home: Path) -> str | None:
    """The libpq conninfo of this home's database, None if it does not respond now.

    Counts as use of a running server. Raises CatalogUnavailable or DiskFull if the home cannot be used.
    """
    with explain_os_errors(home):
        folder = database_folder(home)
        if not folder.is_dir():
            return None
        with lock_server(folder, fcntl.LOCK_SH):
            orders = read_supervisor_args(folder)
            return orders.conninfo if orders is not None and is_responding(orders, mark=True) else None


def read_supervisor_args(folder: Path) -> SupervisorArgs | None:
    """The arguments of the last supervisor start, if the database is still in the same place.

    Raises CatalogUnavailable if the home is a copy of another one that has this database outside of it.
    """
    try:
        orders = SupervisorArgs.from_json((folder / "supervisor.json").read_text("utf-8"))
    except (FileNotFoundError, ValueError, KeyError):
        return None
    # A home that was moved contains old paths; its data may still be elsewhere, under the recorded base.
    recorded = read_recorded_base(folder)
    if orders.place.base != (recorded or folder):
        return None
    original = database_folder(orders.home)
    if recorded is not None and read_recorded_base(original) == recorded and not original.samefile(folder):
        raise CatalogUnavailable(
            f"The data folder is a copy of {orders.home}, whose database, {recorded}, was not copied with it.",
            f"Set MIRRORLAKE_HOME to {orders.home}, or copy the library as the documentation of backups describes.",
        )
    return orders


def is_responding(orders: SupervisorArgs, *, mark: bool) -> bool:
    """Whether the server accepts us. With `mark`, this counts as use and keeps it from stopping as idle."""
    if mark and orders.place.used_mark.exists():
        os.utime(orders.place.used_mark)
    try:
        psycopg.connect(orders.conninfo, connect_timeout=30).close()
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def lock_server(folder: Path, how: int) -> Generator[None]:
    """Lock the server: shared by commands that only connect, exclusive for starting and stopping."""
    path = folder / "start.lock"
    fresh = not path.exists()
    with open_private(path, "ab") as file:
        if fresh:
            chown_like(folder, path)
        fcntl.flock(file, how)
        yield


@contextmanager
def explain_os_errors(home: Path) -> Generator[None]:
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
