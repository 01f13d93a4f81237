"""Remove orphaned thumbnails: only old ones, only of this library, and none that a run may still use.

orphaned ─▶ old enough? ─▶ too much at once? ─▶ quarantined ─▶ active runs ended? ─▶ still orphaned? ─▶ removed
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mirrorlake.catalog.thumbnails import at_work, exclusive_lock
from mirrorlake.core.errors import Conflict, ObjectGone, UsageError
from mirrorlake.library.audit import CHECKING, StepCallback, load_owners
from mirrorlake.library.layout import NAME, Shard, is_whole, read_shard
from mirrorlake.library.quarantine import (
    RemovalTotals,
    close_batches,
    closed_batches,
    count_objects,
    empty_batch,
    new_batch,
    quarantine_thumbnail,
)
from mirrorlake.library.references import SHARDS, Owners
from mirrorlake.mirror.library_marker import MARKERS, list_other_markers, mark_store
from mirrorlake.model.thumbnails import Cleaning
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.library_store import LibraryStore
from mirrorlake.processing.thumbnails import Thumbnails, thumbnail_key
from mirrorlake.storage.disk import room_in
from mirrorlake.storage.writable import StoredObject, WritableStore

UNFINISHED_HOURS = 1  # a write takes milliseconds, and is retried if its file disappears
MAX_UNCONFIRMED = 100  # files: fewer are quickly made again
REMOVING = "Removing orphaned thumbnails"
_HOUR_S = 3600


def clean(
    catalog: Catalog, library: LibraryStore, workdir: Path, step: StepCallback, *, hours: int, acknowledged: int | None
) -> Cleaning:
    """Remove thumbnails that no asset uses and that were not written for `hours`. Safe to repeat after a crash.

    If more than MAX_UNCONFIRMED files and more than half of all files would be removed, nothing is done unless that
    number is acknowledged. Raises UsageError if another number was acknowledged, Conflict if another command works on
    the thumbnails or another library uses the store, CatalogError and DiskFull.
    """
    started = time.monotonic()
    with exclusive_lock(catalog):
        now = _store_clock(library.store, mark_store(catalog, library), hours)
        cleaner = _Cleaner(catalog, library.store, workdir, step)
        return _clean(cleaner, now, started, hours=hours, acknowledged=acknowledged)


def _clean(cleaner: _Cleaner, now: float, started: float, *, hours: int, acknowledged: int | None) -> Cleaning:
    totals = cleaner.empty_ripe_batches("owners")  # quarantined by an earlier command
    found = cleaner.search(now, hours)
    if acknowledged is not None and acknowledged != found.count:
        raise UsageError(
            f"{found.count:,} files would be removed, not {acknowledged:,}.",
            f"To confirm this number: --acknowledge {found.count}",
        )
    hold = found.hold if acknowledged is None else None
    if hold is None and found.count:
        totals += cleaner.quarantine_files(found)
        totals += cleaner.empty_ripe_batches("owners-again")
    waiting, runs = cleaner.waiting()
    return Cleaning(
        left_over=found.count,
        young=found.young,
        removed=totals.removed,
        removed_bytes=totals.removed_bytes,
        put_back=totals.put_back,
        waiting=waiting,
        waits_for=tuple(sorted(runs)),
        hold=hold,
        seconds=time.monotonic() - started,
    )


@dataclass(slots=True)
class _OrphanedFiles:
    """The removable files, listed on disk, so that their number does not affect memory use."""

    listed: Path
    count: int = 0
    young: int = 0
    files: int = 0  # all thumbnails

    @property
    def hold(self) -> str | None:
        if self.count <= MAX_UNCONFIRMED or 2 * self.count <= self.files:
            return None
        return f"{self.count:,} of {self.files:,} thumbnails would be removed, more than half"

    def objects(self) -> Iterator[tuple[str, int]]:
        """The key and size of each file."""
        with self.listed.open("rb") as lines:
            for line in lines:
                size, _, key = line[:-1].decode("utf-8", "surrogateescape").partition(" ")
                yield key, int(size)


class _Cleaner:
    """One cleanup of a thumbnail store."""

    def __init__(self, catalog: Catalog, store: WritableStore, workdir: Path, step: StepCallback) -> None:
        self._catalog = catalog
        self._store = store
        self._thumbnails = Thumbnails(store)
        self._workdir = workdir
        self._step = step
        self._owners: Owners | None = None

    def empty_ripe_batches(self, folder: str) -> RemovalTotals:
        """Empty the batches that wait for no run, compared with the catalog as read after that was determined."""
        close_batches(self._store, self._active_runs)
        ripe = [batch for batch, runs in closed_batches(self._store, self._active_runs()).items() if not runs]
        totals = RemovalTotals()
        if ripe:
            self._owners = load_owners(self._catalog, self._workdir / folder, self._step)
            for batch in ripe:
                totals += empty_batch(self._store, batch, self._owners)
        return totals

    def search(self, now: float, hours: int) -> _OrphanedFiles:
        """The orphaned files that are old enough."""
        owners = self._owners or load_owners(self._catalog, self._workdir / "owners", self._step)
        found = _OrphanedFiles(self._workdir / "orphaned")
        old, unfinished = now - hours * _HOUR_S, now - max(hours, UNFINISHED_HOURS) * _HOUR_S
        with room_in(self._workdir), found.listed.open("wb") as lines:
            for number in range(SHARDS):
                self._step(CHECKING, number, SHARDS)
                shard = read_shard(self._store, number)
                writes = {one.key for one in shard.unfinished}
                found.files += len(shard.present) + len(shard.nested)
                for one in self._find_orphaned(owners, number, shard):
                    if one.modified > (unfinished if one.key in writes else old):
                        found.young += 1
                    else:
                        found.count += 1
                        lines.write(f"{one.size} {one.key}\n".encode("utf-8", "surrogateescape"))
        return found

    def quarantine_files(self, found: _OrphanedFiles) -> RemovalTotals:
        """Quarantine thumbnails. Files that no writer reads (old layouts, unfinished writes) are removed at once."""
        removed, batch = RemovalTotals(), new_batch()
        for done, (key, size) in enumerate(found.objects()):
            self._step(REMOVING, done, found.count)
            match = NAME.fullmatch(key.rpartition("/")[2])
            if match is not None and thumbnail_key(bytes.fromhex(match[1])) == key:
                quarantine_thumbnail(self._store, key, batch)
            else:
                removed += RemovalTotals(removed=1, removed_bytes=size)
                self._store.delete(key)
        return removed

    def waiting(self) -> tuple[int, set[int]]:
        """The number of quarantined files, and the runs that they wait for."""
        left = closed_batches(self._store, self._active_runs())
        return sum(count_objects(self._store, batch) for batch in left), set[int]().union(*left.values())

    def _find_orphaned(self, owners: Owners, number: int, shard: Shard) -> Iterator[StoredObject]:
        users = owners.of(number)
        yield from (one for digest, one in shard.present.items() if digest not in users)
        for digest, one in shard.nested.items():
            if digest not in users or is_whole(self._thumbnails, digest):
                yield one
        yield from shard.unfinished

    def _active_runs(self) -> list[int]:
        return at_work(self._catalog)


def _store_clock(store: WritableStore, ours: str, hours: int) -> float:
    """The time of the store's clock, which dates its objects. Raises Conflict if another library uses the store."""
    probe = f"{MARKERS}/.clock"
    store.put(probe, b"")
    now = store.head(probe).modified
    store.delete(probe)
    others = list_other_markers(store, ours)
    if others:
        raise Conflict(
            f"Another library also keeps its thumbnails in {store.name}: they would be treated as orphaned.",
            f"Give each library its own store. If the other library no longer exists, delete its marker: {others[0]}",
        )
    if _modified(store, ours) > now - hours * _HOUR_S:
        raise Conflict(
            f"{store.name} was marked as the store of this library only recently.",
            f"Try again in {hours} hours: by then, any other library that uses it has marked it too. If there is "
            "none, use --hours 0.",
        )
    return now


def _modified(store: WritableStore, key: str) -> float:
    """When an object was last written; infinity if it is gone."""
    try:
        return store.head(key).modified
    except ObjectGone:
        return float("inf")
