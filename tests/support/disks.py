"""Small file systems that can be filled: memory mounted on a folder, where this user may mount."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

BALLAST = "ballast"


class SmallDisk:
    """One mounted file system."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def fill(self, *, leave: int = 0) -> None:
        """Take all space but `leave` bytes."""
        with (self.root / BALLAST).open("wb") as file:
            free = shutil.disk_usage(self.root).free - leave
            os.posix_fallocate(file.fileno(), 0, max(1, free // 4096 * 4096))

    def empty(self) -> None:
        """Give the space back."""
        (self.root / BALLAST).unlink()


@contextmanager
def small_disk(root: Path, *, mebibytes: int) -> Generator[SmallDisk]:
    root.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=0755", "none", str(root)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("2026-11-21: only root may mount a small disk to fill, and not in every container")
    try:
        yield SmallDisk(root)
    finally:
        subprocess.run(["umount", "--lazy", str(root)], check=True)
