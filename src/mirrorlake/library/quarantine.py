"""Quarantine orphaned thumbnails, and remove them once no run can use them any more.

A run reads an object, finds that its thumbnail exists already, and commits the asset a while later. If the thumbnail
were removed in between, the asset would never have one. Therefore it is first moved: a run that needs it afterwards
writes it again, and a run that found it before is active now. A batch of such thumbnails waits until all runs that
were active when it was closed have ended. Then it is compared with the catalog once more, and removed or put back.

    aside/BATCH/v1/aa/…   one batch; while it is being filled, nothing else is in it
    aside/BATCH/runs      closes it, and names the runs that it waits for
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from mirrorlake.core.errors import ObjectGone
from mirrorlake.library.layout import NAME, QUARANTINE, UNFINISHED, is_whole, quarantine_batches
from mirrorlake.library.references import Owner, Owners
from mirrorlake.processing.thumbnails import VERSION, Thumbnails, thumbnail_key
from mirrorlake.storage.writable import StoredObject, WritableStore

_RUNS = "runs"


@dataclass(frozen=True, slots=True)
class RemovalTotals:
    """The numbers of removed and restored thumbnails of emptied batches."""

    removed: int = 0
    removed_bytes: int = 0
    put_back: int = 0

    def __add__(self, other: RemovalTotals) -> RemovalTotals:
        """The sum of both."""
        return RemovalTotals(
            self.removed + other.removed, self.removed_bytes + other.removed_bytes, self.put_back + other.put_back
        )


def new_batch() -> str:
    """The name of a new, empty batch."""
    return uuid.uuid4().hex


def quarantine_thumbnail(store: WritableStore, key: str, batch: str) -> None:
    """Move one thumbnail into a batch; does nothing if it is gone."""
    with suppress(ObjectGone):
        store.move(key, f"{QUARANTINE}/{batch}/{key}")


def close_batches(store: WritableStore, at_work: Callable[[], list[int]]) -> None:
    """Close all open batches, also those of killed commands. The active runs are read at this time."""
    for batch in quarantine_batches(store):
        if _runs_of(store, batch) is None:
            store.put(f"{QUARANTINE}/{batch}/{_RUNS}", json.dumps(at_work()).encode("ascii"))


def closed_batches(store: WritableStore, at_work: Iterable[int]) -> dict[str, set[int]]:
    """All closed batches, with the active runs that each waits for."""
    working = set(at_work)
    found = {batch: _runs_of(store, batch) for batch in quarantine_batches(store)}
    return {batch: runs & working for batch, runs in found.items() if runs is not None}


def count_objects(store: WritableStore, batch: str) -> int:
    """The number of thumbnails in a batch."""
    return sum(1 for _ in _thumbnails(store, batch))


def empty_batch(store: WritableStore, batch: str, owners: Owners) -> RemovalTotals:
    """Remove orphaned thumbnails of a batch and restore the others. Read `owners` after its runs have ended."""
    thumbnails, total = Thumbnails(store), RemovalTotals()
    shard, users = -1, dict[bytes, list[Owner]]()
    for digest, one in _thumbnails(store, batch):
        if digest[0] != shard:
            shard, users = digest[0], owners.of(digest[0])
        if digest in users and one.size and not is_whole(thumbnails, digest):
            store.move(one.key, thumbnail_key(digest))
            if is_whole(thumbnails, digest):
                total += RemovalTotals(put_back=1)
                continue
            store.delete(thumbnail_key(digest))
        else:
            store.delete(one.key)
        total += RemovalTotals(removed=1, removed_bytes=one.size)
    _remove_empty_batch(store, batch)
    return total


def _remove_empty_batch(store: WritableStore, batch: str) -> None:
    """Remove an empty batch. Unknown objects are kept, and their batch with them."""
    runs, others = f"{QUARANTINE}/{batch}/{_RUNS}", 0
    for one in store.list(f"{QUARANTINE}/{batch}/"):
        if one.key.endswith("/") or UNFINISHED.fullmatch(one.key.rpartition("/")[2]):
            store.delete(one.key)
        elif one.key != runs:
            others += 1
    if not others:
        store.delete(runs)


def _thumbnails(store: WritableStore, batch: str) -> Iterator[tuple[bytes, StoredObject]]:
    prefix = f"{QUARANTINE}/{batch}/{VERSION}/"
    for one in store.list(prefix):
        match = NAME.fullmatch(one.key.rpartition("/")[2])
        if match is not None and one.key == f"{prefix}{match[1][:2]}/{match[0]}":
            yield bytes.fromhex(match[1]), one


def _runs_of(store: WritableStore, batch: str) -> set[int] | None:
    """The runs that a closed batch waits for; None for one that is not closed."""
    try:
        return set(json.loads(store.get(f"{QUARANTINE}/{batch}/{_RUNS}").data))
    except ObjectGone:
        return None
