"""Hold the library store against the catalog: what is lacking, where it may stand instead, and what is left over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from mirrorlake.library.layout import Shelf, read_shelf, size_of, stands
from mirrorlake.library.references import SHELVES, Owner, Owners, read_owners
from mirrorlake.model.thumbnails import ThumbnailCheck
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.thumbnails import Thumbnails

StepCallback = Callable[[str, int, int], None]
"""Hears what is being done, and how much of it is done of how much."""

READING = "Reading the catalog"
CHECKING = "Looking through the thumbnails"


@dataclass(frozen=True, slots=True)
class Lacking:
    """A thumbnail that its assets lack."""

    digest: bytes
    owners: list[Owner]
    damaged: bool  # a file is there, and is no whole picture
    elsewhere: Path | None  # where it stands instead, as far as its name tells


def owners_of(catalog: Catalog, folder: Path, step: StepCallback) -> Owners:
    """The assets that use thumbnails, read into `folder`, with its progress told."""
    return read_owners(catalog, folder, lambda done, total: step(READING, done, total))


def lacking(owners: dict[bytes, list[Owner]], shelf: Shelf, thumbnails: Thumbnails) -> list[Lacking]:
    """The thumbnails of a shelf that assets lack, in the order of their digests."""
    return [
        Lacking(digest, owners[digest], digest in shelf.standing, shelf.nested.get(digest) or shelf.aside.get(digest))
        for digest in sorted(owners)
        if not (digest in shelf.standing and stands(thumbnails, digest))
    ]


def check(catalog: Catalog, root: Path, workdir: Path, step: StepCallback) -> ThumbnailCheck:
    """Count what is lacking and what is left over. Writes nothing but to `workdir`. Raises CatalogError, DiskFull.

    Where a pass is at work, thumbnails that it will only commit count as left over.
    """
    started = time.monotonic()
    owners = owners_of(catalog, workdir / "owners", step)
    counts, thumbnails = _Counts(), Thumbnails(root)
    for number in range(SHELVES):
        step(CHECKING, number, SHELVES)
        users, shelf = owners.of(number), read_shelf(root, number)
        lacks = lacking(users, shelf, thumbnails)
        counts.lack(lacks)
        needed = {one.elsewhere for one in lacks}
        unused = [path for digest, path in shelf.standing.items() if digest not in users]
        others = [*shelf.nested.values(), *shelf.aside.values()]
        counts.use(path for digest, path in shelf.standing.items() if digest in users)
        counts.leave([*unused, *(path for path in others if path not in needed), *shelf.unfinished])
        counts.unknown += shelf.unknown
    return ThumbnailCheck(
        assets=owners.assets,
        lacking=counts.lacking,
        damaged=counts.damaged,
        misplaced=counts.misplaced,
        to_read=counts.to_read,
        thumbnails=counts.thumbnails,
        bytes=counts.bytes,
        left_over=counts.left_over,
        left_over_bytes=counts.left_over_bytes,
        unknown=counts.unknown,
        seconds=time.monotonic() - started,
    )


@dataclass(slots=True)
class _Counts:
    """What a check has counted so far."""

    lacking: int = 0
    damaged: int = 0
    misplaced: int = 0
    to_read: int = 0
    thumbnails: int = 0
    bytes: int = 0
    left_over: int = 0
    left_over_bytes: int = 0
    unknown: int = 0

    def lack(self, found: list[Lacking]) -> None:
        for one in found:
            self.lacking += len(one.owners)
            self.damaged += len(one.owners) * one.damaged
            if one.elsewhere is None:
                self.to_read += one.owners[0].size
            else:
                self.misplaced += len(one.owners)

    def use(self, files: Iterable[Path]) -> None:
        for size in map(size_of, files):
            if size is not None:
                self.thumbnails += 1
                self.bytes += size

    def leave(self, files: Iterable[Path]) -> None:
        for size in map(size_of, files):
            if size is not None:
                self.left_over += 1
                self.left_over_bytes += size
