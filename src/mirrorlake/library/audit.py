"""Check the library store against the catalog: missing, misplaced and orphaned thumbnails."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from mirrorlake.library.layout import Shard, is_whole, quarantine_batches, read_shard
from mirrorlake.library.references import SHARDS, Owner, Owners, read_owners
from mirrorlake.model.thumbnails import ThumbnailCheck
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.library_store import LibraryStore
from mirrorlake.processing.thumbnails import Thumbnails
from mirrorlake.storage.writable import StoredObject

StepCallback = Callable[[str, int, int], None]
"""Receives the name of the current step, the amount done, and the total."""

READING = "Reading the catalog"
CHECKING = "Checking the thumbnails"


@dataclass(frozen=True, slots=True)
class MissingThumbnail:
    """A thumbnail that assets need and that is missing or damaged."""

    digest: bytes
    owners: list[Owner]
    damaged: bool  # an object exists, but is not a complete image
    elsewhere: StoredObject | None  # an object in another place with its name


def load_owners(catalog: Catalog, folder: Path, step: StepCallback) -> Owners:
    """The assets that use thumbnails, read into `folder`; reports progress to `step`."""
    return read_owners(catalog, folder, lambda done, total: step(READING, done, total))


def find_missing(owners: dict[bytes, list[Owner]], shard: Shard, thumbnails: Thumbnails) -> list[MissingThumbnail]:
    """The missing thumbnails of a shard, in the order of their digests."""
    return [
        MissingThumbnail(
            digest,
            owners[digest],
            damaged=digest in shard.present,
            elsewhere=shard.nested.get(digest) or shard.quarantined.get(digest),
        )
        for digest in sorted(owners)
        if not (digest in shard.present and is_whole(thumbnails, digest, shard.present[digest]))
    ]


def check(catalog: Catalog, library: LibraryStore, workdir: Path, step: StepCallback) -> ThumbnailCheck:
    """Count missing and orphaned thumbnails. Writes only to `workdir`. Raises CatalogError, DiskFull.

    During a pass, thumbnails whose assets are not committed yet count as orphaned.
    """
    started = time.monotonic()
    owners = load_owners(catalog, workdir / "owners", step)
    counts, thumbnails = _Counts(), Thumbnails(library.store)
    batches = quarantine_batches(library.store)
    for number in range(SHARDS):
        step(CHECKING, number, SHARDS)
        users, shard = owners.of(number), read_shard(library.store, number, batches)
        missing = find_missing(users, shard, thumbnails)
        counts.count_missing(missing)
        needed = {one.elsewhere.key for one in missing if one.elsewhere is not None}
        unused = [one for digest, one in shard.present.items() if digest not in users]
        others = [*shard.nested.values(), *shard.quarantined.values()]
        counts.count_used(one for digest, one in shard.present.items() if digest in users)
        counts.count_orphaned([*unused, *(one for one in others if one.key not in needed), *shard.unfinished])
        counts.unknown += shard.unknown
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
    """The running totals of a check."""

    lacking: int = 0
    damaged: int = 0
    misplaced: int = 0
    to_read: int = 0
    thumbnails: int = 0
    bytes: int = 0
    left_over: int = 0
    left_over_bytes: int = 0
    unknown: int = 0

    def count_missing(self, found: list[MissingThumbnail]) -> None:
        for one in found:
            self.lacking += len(one.owners)
            self.damaged += len(one.owners) * one.damaged
            if one.elsewhere is None:
                self.to_read += one.owners[0].size
            else:
                self.misplaced += len(one.owners)

    def count_used(self, objects: Iterable[StoredObject]) -> None:
        for one in objects:
            self.thumbnails += 1
            self.bytes += one.size

    def count_orphaned(self, objects: Iterable[StoredObject]) -> None:
        for one in objects:
            self.left_over += 1
            self.left_over_bytes += one.size
