"""Leave out ranges of keys in which nothing changed, by a digest of their known rows. Pure.

A pass over an unchanged bucket would otherwise read every known row from the catalog, only to find it equal to the
listing. Where the digest of the listed rows of a range equals the stored one, neither side of it is compared.

listing ─▶ CANDIDATES ─▶ RangeFilter ─▶ candidates ─▶ diff
              stored digests ─▶    └──▶ known rows of the ranges that differ ─▶ diff
"""

from __future__ import annotations

import bisect
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

import pyarrow as pa
from blake3 import blake3

from mirrorlake.core.columnar import Column, as_binary, byte_content, bytes_at, column, joined
from mirrorlake.model.objects import KeyRange, RangeDigest
from mirrorlake.select.fingerprints import fingerprints

MIN_OBJECTS = 4096  # in a range with a digest: fewer are read in the time of one query

ReadKnown = Callable[[KeyRange], Generator[pa.RecordBatch]]


def digest_of(rows: pa.RecordBatch, companions: Column) -> bytes:
    """The digest of what is compared of objects: key, token, size, and the fingerprint of their companions."""
    hasher = blake3()
    for content in (
        *byte_content(column(rows, "key")),
        *byte_content(column(rows, "token")),
        *byte_content(companions),
    ):
        hasher.update(content)
    hasher.update(column(rows, "size").to_numpy().tobytes())
    return hasher.digest()


class RangeMeter:
    """Computes the digests of known rows that pass through it, in ranges of about a batch, at least `least` rows."""

    def __init__(self, least: int) -> None:
        self._least = least
        self.found: list[RangeDigest] = []

    def measure(self, rows: Iterable[pa.RecordBatch], scope: KeyRange) -> Iterator[pa.RecordBatch]:
        """The same KNOWN batches, which must be all of `scope`."""
        after = scope.after or ""
        waiting: pa.RecordBatch | None = None
        for batch in rows:
            if waiting is None or batch.num_rows < self._least:  # a small rest joins its predecessor
                waiting = batch if waiting is None else joined([waiting, batch])
            else:
                after = self._add(waiting, after)
                waiting = batch
            yield batch
        if waiting is not None:
            self._add(waiting, after, until=scope.until)

    def _add(self, rows: pa.RecordBatch, after: str, until: str | None = None) -> str:
        until = until or bytes_at(column(rows, "key"), -1).decode()
        if rows.num_rows >= self._least and not column(rows, "state").to_numpy().any():
            digest = digest_of(rows, column(rows, "companions"))
            self.found.append(RangeDigest(after=after, until=until, objects=rows.num_rows, digest=digest))
        return until


@dataclass(frozen=True, slots=True)
class _Slot:
    """A part of the scope: a range with its digest, or the keys between two of them, which have none."""

    range: KeyRange
    stored: RangeDigest | None


class RangeFilter:
    """The two sides of a diff without the ranges that are equal by their digests. `unchanged` is live.

    `candidates` are CANDIDATES batches in key order, as `select.stream` returns them; `digests` are those of ranges in
    `scope`, by key and without overlaps; `read` returns the KNOWN batches of a range.
    """

    def __init__(
        self, candidates: Iterable[pa.RecordBatch], digests: Sequence[RangeDigest], scope: KeyRange, read: ReadKnown
    ) -> None:
        self._incoming = iter(candidates)
        self._read = read
        self._slots = deque(_divide(scope, digests))
        self._held: list[pa.RecordBatch] = []  # rows of the first slot, as long as it may be equal
        self._wanted: deque[KeyRange] = deque()
        self._ready: deque[pa.RecordBatch] = deque()
        self._last: bytes | None = None
        self._differs = False
        self.unchanged = 0
        self._open()

    def candidates(self) -> Iterator[pa.RecordBatch]:
        """The candidates of ranges that differ, and those that come again."""
        while self._ready or self._advance():
            while self._ready:
                yield self._ready.popleft()

    def known(self) -> Generator[pa.RecordBatch]:
        """The known rows of the same ranges. Close it if it is not read to its end."""
        while self._wanted or self._advance():
            while self._wanted:
                with closing(self._read(self._wanted.popleft())) as rows:
                    yield from rows

    def _advance(self) -> bool:
        """Process one more batch of candidates. False after the last one."""
        if not self._slots:
            return False
        batch = next(self._incoming, None)
        if batch is None:
            while self._slots:
                self._close()
            return bool(self._ready or self._wanted)
        if batch.num_rows:
            self._take(batch)
        return True

    def _take(self, batch: pa.RecordBatch) -> None:
        keys = as_binary(column(batch, "key"))
        if self._last is not None and bytes_at(keys, 0) <= self._last:  # deferred rows that come again
            self._give_up()
            self._ready.append(batch)
            return
        self._last = bytes_at(keys, -1)
        while batch.num_rows:
            until = self._slots[0].range.until
            keys = as_binary(column(batch, "key"))
            count = batch.num_rows
            if until is not None and self._last > (bound := until.encode()):
                count = bisect.bisect_right(range(count), bound, key=lambda row, keys=keys: bytes_at(keys, row))
            if count:
                self._add(batch.slice(0, count))
            batch = batch.slice(count)
            if batch.num_rows:
                self._close()

    def _add(self, rows: pa.RecordBatch) -> None:
        """Rows of the first slot."""
        stored = self._slots[0].stored
        if stored is not None and not self._differs:
            self._held.append(rows)
            count = sum(held.num_rows for held in self._held)
            if count > stored.objects or column(rows, "skip").null_count < rows.num_rows:
                self._give_up()
            return
        self._ready.append(rows)

    def _give_up(self) -> None:
        """The first slot is to be compared row by row."""
        if not self._differs:
            self._differs = True
            self._wanted.append(self._slots[0].range)
            self._ready.extend(self._held)
            self._held = []

    def _close(self) -> None:
        """End the first slot: no further row belongs to it."""
        stored = self._slots[0].stored
        if stored is not None and not self._differs:
            if self._equals(stored):
                self.unchanged += stored.objects
                self._held = []
            else:
                self._give_up()
        self._slots.popleft()
        self._open()

    def _equals(self, stored: RangeDigest) -> bool:
        if sum(rows.num_rows for rows in self._held) != stored.objects:
            return False
        rows = joined(self._held)
        return digest_of(rows, fingerprints(rows)) == stored.digest

    def _open(self) -> None:
        self._differs = False
        if self._slots and self._slots[0].stored is None:
            self._give_up()


def _divide(scope: KeyRange, digests: Sequence[RangeDigest]) -> Iterator[_Slot]:
    """The slots of `scope`, in key order, which cover it completely."""
    after = scope.after
    for stored in digests:
        if stored.after != (after or ""):
            yield _Slot(KeyRange(prefix=scope.prefix, after=after, until=stored.after), None)
        yield _Slot(KeyRange(prefix=scope.prefix, after=stored.after or None, until=stored.until), stored)
        after = stored.until
    if after is None or after != scope.until:
        yield _Slot(KeyRange(prefix=scope.prefix, after=after, until=scope.until), None)
