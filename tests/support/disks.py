"""Small file systems, where this user may mount: memory that can be filled, and disks that can be exchanged."""

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


class Drive:
    """A device that holds one of several disks (ext4), mounted at a folder: all of them have its device number."""

    def __init__(self, root: Path, images: Path) -> None:
        self.root = root
        self._images = images
        self._inside = "a"
        self._backing = images / "drive"
        for disk in ("a", "b"):
            with (images / disk).open("wb") as file:
                file.truncate(8 << 20)
            _may(["mkfs.ext4", "-q", "-F", str(images / disk)])
        shutil.copyfile(images / "a", self._backing)
        self._device = _may(["losetup", "--find", "--show", str(self._backing)]).strip()

    def mount(self) -> None:
        self.root.mkdir(exist_ok=True)
        _may(["mount", self._device, str(self.root)])

    def unmount(self) -> None:
        subprocess.run(["umount", str(self.root)], check=True)

    def exchange(self) -> None:
        """Take the disk out of the drive, which must not be mounted, and put the other one into it."""
        subprocess.run(["blockdev", "--flushbufs", self._device], check=True)
        shutil.copyfile(self._backing, self._images / self._inside)
        self._inside = {"a": "b", "b": "a"}[self._inside]
        with (self._images / self._inside).open("rb") as disk, self._backing.open("r+b") as drive:
            shutil.copyfileobj(disk, drive)
        subprocess.run(["blockdev", "--flushbufs", self._device], check=True)

    def close(self) -> None:
        subprocess.run(["umount", "--quiet", str(self.root)], check=False)
        subprocess.run(["losetup", "--detach", self._device], check=True)


@contextmanager
def drive(root: Path, images: Path) -> Generator[Drive]:
    """A drive with two empty disks, the first of which is mounted."""
    images.mkdir()
    made = Drive(root, images)
    try:
        made.mount()
        yield made
    finally:
        made.close()


def _may(command: list[str]) -> str:
    """The output of a command that not everybody may run everywhere."""
    if os.geteuid() != 0 or shutil.which(command[0]) is None:
        pytest.skip("2026-11-28: only root may mount a disk, with the tools of Linux")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"2026-11-28: a disk cannot be mounted in every container: {done.stderr.strip()}")
    return done.stdout
