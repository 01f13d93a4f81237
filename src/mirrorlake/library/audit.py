"""Check the library store against the catalog: missing, misplaced and orphaned thumbnails."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mirrorlake.catalog import thumbnail_packs
from mirrorlake.core.errors import CatalogError, SourceUnreachable
from mirrorlake.library.digest_shards import DigestShards
from mirrorlake.library.layout import Shard, SingleFiles
from mirrorlake.library.pack_audit import PackFindings, inspect_packs, unregistered_needs
from mirrorlake.library.references import SHARDS, Owner, Owners, read_owners
from mirrorlake.library.steps import StepCallback
from mirrorlake.mirror.thumbnails import Thumbnails
from mirrorlake.model.thumbnails import ThumbnailCheck
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.library_store import LibraryStore
from mirrorlake.storage.writable import StoredObject

READING = "Reading the catalog"
CHECKING = "Checking the thumbnails"


@dataclass(frozen=True, slots=True)
class MissingThumbnail:
    """A thumbnail that assets need and that is missing or damaged."""

    digest: bytes
    owners: list[Owner]
    damaged: bool  # it exists, but is not a complete image
    elsewhere: StoredObject | None  # a file in another place with its name


def load_owners(catalog: Catalog, folder: Path, step: StepCallback) -> Owners:
    """The assets that use thumbnails, read into `folder`; reports progress to `step`."""
    return read_owners(catalog, folder, lambda done, total: step(READING, done, total))


def find_missing(
    owners: dict[bytes, list[Owner]], packed: set[bytes], damaged: set[bytes], shard: Shard, thumbnails: Thumbnails
) -> list[MissingThumbnail]:
    """The missing thumbnails of a shard, in the order of their digests.

    `packed` are those in packs, `damaged` those of them that cannot be read.
    """
    return [
        MissingThumbnail(
            digest,
            owners[digest],
            damaged=digest in damaged or digest in shard.present,
            elsewhere=shard.elsewhere(digest),
        )
        for digest in sorted(owners)
        if digest not in packed and not (digest in shard.present and is_single_whole(thumbnails, digest))
    ]


def is_single_whole(thumbnails: Thumbnails, digest: bytes) -> bool:
    """Whether a thumbnail is a complete file of its own. An unreadable file does not count."""
    try:
        return thumbnails.single_exists(digest)
    except CatalogError as error:
        if isinstance(error.__cause__, SourceUnreachable):
            raise
        return False


def check(
    catalog: Catalog, library: LibraryStore, workdir: Path, step: StepCallback, *, whole: bool = False
) -> ThumbnailCheck:
    """Count missing and orphaned thumbnails. Writes only to `workdir`. Raises CatalogError, DiskFull.

    `whole`: read all of each pack, also in a store that keeps only complete objects.

    During a pass, thumbnails whose assets are not committed yet count as orphaned.
    """
    started = time.monotonic()
    store = library.store
    found = inspect_packs(catalog, store, step, whole=whole)
    owners = load_owners(catalog, workdir / "owners", step)
    counts, thumbnails, singles = _Counts(), Thumbnails(catalog, store), SingleFiles(store)
    adoptable = DigestShards(workdir / "adoptable")
    for _, one, entries, needed in unregistered_needs(catalog, store, found):
        adoptable.add(entry.digest for entry in needed)
        if not needed:
            counts.count_orphaned([one], thumbnails=len(entries) or 1)
    unreadable = {digest for digests in found.damaged.values() for digest in digests}
    for number in range(SHARDS):
        step(CHECKING, number, SHARDS)
        users, shard = owners.of(number), singles.shard(number)
        packed, size = thumbnail_packs.digests_of_shard(catalog, number, found.unreadable)
        damaged = thumbnail_packs.digests_in(catalog, number, sorted(found.ruined))
        damaged |= packed & unreadable
        missing = find_missing(users, packed - damaged, damaged, shard, thumbnails)
        counts.count_missing(missing, adoptable.of(number))
        unused = thumbnail_packs.unused_of_shard(catalog, number)
        counts.count_packed(len((packed - damaged) & users.keys()), size - sum(one.length for one in unused))
        counts.count_unused([one.length for one in unused])
        counts.count_singles(shard, users.keys() - packed, missing)
    counts.count_orphaned(found.objects.unfinished)
    return counts.report(owners.assets, found, time.monotonic() - started)


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

    def count_missing(self, found: list[MissingThumbnail], adoptable: set[bytes]) -> None:
        for one in found:
            self.lacking += len(one.owners)
            self.damaged += len(one.owners) * one.damaged
            if one.elsewhere is None and one.digest not in adoptable:
                self.to_read += one.owners[0].size
            else:
                self.misplaced += len(one.owners)

    def count_packed(self, thumbnails: int, size: int) -> None:
        self.thumbnails += thumbnails
        self.bytes += size

    def count_unused(self, lengths: list[int]) -> None:
        self.left_over += len(lengths)
        self.left_over_bytes += sum(lengths)

    def count_singles(self, shard: Shard, needed: set[bytes], missing: list[MissingThumbnail]) -> None:
        """Count the files of their own. Those of `needed` digests are in no pack."""
        lacking = {one.digest for one in missing}
        elsewhere = {one.elsewhere.key for one in missing if one.elsewhere is not None}
        for digest, one in shard.present.items():
            if digest not in needed:
                self.count_orphaned([one])
            elif digest not in lacking:
                self.thumbnails += 1
                self.bytes += one.size
        others = [*shard.nested.values(), *shard.aside.values()]
        self.count_orphaned([*(one for one in others if one.key not in elsewhere), *shard.unfinished])
        self.unknown += shard.unknown

    def count_orphaned(self, objects: Iterable[StoredObject], *, thumbnails: int = 1) -> None:
        for one in objects:
            self.left_over += thumbnails
            self.left_over_bytes += one.size

    def report(self, assets: int, found: PackFindings, seconds: float) -> ThumbnailCheck:
        """The result."""
        return ThumbnailCheck(
            assets=assets,
            lacking=self.lacking,
            damaged=self.damaged,
            misplaced=self.misplaced,
            to_read=self.to_read,
            thumbnails=self.thumbnails,
            bytes=self.bytes,
            packs=len(found.objects.present),
            dead_bytes=sum(pack.size - pack.live_bytes for pack in found.packs),
            left_over=self.left_over,
            left_over_bytes=self.left_over_bytes,
            unknown=self.unknown + found.objects.unknown,
            seconds=seconds,
        )
