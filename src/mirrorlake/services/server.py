"""The server of a library: its key, who serves it now, and how to stop it and its database."""

from __future__ import annotations

import fcntl
import os
import secrets
import signal
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import orjson

from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.core.settings import Settings
from mirrorlake.library.home import open_data_folder
from mirrorlake.postgres import embedded

STOP_PATIENCE_S = 15.0


def first_start_token(home: Path) -> str:
    """The key of this library's pages: made at random on first use, kept in a file that only its owner reads.

    Call it while `serving`. Raises SettingsError or DiskFull where it cannot be kept.
    """
    path = home / "token"
    with open_data_folder(home):
        # Written whole before it gets its name; an empty key, as a power cut may leave it, would let everybody in.
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
    """Hold the place of this library's server. Yields what records its address for `stop`.

    The lock, not the file's content, says that a server lives: a stale file never gets a stranger killed.
    Raises SettingsError or DiskFull where the data folder cannot be written.
    """
    with open_data_folder(home):
        file = (home / "server.json").open("a+b")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise MirrorlakeError(
                f"This library is served already, at {_recorded(file.read()).get('address', 'another address')}.",
                "Open that address, or stop it: mirrorlake down",
            ) from error

        def record(address: str) -> None:
            file.seek(0)
            file.truncate()
            file.write(orjson.dumps({"pid": os.getpid(), "address": address}))
            file.flush()

        yield record


def _recorded(content: bytes) -> dict[str, object]:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}  # the server is just starting and has not written yet


def stop(settings: Settings) -> list[str]:
    """Stop the server and the embedded PostgreSQL of this library; answers what was done, a sentence each."""
    done: list[str] = []
    if _stop_server(settings.home / "server.json"):
        done.append("The server is stopped.")
    if settings.database_url is not None:
        done.append("The database belongs to MIRRORLAKE_DATABASE_URL and was left alone.")
    elif embedded.stop(settings.home):
        done.append("PostgreSQL is stopped.")
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
                pid = _recorded(file.read()).get("pid")
                if not asked and isinstance(pid, int):
                    os.kill(pid, signal.SIGTERM)
                    asked = True
                if time.monotonic() > deadline:
                    raise MirrorlakeError(
                        f"The server (process {pid}) did not stop within {STOP_PATIENCE_S:.0f} s.",
                        "Try again, or end that process.",
                    ) from None
                time.sleep(0.05)
            else:
                return asked
