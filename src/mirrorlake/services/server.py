"""The server of a library: its access token, its lock and address, and stopping it with its database."""

from __future__ import annotations

import fcntl
import os
import secrets
import signal
import tempfile
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import orjson

from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.core.private import open_private
from mirrorlake.core.settings import Settings
from mirrorlake.library.home import open_data_folder
from mirrorlake.postgres import embedded
from mirrorlake.services.server_record import RECORD, read_record

STOP_PATIENCE_S = 15.0


def first_start_token(home: Path) -> str:
    """The access token of this library: random, created on first use, stored in a file that only its owner can read.

    Call it while `serving`. Raises SettingsError or DiskFull if it cannot be stored.
    """
    path = home / "token"
    with open_data_folder(home):
        # Renamed only after it is complete: an empty token, as after a power failure, would grant access to everyone.
        if not path.exists() or not path.read_text().strip():
            handle, fresh = tempfile.mkstemp(dir=home, prefix=".token-")
            try:
                with os.fdopen(handle, "w") as file:
                    file.write(secrets.token_urlsafe(32))
                Path(fresh).replace(path)
            except BaseException:
                Path(fresh).unlink()
                raise
        return path.read_text().strip()


@contextmanager
def serving(home: Path) -> Generator[Callable[[str], None]]:
    """Hold the lock of this library's server. Yields a function that records its address for `stop`.

    The lock, not the content of the file, shows that a server is running: a stale file never kills another process.
    Raises SettingsError or DiskFull if the data folder cannot be written.
    """
    with open_data_folder(home):
        file = open_private(home / RECORD, "a+b")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise _already_running(read_record(file.read())) from error

        def record(address: str | None) -> None:
            file.seek(0)
            file.truncate()
            file.write(orjson.dumps({"pid": os.getpid(), "address": address}))
            file.flush()

        record(None)  # what an earlier server left does not count any more
        yield record


def _already_running(record: Mapping[str, object]) -> MirrorlakeError:
    address, pid = record.get("address"), record.get("pid")
    if address is None:
        which = "" if pid is None else f" (process {pid})"
        return MirrorlakeError(
            f"Another server of this library is starting{which}.",
            "Wait until it prints its address and open that, or stop it: mirrorlake down",
        )
    return MirrorlakeError(
        f"A server is already running at {address}.", "Open that address, or stop the server: mirrorlake down"
    )


def stop(settings: Settings) -> list[str]:
    """Stop the server and the embedded PostgreSQL of this library; return one sentence per action."""
    done: list[str] = []
    if _stop_server(settings.home / RECORD):
        done.append("The server was stopped.")
    if settings.database_url is not None:
        done.append("The external database (MIRRORLAKE_DATABASE_URL) was not stopped.")
    elif embedded.stop(settings.home):
        done.append("PostgreSQL was stopped.")
    return done or ["Nothing was running."]


def _stop_server(path: Path) -> bool:
    if not path.exists():
        return False
    with path.open("rb") as file:
        deadline = time.monotonic() + STOP_PATIENCE_S
        asked = False
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                pid = read_record(file.read()).get("pid")
                if not asked and isinstance(pid, int):
                    os.kill(pid, signal.SIGTERM)
                    asked = True
                if time.monotonic() > deadline:
                    raise MirrorlakeError(
                        f"The server (process {pid}) did not stop within {STOP_PATIENCE_S:.0f} s.",
                        "Try again, or kill that process.",
                    ) from None
                time.sleep(0.05)
            else:
                return asked
