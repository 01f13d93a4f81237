"""List a complete range: prefetch pages, join them, check their order, and certify completeness."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from mirrorlake.core.errors import ListingBroken, ListingDisordered, StorageError
from mirrorlake.model.objects import CompletedRange, Gap, KeyRange, UnsupportedKey
from mirrorlake.storage.base import ListPage, Store
from mirrorlake.storage.listing_batches import (
    first_not_rising,
    first_outside,
    joined,
    key_at,
    smallest_size,
    split_by_length,
)
from mirrorlake.storage.sorting import sorted_batches

# Processing a batch takes a few hundred calls: with 32 pages per batch, selection and pairing take half as long as
# with 8. Larger batches only use more memory.
BATCH_ROWS = 32_000
LONGEST_KEY = 2_500  # bytes; an entry of PostgreSQL's index has at most 2,704 including overhead, S3 allows 1,024
EMPTY_PAGES = (
    10_000  # consecutive; deleted keys can cause some empty pages, but a listing of only empty pages is broken
)
_SHOWN = 100  # characters at either end of a key that is too long
_TOO_LONG = f"its key has more than {LONGEST_KEY:,} bytes, which no catalog can hold"
_FIX = (
    "This listing was discarded. Run again; if the error persists, pass a file with the content "
    '{"listingOrdered": false} with --settings.'
)


class Listing(Protocol):
    """Batches of `model.columns.LISTING`, for a single iteration. Use `with`, or iterate to the end."""

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """The batches, about `BATCH_ROWS` rows each. Raises StorageError after the last valid batch."""
        ...

    @property
    def gaps(self) -> Sequence[Gap]:
        """Folders that could not be listed. A gap is reported before any later key is yielded."""
        ...

    def certificate(self) -> CompletedRange:
        """Proof that the listing is complete. Raises ListingBroken before its end."""
        ...

    def close(self) -> None:
        """Stop early. Has no effect after the end."""
        ...


def list_range(store: Store, scope: KeyRange, *, batch_rows: int = BATCH_ROWS) -> Listing:
    """The keys of `scope`. The next batch is prefetched while the caller processes the current one.

    The keys of an ordered store must be strictly ascending: a duplicate or unordered key raises
    ListingDisordered with both keys. Keys outside `scope` also raise it.
    """
    return _RangeListing(store, scope, batch_rows)


def sorted_listing(listing: Listing, workdir: Path) -> Listing:
    """`listing` in key order, by an external merge sort in `workdir` (an existing folder, cleaned up afterwards).

    For stores that do not list in order. Duplicate keys raise ListingDisordered; a full disk raises DiskFull.
    """
    return _SortedListing(listing, workdir)


class _Pages:
    """The pages of a listing so far. Written by the fetching thread, read after it has ended."""

    def __init__(self, scope: KeyRange) -> None:
        self.scope = scope
        self.pages = 0
        self.objects = 0
        self.unsupported: list[UnsupportedKey] = []
        self.gaps: list[Gap] = []
        self.complete = False

    def certificate(self) -> CompletedRange:
        if not self.complete:
            raise ListingBroken("The listing is incomplete, so it proves nothing.", _FIX)
        return CompletedRange(
            range=self.scope,
            pages=self.pages,
            objects=self.objects,
            unsupported=tuple(self.unsupported),
            gaps=tuple(self.gaps),
        )


class _RangeListing:
    def __init__(self, store: Store, scope: KeyRange, batch_rows: int) -> None:
        self._store = store
        self._batch_rows = batch_rows
        self._seen = _Pages(scope)
        self._ahead: _Prefetcher | None = None

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        if self._ahead is not None:
            raise RuntimeError("a listing can be iterated only once")
        self._ahead = _Prefetcher(self._batches)
        try:
            yield from self._ahead
        finally:
            self._ahead.close()

    @property
    def gaps(self) -> Sequence[Gap]:
        return self._seen.gaps

    def certificate(self) -> CompletedRange:
        return self._seen.certificate()

    def close(self) -> None:
        if self._ahead is not None:
            self._ahead.close()

    def _batches(self) -> Iterator[pa.RecordBatch]:
        """Joined pages; runs in the fetching thread."""
        pending: list[pa.RecordBatch] = []
        rows = 0
        try:
            for batch in self._pages():
                pending.append(batch)
                rows += batch.num_rows
                if rows >= self._batch_rows:
                    yield self._checked_rows(pending)
                    pending, rows = [], 0
        except StorageError:
            if pending:
                yield self._checked_rows(pending)
            raise
        last = self._checked_rows(pending) if pending else None
        self._seen.complete = True
        if last is not None:
            yield last

    def _checked_rows(self, pages: list[pa.RecordBatch]) -> pa.RecordBatch:
        """The rows of some pages; keys that are too long for the catalog are reported as unsupported."""
        batch = joined(pages)
        if smallest_size(batch) < 0:
            raise ListingBroken("The listing contains an object with a negative size.", _FIX)
        held, too_long = split_by_length(batch, LONGEST_KEY)
        self._seen.objects += held.num_rows
        self._seen.unsupported += [
            UnsupportedKey(shown=f"{key[:_SHOWN]}…{key[-_SHOWN:]}", reason=_TOO_LONG) for key in too_long
        ]
        return held

    def _pages(self) -> Iterator[pa.RecordBatch]:
        """The checked rows of each page that is not empty."""
        seen = self._seen
        check = _OrderCheck(seen.scope) if self._store.ordered else _ScopeCheck(seen.scope)
        cursor: object | None = None
        leads_on = _CursorCheck()
        while True:
            page = self._store.list_page(seen.scope, cursor)
            seen.pages += 1
            seen.unsupported += page.unsupported
            seen.gaps += page.gaps
            if page.batch.num_rows:
                check(page.batch)
                yield page.batch
            if page.cursor is None:
                return
            leads_on(page)
            cursor = page.cursor


class _SortedListing:
    def __init__(self, listing: Listing, workdir: Path) -> None:
        self._listing = listing
        self._workdir = workdir
        self._complete = False

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        check = _OrderCheck(KeyRange())
        for batch in sorted_batches(self._listing, self._workdir, BATCH_ROWS):
            check(batch)
            yield batch
        self._complete = True

    @property
    def gaps(self) -> Sequence[Gap]:
        return self._listing.gaps

    def certificate(self) -> CompletedRange:
        if not self._complete:
            raise ListingBroken("The listing is incomplete, so it proves nothing.", _FIX)
        return self._listing.certificate()

    def close(self) -> None:
        self._listing.close()


class _CursorCheck:
    """Checks that cursors do not repeat, and that the number of consecutive empty pages is limited."""

    def __init__(self) -> None:
        self._pages = 0
        self._empty = 0  # in a row
        self._remembered: object | None = None

    def __call__(self, page: ListPage) -> None:
        # Cursors may be large, so only one is kept, each for twice as long as the one before: this detects any cycle.
        if page.cursor == self._remembered:
            raise ListingBroken("The listing returns to an earlier page.", _FIX)
        self._pages += 1
        if self._pages & (self._pages - 1) == 0:
            self._remembered = page.cursor
        self._empty = 0 if page.batch.num_rows or page.unsupported else self._empty + 1
        if self._empty >= EMPTY_PAGES:
            raise ListingBroken(f"The listing returned {EMPTY_PAGES:,} consecutive pages without a key.", _FIX)


class _ScopeCheck:
    """Checks that every key is in the scope, and that no two pages begin with the same key, which detects cycles."""

    def __init__(self, scope: KeyRange) -> None:
        self._scope = scope
        self._firsts: set[str] = set()

    def __call__(self, batch: pa.RecordBatch) -> None:
        place = first_outside(batch, self._scope)
        if place is not None:
            raise _outside(key_at(batch, place), self._scope)
        first = key_at(batch, 0)
        if first in self._firsts:
            raise _disorder(first, first)
        self._firsts.add(first)


class _OrderCheck:
    """Checks that every key is in the scope and strictly after the previous one."""

    def __init__(self, scope: KeyRange) -> None:
        self._scope = scope
        self._last: str | None = scope.after

    def __call__(self, batch: pa.RecordBatch) -> None:
        first, last = key_at(batch, 0), key_at(batch, -1)
        # Keys with a common prefix are consecutive, so for ordered keys it is enough to check both ends.
        for key in (first, last):
            if not key.startswith(self._scope.prefix) or (self._scope.until is not None and key > self._scope.until):
                raise _outside(key, self._scope)
        if self._last is not None and first <= self._last:
            raise _disorder(self._last, first)
        place = first_not_rising(batch)
        if place is not None:
            raise _disorder(key_at(batch, place), key_at(batch, place + 1))
        self._last = last


def _outside(key: str, scope: KeyRange) -> ListingBroken:
    return ListingDisordered(
        f"The listing of {scope.prefix!r} contains {key!r}, which is outside the requested range.", _FIX
    )


def _disorder(before: str, key: str) -> ListingBroken:
    if before == key:
        return ListingDisordered(f"The listing contains {key!r} twice.", _FIX)
    return ListingDisordered(f"The listing is not in key order: {key!r} came after {before!r}.", _FIX)


class _Prefetcher:
    """Runs an iterator in a thread, at most one item ahead of its reader."""

    def __init__(self, make: Callable[[], Iterator[pa.RecordBatch]]) -> None:
        self._make = make
        self._queue: queue.Queue[pa.RecordBatch | BaseException | None] = queue.Queue(maxsize=1)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="listing", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        while (item := self._queue.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item

    def close(self) -> None:
        """Stop the thread and wait for it: at most one request is still in progress."""
        self._stop.set()
        while self._thread.is_alive():
            try:
                self._queue.get(timeout=0.05)  # make room for the next item of the thread
            except queue.Empty:
                continue

    def _run(self) -> None:
        try:
            for item in self._make():
                self._queue.put(item)
                if self._stop.is_set():
                    return
        except BaseException as error:  # noqa: BLE001 - passed to the reader, which raises it
            self._queue.put(error)
        else:
            self._queue.put(None)
