"""A folder of its own for each pass, gone after it; what a killed pass left behind goes with the next one."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from mirrorlake.library.home import open_data_folder


@contextmanager
def scratch_folder(home: Path) -> Generator[Path]:
    """An empty folder for the plan of one pass. In the data folder: /tmp may be small, or memory.

    A lock says whose pass lives, not the number of its process: another container on the same data folder has its own
    numbers. Raises SettingsError or DiskFull.
    """
    scratch = home / "scratch"
    with open_data_folder(home):
        scratch.mkdir(exist_ok=True, mode=0o700)
        with (scratch / "gate").open("w") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)  # nobody sweeps between a folder and its lock
            _sweep(scratch)
            folder = tempfile.TemporaryDirectory(prefix="pass-", dir=scratch, ignore_cleanup_errors=True)
            held = _lock(Path(folder.name)).open("w")
            fcntl.flock(held, fcntl.LOCK_EX)
    with held, folder as path:
        plan = Path(path) / "plan"
        with open_data_folder(home):
            plan.mkdir()
        yield plan


def _sweep(scratch: Path) -> None:
    for left in scratch.glob("pass-*"):
        if not _lives(_lock(left)):
            shutil.rmtree(left, ignore_errors=True)


def _lock(folder: Path) -> Path:
    return folder / "lock"


def _lives(lock: Path) -> bool:
    try:
        file: TextIO = lock.open("r+")
    except FileNotFoundError:
        return False  # killed before it had one
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
