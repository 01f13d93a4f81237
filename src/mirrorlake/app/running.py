"""The server of a library: its key, who serves it now, and how to stop it and its database."""

from __future__ import annotations

import fcntl
import os
import secrets
import signal
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import orjson

from mirrorlake.catalog import embedded
from mirrorlake.errors import MirrorlakeError
from mirrorlake.settings import Settings

STOP_PATIENCE_S = 15.0


def first_start_token(home: Path) -> str:
    """The key of this library's pages: made at random on first use, kept in a file that only its owner reads."""
    path = home / "token"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(token := secrets.token_urlsafe(32))
    return token


@contextmanager
def serving(home: Path) -> Generator[Callable[[str], None]]:
    """Hold the place of this library's server. Yields what records its address for `stop`.

    The lock, not the file's content, says that a server lives: a stale file never gets a stranger killed.
    """
    with (home / "server.json").open("a+b") as file:
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
