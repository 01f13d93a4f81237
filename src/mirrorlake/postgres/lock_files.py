"""PostgreSQL's own lock files: the process that they name, and those that a killed PostgreSQL left behind.

PostgreSQL does not start while a lock file names a living process, whatever that process is. After a crash the number
may belong to another program, and in a copied home to the PostgreSQL of the original.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psutil

from mirrorlake.postgres.data_dir import DataDir

SERVER = "postgres"  # the name of its processes


def find_server(lock: Path, data: Path) -> psutil.Process | None:
    """The running PostgreSQL of this data folder that a lock file names; None if it names none."""
    try:
        # The number is negative for a PostgreSQL that serves a single user. A crash or a full disk truncates the file.
        process = psutil.Process(abs(int(lock.read_text("utf-8", errors="replace").split("\n", 1)[0])))
        if process.uids().real != data.stat().st_uid or process.status() == psutil.STATUS_ZOMBIE:
            return None  # PostgreSQL starts only for the owner of its data
        try:
            return process if Path(process.cwd()).samefile(data) else None
        except psutil.AccessDenied:
            return process if process.name().startswith(SERVER) else None  # in doubt, it is alive
    except (OSError, ValueError, psutil.NoSuchProcess):
        return None


def remove_stale_locks(place: DataDir, log: Callable[[str], object]) -> None:
    """Remove the lock files of this place, of the data folder and of the socket, that name no running server of it.

    Call it while holding the lock that outlives every process a supervisor ever started here: a server can only be
    one that somebody started by hand. Its lock files stay, and PostgreSQL reports it.
    """
    for lock in (place.data / "postmaster.pid", place.socket_folder / ".s.PGSQL.5432.lock"):
        if not lock.exists():
            continue
        server = find_server(lock, place.data)
        if server is not None:
            log(f"process {server.pid} already uses {place.data}; PostgreSQL will report it")
            continue
        log(f"removing {lock}, which names no running PostgreSQL of this folder")
        lock.unlink(missing_ok=True)
