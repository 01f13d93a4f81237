"""What stands in the folder of thumbnails, one shelf (a first byte of digests) at a time. Reads no file.

    v1/aa/aa….webp       a thumbnail where it belongs
    v1/aa/bb/aabb….webp  one where an earlier layout had it: two folders deep
    v1/aa/.….part        a write that did not come to its end
    aside/BATCH/v1/…     what no asset used when it was put there: `mirror/thumbnails/aside.py`

Everything else is none of ours.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from mirrorlake.core.errors import CatalogError
from mirrorlake.processing.thumbnails import VERSION, Thumbnails

ASIDE = "aside"
_NAME = re.compile(r"[0-9a-f]{64}\.webp")
_UNFINISHED = re.compile(r"\..*\.part")
_NESTED = re.compile(r"[0-9a-f]{2}")


@dataclass(slots=True)
class Shelf:
    """The files of one shelf, by the digests that name them."""

    standing: dict[bytes, Path] = field(default_factory=dict[bytes, Path])
    nested: dict[bytes, Path] = field(default_factory=dict[bytes, Path])
    aside: dict[bytes, Path] = field(default_factory=dict[bytes, Path])
    unfinished: list[Path] = field(default_factory=list[Path])
    unknown: int = 0


def read_shelf(root: Path, number: int) -> Shelf:
    """The shelf of digests that begin with this byte. Raises CatalogError where a folder may not be read."""
    shelf, begin = Shelf(), f"{number:02x}"
    for entry in _entries(root / VERSION / begin):
        if entry.is_dir(follow_symlinks=False) and _NESTED.fullmatch(entry.name):
            for below in _entries(Path(entry.path)):
                _place(shelf, below, begin + entry.name, shelf.nested)
        else:
            _place(shelf, entry, begin, shelf.standing)
    for batch in put_aside(root):
        for entry in _entries(batch / VERSION / begin):
            _place(shelf, entry, begin, shelf.aside)
    return shelf


def stands(thumbnails: Thumbnails, digest: bytes) -> bool:
    """Whether a whole thumbnail stands where it belongs. One that the disk refuses to read is none."""
    try:
        return thumbnails.stands(digest)
    except OSError:
        return False


def size_of(path: Path) -> int | None:
    """In bytes; None where the file is gone."""
    try:
        return path.stat().st_size
    except OSError:
        return None


def put_aside(root: Path) -> list[Path]:
    """The folders of what was put aside; each is laid out as a folder of thumbnails."""
    return sorted(Path(entry.path) for entry in _entries(root / ASIDE) if entry.is_dir(follow_symlinks=False))


def _place(shelf: Shelf, entry: os.DirEntry[str], begin: str, files: dict[bytes, Path]) -> None:
    if not entry.is_file(follow_symlinks=False):
        shelf.unknown += 1
    elif _NAME.fullmatch(entry.name) and entry.name.startswith(begin):
        files[bytes.fromhex(entry.name[:64])] = Path(entry.path)
    elif _UNFINISHED.fullmatch(entry.name):
        shelf.unfinished.append(Path(entry.path))
    else:
        shelf.unknown += 1


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise CatalogError(
            f"The folder of thumbnails {folder} cannot be read: {error.strerror or error}.",
            "Check that it is a folder that this user may read, and that its disk is well.",
        ) from error
