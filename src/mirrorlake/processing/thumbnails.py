"""Thumbnails on disk, named by the BLAKE3 of the object they were made from, so that equal objects share one."""

from __future__ import annotations

import errno
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from mirrorlake.core.errors import CatalogError, DiskFull

# Size, quality and format of a thumbnail are part of its meaning: when they change, so does this folder.
VERSION = "v1"
DIGEST_BYTES = 32

_RIFF_HEADER = 8
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})


@dataclass(frozen=True, slots=True)
class Thumbnails:
    """One folder of thumbnails. Safe for many threads and processes at once; needs no open files."""

    root: Path

    def path_of(self, digest: bytes) -> Path:
        """Where the thumbnail of the object with this digest stands, if there is one.

        The path is made of the digest alone, never of a key. Raises ValueError for what is no digest.
        """
        if len(digest) != DIGEST_BYTES:
            raise ValueError(f"a digest has {DIGEST_BYTES} bytes, not {len(digest)}")
        name = digest.hex()
        # One level: with two, making folders costs more than the thumbnails of the first ten thousand objects.
        return self.root / VERSION / name[:2] / f"{name}.webp"

    def read(self, digest: bytes) -> bytes | None:
        """The WebP, or None where there is none (or only a stump that a power cut left)."""
        try:
            data = self.path_of(digest).read_bytes()
        except FileNotFoundError:
            return None
        return data if _is_whole(data) else None

    def stands(self, digest: bytes) -> bool:
        """Whether `read` would answer one, at the cost of its first bytes only."""
        try:
            with self.path_of(digest).open("rb") as file:
                start, size = file.read(_RIFF_HEADER), os.fstat(file.fileno()).st_size
        except FileNotFoundError:
            return False
        return _announces(start, size)

    def write(self, digest: bytes, thumbnail: bytes) -> None:
        """Keep a thumbnail; again is as good as once. Readers see all of it or nothing.

        Nothing is flushed to the disk: a thumbnail lost in a power cut can be made again, and `read` notices.
        Raises DiskFull, or CatalogError where the folder cannot be written: both end the whole pass.
        """
        path = self.path_of(digest)
        try:
            if _looks_like(path, thumbnail):
                return
            try:
                _replace(path, thumbnail)
            except FileNotFoundError:
                path.parent.mkdir(parents=True, exist_ok=True)
                _replace(path, thumbnail)
        except OSError as error:
            raise _translated(error, self.root) from error


def _replace(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(name, path)  # noqa: PTH105  atomic, over what may stand there
    except BaseException:
        os.unlink(name)  # noqa: PTH108  half a thumbnail serves nobody
        raise


def _looks_like(path: Path, thumbnail: bytes) -> bool:
    """Whether what stands there has the size and the beginning of this one; a file of zeros has not."""
    try:
        with path.open("rb") as file:
            start, size = file.read(_RIFF_HEADER), os.fstat(file.fileno()).st_size
    except FileNotFoundError:
        return False
    return start == thumbnail[:_RIFF_HEADER] and size == len(thumbnail)


def _is_whole(data: bytes) -> bool:
    return _announces(data[:_RIFF_HEADER], len(data))


def _announces(start: bytes, size: int) -> bool:
    # A RIFF file says how long it is after its first eight bytes.
    return start[:4] == b"RIFF" and int.from_bytes(start[4:], "little") + _RIFF_HEADER == size


def _translated(error: OSError, root: Path) -> CatalogError:
    if error.errno in _NO_SPACE:
        return DiskFull(
            f"No space is left for thumbnails in {root}.",
            "Free some space, then run the same command again: it goes on where it was.",
        )
    return CatalogError(
        f"A thumbnail could not be written in {root}: {error.strerror or error}.",
        "Check that this folder exists and that this user may write to it.",
    )
