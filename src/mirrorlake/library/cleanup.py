"""Clear away the files that no asset uses: only old ones, only of this library, and never what a run may still use.

left over ─▶ old enough? ─▶ too much at once? ─▶ put aside ─▶ runs at work ended? ─▶ still left over? ─▶ removed
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mirrorlake.catalog.thumbnails import at_work, exclusive_lock
from mirrorlake.core.errors import Conflict, UsageError
from mirrorlake.library.audit import CHECKING, StepCallback, owners_of
from mirrorlake.library.layout import Shelf, read_shelf, stands
from mirrorlake.library.quarantine import (
    Settled,
    batches,
    close_batch,
    count_files,
    move_aside,
    remove_if_empty,
    settle,
    waits_for,
)
from mirrorlake.library.references import SHELVES, Owners
from mirrorlake.mirror.library_marker import mark, other_marks, unwritable
from mirrorlake.model.thumbnails import Cleaning
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.thumbnails import Thumbnails
from mirrorlake.storage.disk import room_in

UNFINISHED_HOURS = 1  # a write takes milliseconds, and one that is found no more begins again
HELD_FROM = 100  # files: fewer are no loss to make again
REMOVING = "Clearing away"
_HOUR_S = 3600


def clean(
    catalog: Catalog, root: Path, workdir: Path, step: StepCallback, *, hours: int, acknowledged: int | None
) -> Cleaning:
    """Remove what no asset uses and nobody wrote for `hours`. Killed anywhere, it is simply run again.

    Where more than HELD_FROM files and more than half of all would go, nothing is done unless that number is
    acknowledged. Raises UsageError where another number would go, Conflict where another command is at the thumbnails
    or another library keeps its own there, CatalogError and DiskFull.
    """
    started = time.monotonic()
    with exclusive_lock(catalog):
        try:
            now = _disk_clock(root, mark(catalog, root), hours)
            return _clean(_Cleaner(catalog, root, workdir, step), now, started, hours=hours, acknowledged=acknowledged)
        except OSError as error:
            raise unwritable(root, error) from error


def _clean(cleaner: _Cleaner, now: float, started: float, *, hours: int, acknowledged: int | None) -> Cleaning:
    settled = cleaner.settle_ripe("owners")  # what an earlier command put aside
    found = cleaner.search(now, hours)
    if acknowledged is not None and acknowledged != found.count:
        raise UsageError(
            f"{found.count:,} files would go, not {acknowledged:,}.",
            f"Say so if that is right: --acknowledge {found.count}",
        )
    hold = found.hold if acknowledged is None else None
    if hold is None and found.count:
        settled += cleaner.put_aside(found)
        settled += cleaner.settle_ripe("owners-again")
    waiting, runs = cleaner.waiting()
    return Cleaning(
        left_over=found.count,
        young=found.young,
        removed=settled.removed,
        removed_bytes=settled.removed_bytes,
        put_back=settled.put_back,
        waiting=waiting,
        waits_for=tuple(sorted(runs)),
        hold=hold,
        seconds=time.monotonic() - started,
    )


@dataclass(slots=True)
class _Found:
    """What may go, listed in a file: any number of paths fits."""

    listed: Path
    count: int = 0
    young: int = 0
    files: int = 0  # all thumbnails

    @property
    def hold(self) -> str | None:
        if self.count <= HELD_FROM or 2 * self.count <= self.files:
            return None
        return f"{self.count:,} of {self.files:,} thumbnails would go, more than half"

    def paths(self, root: Path) -> Iterator[Path]:
        with self.listed.open("rb") as lines:
            for line in lines:
                yield root / os.fsdecode(line[:-1])


class _Cleaner:
    """One cleaning of one folder of thumbnails."""

    def __init__(self, catalog: Catalog, root: Path, workdir: Path, step: StepCallback) -> None:
        self._catalog = catalog
        self._root = root
        self._thumbnails = Thumbnails(root)
        self._workdir = workdir
        self._step = step
        self._owners: Owners | None = None

    def settle_ripe(self, folder: str) -> Settled:
        """Settle what was put aside and waits for nobody, against the catalog as it is after that was known."""
        close_batch(self._root, self._at_work)
        working = self._at_work()
        ripe = [batch for batch in batches(self._root) if not waits_for(batch, working)]
        settled = Settled()
        if ripe:
            self._owners = owners_of(self._catalog, self._workdir / folder, self._step)
            for batch in ripe:
                settled += settle(self._root, batch, self._owners)
        return settled

    def search(self, now: float, hours: int) -> _Found:
        """What no asset uses, and is old enough."""
        owners = self._owners or owners_of(self._catalog, self._workdir / "owners", self._step)
        found = _Found(self._workdir / "left-over")
        old, unfinished = now - hours * _HOUR_S, now - max(hours, UNFINISHED_HOURS) * _HOUR_S
        with room_in(self._workdir), found.listed.open("wb") as lines:
            for number in range(SHELVES):
                self._step(CHECKING, number, SHELVES)
                shelf = read_shelf(self._root, number)
                writes = set(shelf.unfinished)
                found.files += len(shelf.standing) + len(shelf.nested)
                for path in self._left_over(owners, number, shelf):
                    if _touched(path) > (unfinished if path in writes else old):
                        found.young += 1
                    else:
                        found.count += 1
                        lines.write(os.fsencode(path.relative_to(self._root)) + b"\n")
        return found

    def put_aside(self, found: _Found) -> Settled:
        """Put thumbnails aside. What no writer ever looks for (older folders, ends of writes) goes at once."""
        removed = Settled()
        for done, path in enumerate(found.paths(self._root)):
            self._step(REMOVING, done, found.count)
            digest = path.name.removesuffix(".webp")
            if len(digest) == 2 * 32 and self._thumbnails.path_of(bytes.fromhex(digest)) == path:
                move_aside(self._root, path)
            elif path.exists():
                removed += Settled(removed=1, removed_bytes=path.stat().st_size)
                path.unlink(missing_ok=True)
                remove_if_empty(path.parent)
        return removed

    def waiting(self) -> tuple[int, set[int]]:
        """How many files are put aside, and for which runs they wait."""
        working = self._at_work()
        left = batches(self._root)
        return sum(map(count_files, left)), {run for batch in left for run in waits_for(batch, working)}

    def _left_over(self, owners: Owners, number: int, shelf: Shelf) -> Iterator[Path]:
        users = owners.of(number)
        yield from (path for digest, path in shelf.standing.items() if digest not in users)
        for digest, path in shelf.nested.items():
            if digest not in users or stands(self._thumbnails, digest):
                yield path
        yield from shelf.unfinished

    def _at_work(self) -> list[int]:
        return at_work(self._catalog)


def _disk_clock(root: Path, ours: Path, hours: int) -> float:
    """What the disk's own clock says, by which its files are dated. Raises Conflict unless the folder is ours alone."""
    with tempfile.TemporaryFile(dir=root) as probe:
        now = os.fstat(probe.fileno()).st_mtime
    others = other_marks(ours)
    if others:
        raise Conflict(
            f"Another library keeps its thumbnails in {root} too: none of them can be told from what is left over.",
            f"Give each library a data folder of its own. If the other one is no more, delete its mark: {others[0]}",
        )
    if _touched(ours) > now - hours * _HOUR_S:
        raise Conflict(
            f"Only since a short while {root} is marked as the folder of this library.",
            f"Try again in {hours} hours: another library that uses it will have marked it too by then. If there is "
            "none, say --hours 0.",
        )
    return now


def _touched(path: Path) -> float:
    """When a file was last written, or moved to where it is; now where it is gone."""
    try:
        told = path.stat()
    except FileNotFoundError:
        return float("inf")
    return max(told.st_mtime, told.st_ctime)
