"""A temporary folder for each run. The folder of a killed run is removed by the next one."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from mirrorlake.core.private import open_private
from mirrorlake.library.home import open_data_folder
from mirrorlake.storage.disk import room_in


@contextmanager
def scratch_folder(home: Path) -> Generator[Path]:
    """Create an empty folder for the plan of a run, in the data folder, since /tmp may be small or in memory.

    A lock, not a process id, shows that the run is alive: containers that share the data folder have separate process
    ids. Raises SettingsError; DiskFull also from the body, if what is written into the folder finds no space.
    """
    scratch = home / "scratch"
    with open_data_folder(home):
        scratch.mkdir(exist_ok=True, mode=0o700)
        with open_private(scratch / "gate", "w") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)  # no other process sweeps between the creation of a folder and its lock
            _sweep(scratch)
            folder = tempfile.TemporaryDirectory(prefix="pass-", dir=scratch, ignore_cleanup_errors=True)
            held = open_private(_lock(Path(folder.name)), "w")
            fcntl.flock(held, fcntl.LOCK_EX)
    with held, folder as path:
        plan = Path(path) / "plan"
        with open_data_folder(home):
            plan.mkdir()
        with room_in(scratch):
            yield plan


def _sweep(scratch: Path) -> None:
    for left in scratch.glob("pass-*"):
        if not _is_alive(_lock(left)):
            shutil.rmtree(left, ignore_errors=True)


def _lock(folder: Path) -> Path:
    return folder / "lock"


def _is_alive(lock: Path) -> bool:
    try:
        file: TextIO = lock.open("r+")
    except FileNotFoundError:
        return False  # killed before it created one
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
