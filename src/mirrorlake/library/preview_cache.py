"""Previews on disk, up to a number of bytes: those that were used longest ago are deleted first.

Several processes may share the folder. A file that cannot be read or written costs the time to make it again.
"""

from __future__ import annotations

import os
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_KEPT = 0.9  # of the limit, after deleting: so that not every write has to look for files
_SUFFIX = ".webp"


@dataclass(frozen=True, slots=True)
class _File:
    used: float  # time of the last use
    size: int
    path: Path


class PreviewCache:
    """Named previews in a folder. Thread-safe. Without a limit above 0, nothing is kept."""

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._lock = threading.Lock()
        self._size: int | None = None  # as far as this process knows; None before it has looked

    def get(self, name: str) -> bytes | None:
        """A preview, which counts as used now; None if there is none."""
        path = self._path(name)
        try:
            data = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        return data or None  # an empty file is what a power failure left

    def put(self, name: str, data: bytes) -> None:
        """Keep a preview, unless it does not fit. Files that were used longest ago make room for it."""
        if len(data) > self._limit * _KEPT:
            return
        path = self._path(name)
        with suppress(OSError):  # a full disk costs only the time to make it again
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, part = tempfile.mkstemp(dir=path.parent, suffix=".part")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                Path(part).replace(path)
            except BaseException:
                Path(part).unlink(missing_ok=True)
                raise
        with self._lock:
            self._size = None if self._size is None else self._size + len(data)
            if self._size is None or self._size > self._limit:
                self._size = self._make_room()

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / f"{name}{_SUFFIX}"

    def _make_room(self) -> int:
        """Delete the oldest files if there are too many bytes; return the number of bytes that are left."""
        files = sorted(self._files(), key=lambda one: one.used)
        size = sum(one.size for one in files)
        if size <= self._limit:
            return size
        for one in files:
            if size <= self._limit * _KEPT:
                break
            with suppress(OSError):  # another process was faster
                one.path.unlink()
            size -= one.size
        return size

    def _files(self) -> list[_File]:
        found: list[_File] = []
        for path in self._folder.glob("*/*"):
            with suppress(OSError):  # deleted meanwhile
                facts = path.stat()
                found.append(_File(facts.st_mtime, facts.st_size, path))
        return found
