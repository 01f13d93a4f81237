"""Remove thumbnails that no asset uses, and rewrite packs that have become sparse or are small.

orphaned ─▶ old enough? ─▶ too much at once? ─▶ rows deleted ─▶ single files packed ─▶ packs merged ─▶ objects deleted

A thumbnail is unused if no asset has its digest while the index of thumbnails is locked: a commit that found it there
waits, then misses it and writes it again. So no run has to end first.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mirrorlake.catalog import thumbnail_packs
from mirrorlake.catalog.thumbnail_packs import StoredPack
from mirrorlake.catalog.thumbnails import exclusive_lock
from mirrorlake.core.errors import Conflict, ObjectGone, UsageError
from mirrorlake.library.layout import ASIDE, UNFINISHED, Shard, SingleFiles
from mirrorlake.library.pack_audit import compare_packs, pack_needs, unregistered_needs
from mirrorlake.library.references import SHARDS
from mirrorlake.library.repack import Repacked, Upkeep, is_worthwhile, repack
from mirrorlake.library.single_files import SinglePacker
from mirrorlake.library.steps import StepCallback
from mirrorlake.mirror.library_marker import MARKERS, check_unshared, mark_store
from mirrorlake.mirror.thumbnail_writer import ThumbnailWriter
from mirrorlake.model.thumbnails import Cleaning
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.library_store import LibraryStore
from mirrorlake.processing.packs import bytes_in_pack
from mirrorlake.storage.disk import room_in
from mirrorlake.storage.writable import StoredObject, WritableStore

UNFINISHED_HOURS = 1  # a write takes seconds, and is retried if its file disappears
MOST_UNREADABLE = 100  # packs that are named
MAX_UNCONFIRMED = 100  # files: fewer are quickly made again
CHECKING = "Checking the thumbnails"
REMOVING = "Removing orphaned thumbnails"
_HOUR_S = 3600


def clean(
    catalog: Catalog,
    library: LibraryStore,
    workdir: Path,
    step: StepCallback,
    *,
    hours: int,
    acknowledged: int | None,
    upkeep: Upkeep | None = None,
) -> Cleaning:
    """Remove thumbnails that no asset uses and that were not written for `hours`. Safe to repeat after a crash.

    With `upkeep`, does nothing unless that is worthwhile, and leaves files that the catalog does not know: they may be
    those of a library that was restored from a backup of this one.

    If more than MAX_UNCONFIRMED and more than half of all would be removed, nothing is done unless that number is
    acknowledged. Raises UsageError if another number was acknowledged, Conflict if another command works on the
    thumbnails, another library or a copy of this one uses the store, or packs of the catalog are gone while the store
    has unknown ones, CatalogError and DiskFull.
    """
    started = time.monotonic()
    with exclusive_lock(catalog):
        now = _store_clock(catalog, library.store, mark_store(catalog, library), hours)
        cleaner = _Cleaner(catalog, library.store, workdir, step, hours=hours)
        found = cleaner.search(now)
        if acknowledged is not None and acknowledged != found.count:
            raise UsageError(
                f"{found.count:,} thumbnails would be removed, not {acknowledged:,}.",
                f"To confirm this number: --acknowledge {found.count}",
            )
        wanted = upkeep is None or is_worthwhile(found.old_packs, found.unused_bytes, upkeep)
        hold = found.hold(files=upkeep is None) if acknowledged is None and wanted else None
        if wanted and hold is None:
            cleaner.remove(found, files=upkeep is None)
            cleaner.adopt(found)
            cleaner.pack_single_files()
            cleaner.repack(upkeep)
    return Cleaning(
        left_over=found.count,
        young=found.young,
        removed=cleaner.removed,
        removed_bytes=cleaner.removed_bytes,
        packed=cleaner.packed,
        repacked=cleaner.repacked.done,
        remaining=cleaner.repacked.remaining,
        dead_bytes=found.dead_bytes,
        hold=hold,
        seconds=time.monotonic() - started,
        unreadable=tuple(cleaner.unreadable[:MOST_UNREADABLE]),
    )


@dataclass(slots=True)
class _Orphaned:
    """What can be removed. Files are listed on disk, so that their number does not affect memory use."""

    listed: Path
    count: int = 0
    in_files: int = 0  # of them, in files and packs that the catalog does not know
    young: int = 0
    total: int = 0  # all thumbnails
    unused: dict[int, int] = field(default_factory=dict[int, int])  # thumbnails in packs, by shard
    unused_bytes: int = 0  # of these thumbnails
    old_packs: list[StoredPack] = field(default_factory=list[StoredPack])  # that no run is still writing
    adoptable: dict[bytes, StoredObject] = field(default_factory=dict[bytes, StoredObject])  # packs, by name

    def hold(self, *, files: bool) -> str | None:
        """Why nothing is removed that nobody confirmed; without `files`, these are not removed."""
        count = self.count if files else self.count - self.in_files
        if count <= MAX_UNCONFIRMED or 2 * count <= self.total:
            return None
        return f"{count:,} of {self.total:,} thumbnails would be removed, more than half"

    @property
    def dead_bytes(self) -> int:
        """By how much the packs would shrink, apart from those that a run may still be writing."""
        return sum(pack.dead_bytes for pack in self.old_packs) + self.unused_bytes

    def files(self) -> Iterator[tuple[str, int, int]]:
        """The key and size of each file, and how many thumbnails it counts as."""
        with self.listed.open("rb") as lines:
            for line in lines:
                count, size, key = line[:-1].decode("utf-8", "surrogateescape").split(" ", 2)
                yield key, int(size), int(count)


class _Cleaner:
    """One cleanup of a thumbnail store."""

    def __init__(
        self, catalog: Catalog, store: WritableStore, workdir: Path, step: StepCallback, *, hours: int
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._listed = workdir / "orphaned"
        self._step = step
        self._min_age_s = hours * _HOUR_S
        self._singles = SingleFiles(store)
        self.removed = 0
        self.removed_bytes = 0
        self.packed = 0  # files of their own that are in packs now
        self.repacked = Repacked(0, 0)
        self.unreadable: list[str] = []  # packs, with the reasons

    def search(self, now: float) -> _Orphaned:
        """What no asset uses."""
        found = _Orphaned(self._listed)
        packs = compare_packs(self._catalog, self._store)
        if packs.gone and packs.unregistered:
            raise _packs_gone(self._store, len(packs.gone))
        with room_in(self._listed.parent), self._listed.open("wb") as lines:

            def add(one: StoredObject, *, thumbnails: int = 1, unfinished: bool = False) -> None:
                least_s = max(self._min_age_s, UNFINISHED_HOURS * _HOUR_S) if unfinished else self._min_age_s
                if one.modified > now - least_s:
                    found.young += thumbnails
                else:
                    found.count += thumbnails
                    found.in_files += thumbnails
                    lines.write(f"{thumbnails} {one.size} {one.key}\n".encode("utf-8", "surrogateescape"))

            for name, one, entries, needed in unregistered_needs(self._catalog, self._store, packs):
                if needed:
                    found.adoptable[name] = one
                else:
                    add(one, thumbnails=len(entries) or 1)
                found.total += len(entries)
            for one in packs.objects.unfinished:
                add(one, unfinished=True)
            found.total += sum(pack.used for pack in packs.packs)
            found.old_packs = [pack for pack in packs.packs if pack.age_s >= self._min_age_s]
            for number in range(SHARDS):
                self._step(CHECKING, number, SHARDS)
                unused = thumbnail_packs.unused_of_shard(self._catalog, number)
                lengths = [one.length for one in unused if one.age_s >= self._min_age_s]
                old = len(lengths)
                found.unused_bytes += bytes_in_pack(lengths)
                found.count, found.young = found.count + old, found.young + len(unused) - old
                if old:
                    found.unused[number] = old
                shard = self._singles.shard(number)
                found.total += len(shard.present) + len(shard.nested) + len(shard.aside)
                for one in self._find_unused_files(shard):
                    add(one)
                for one in shard.unfinished:
                    add(one, unfinished=True)
        return found

    def remove(self, found: _Orphaned, *, files: bool) -> None:
        """Delete the rows of unused thumbnails, and the files that nothing uses."""
        for done, number in enumerate(found.unused):
            self._step(REMOVING, done, len(found.unused))
            unused = thumbnail_packs.unused_of_shard(self._catalog, number)
            old = [one.digest for one in unused if one.age_s >= self._min_age_s]
            lengths = thumbnail_packs.delete_unused(self._catalog, old)
            self.removed, self.removed_bytes = self.removed + len(lengths), self.removed_bytes + sum(lengths)
        for key, size, thumbnails in found.files() if files else ():
            self._store.delete(key)
            self.removed, self.removed_bytes = self.removed + thumbnails, self.removed_bytes + size

    def adopt(self, found: _Orphaned) -> None:
        """Register the packs that the catalog does not know and that have thumbnails which assets lack."""
        for name, one in found.adoptable.items():
            entries, needed = pack_needs(self._catalog, self._store, one)  # again, to keep few in memory
            if needed:
                thumbnail_packs.adopt(self._catalog, name, entries, one.size, needed)

    def pack_single_files(self) -> None:
        """Move the thumbnails that earlier versions wrote as files of their own into packs."""
        if not self._singles:
            return
        packer = SinglePacker(ThumbnailWriter(self._catalog, self._store))
        for number in range(SHARDS):
            shard = self._singles.shard(number)
            places = (shard.present, shard.nested, shard.aside)
            digests = {digest for files in places for digest in files}
            used = thumbnail_packs.find_used(self._catalog, digests) if digests else {}
            for digest in (digest for digest, packed in used.items() if not packed):
                packer.add(digest, [files[digest] for files in places if digest in files])
        packer.finish()
        self.packed = packer.packed
        self._remove_empty_batches()

    def repack(self, upkeep: Upkeep | None) -> None:
        """Merge sparse and small packs, and delete those without thumbnails."""
        self.repacked = repack(
            self._catalog,
            self._store,
            self._step,
            min_age_s=self._min_age_s,
            on_unreadable=self.unreadable.append,
            upkeep=upkeep,
        )

    def _find_unused_files(self, shard: Shard) -> Iterator[StoredObject]:
        """The files of their own that no asset needs, because none has the digest or a pack has the thumbnail."""
        digests = [*shard.present, *shard.nested, *shard.aside]
        used = thumbnail_packs.find_used(self._catalog, digests) if digests else {}
        for files in (shard.present, shard.nested, shard.aside):
            yield from (one for digest, one in files.items() if used.get(digest) is not False)

    def _remove_empty_batches(self) -> None:
        """Remove what an earlier version set aside, and what it noted about that; unknown objects are kept."""
        for batch in self._singles.batches:
            for one in self._store.list(f"{ASIDE}/{batch}/"):
                name = one.key.rpartition("/")[2]
                if one.key.endswith("/") or UNFINISHED.fullmatch(name) or name == "runs":
                    self._store.delete(one.key)


def _store_clock(catalog: Catalog, store: WritableStore, ours: str, hours: int) -> float:
    """The time of the store's clock, which dates its objects. Raises Conflict if anything else may use the store."""
    probe = f"{MARKERS}/.clock"
    store.put(probe, b"")
    now = store.head(probe).modified
    store.delete(probe)
    check_unshared(catalog, store, now)
    if _modified(store, ours) > now - hours * _HOUR_S:
        raise Conflict(
            f"{store.name} was marked as the store of this library only recently.",
            f"Try again in {hours} hours: by then, any other library that uses it has marked it too. If there is "
            "none, use --hours 0.",
        )
    return now


def _packs_gone(store: WritableStore, count: int) -> Conflict:
    """Packs without a row may be the only good ones, as after a restored database that is older than a merge."""
    return Conflict(
        f"Packs of the catalog are missing in {store.name}: {count:,}. Packs there that it does not know may have the "
        "same thumbnails.",
        "Run `mirrorlake thumbnails make` first.",
    )


def _modified(store: WritableStore, key: str) -> float:
    """When an object was last written; infinity if it is gone."""
    try:
        return store.head(key).modified
    except ObjectGone:
        return float("inf")
