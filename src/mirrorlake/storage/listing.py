"""List a complete range: prefetch pages, join them, check their order, and certify completeness."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from mirrorlake.core.errors import ListingBroken, ListingDisordered, StorageError
from mirrorlake.model.objects import CompletedRange, Gap, KeyRange, UnsupportedKey
from mirrorlake.storage.base import Store
from mirrorlake.storage.listing_batches import (
    first_not_rising,
    first_outside,
    joined,
    key_at,
    smallest_size,
    split_by_length,
    split_by_size,
    without_repeats,
)
from mirrorlake.storage.sorting import sorted_batches

# Processing a batch takes a few hundred calls: with 32 pages per batch, selection and pairing take half as long as
# with 8. Larger batches only use more memory.
BATCH_ROWS = 32_000
LONGEST_KEY = 2_500  # bytes; an entry of PostgreSQL's index has at most 2,704 including overhead, S3 allows 1,024
EMPTY_PAGES = (
    10_000  # consecutive; deleted keys can cause some empty pages, but a listing of only empty pages is broken
)
MOST_BYTES = 1 << 50  # of an object: five times what any store holds; sums of some thousand sizes stay below 2**63
_SHOWN = 100  # characters at either end of a key that is too long
_TOO_LONG = f"its key has more than {LONGEST_KEY:,} bytes, which no catalog can hold"
_TOO_LARGE = f"its stated size is more than {MOST_BYTES:,} bytes, which no store holds"
_TWICE_FIX = (
    "This listing was discarded. Run again: the object may have been replaced while it was listed. If the error "
    "persists, the server lists several versions of one object: report that to its operator."
)
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

    The keys of an ordered store must be ascending: an unordered key raises ListingDisordered with both keys. A row that
    repeats the one before is dropped; the same key with another size or token raises, as do keys outside `scope`.
    """
    return _RangeListing(store, scope, batch_rows)


def shown_key(text: str) -> str:
    """A key or folder for display: shortened if no index could hold it."""
    long = len(text.encode("utf-8", "surrogatepass")) > LONGEST_KEY
    return f"{text[:_SHOWN]}…{text[-_SHOWN:]}" if long else text


def sorted_listing(listing: Listing, workdir: Path) -> Listing:
    """`listing` in key order, by an external merge sort in `workdir` (an existing folder, cleaned up afterwards).

    For stores that do not list in order. Repeated keys as in `list_range`; a full disk raises DiskFull.
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
        held, too_large = split_by_size(held, MOST_BYTES)
        self._seen.objects += held.num_rows
        self._seen.unsupported += [UnsupportedKey(shown=shown_key(key), reason=_TOO_LONG) for key in too_long]
        self._seen.unsupported += [UnsupportedKey(shown=key, reason=_TOO_LARGE) for key in too_large]
        return held

    def _pages(self) -> Iterator[pa.RecordBatch]:
        """The checked rows of each page that is not empty."""
        seen = self._seen
        check = OrderCheck(seen.scope) if self._store.ordered else _ScopeCheck(seen.scope)
        cursor: object | None = None
        leads_on = _CursorCheck()
        while True:
            page = self._store.list_page(seen.scope, cursor)
            seen.pages += 1
            seen.unsupported += [replace(one, shown=shown_key(one.shown)) for one in page.unsupported]
            seen.gaps += page.gaps
            batch = check(page.batch) if page.batch.num_rows else page.batch
            if batch.num_rows:
                yield batch
            if page.cursor is None:
                return
            leads_on(page.cursor, empty=not batch.num_rows and not page.unsupported)
            cursor = page.cursor


class _SortedListing:
    def __init__(self, listing: Listing, workdir: Path) -> None:
        self._listing = listing
        self._workdir = workdir
        self._complete = False
        self._objects = 0

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        check = OrderCheck(KeyRange())
        for batch in sorted_batches(self._listing, self._workdir, BATCH_ROWS):
            checked = check(batch)
            self._objects += checked.num_rows
            if checked.num_rows:
                yield checked
        self._complete = True

    @property
    def gaps(self) -> Sequence[Gap]:
        return self._listing.gaps

    def certificate(self) -> CompletedRange:
        if not self._complete:
            raise ListingBroken("The listing is incomplete, so it proves nothing.", _FIX)
        return replace(self._listing.certificate(), objects=self._objects)

    def close(self) -> None:
        self._listing.close()


class _CursorCheck:
    """Checks that cursors do not repeat, and that the number of consecutive empty pages is limited."""

    def __init__(self) -> None:
        self._pages = 0
        self._empty = 0  # in a row
        self._remembered: object | None = None

    def __call__(self, cursor: object, *, empty: bool) -> None:
        # Cursors may be large, so only one is kept, each for twice as long as the one before: this detects any cycle.
        if cursor == self._remembered:
            raise ListingBroken("The listing returns to an earlier page.", _FIX)
        self._pages += 1
        if self._pages & (self._pages - 1) == 0:
            self._remembered = cursor
        self._empty = self._empty + 1 if empty else 0
        if self._empty >= EMPTY_PAGES:
            raise ListingBroken(f"The listing returned {EMPTY_PAGES:,} consecutive pages without a new key.", _FIX)


class _ScopeCheck:
    """Checks that every key is in the scope, and that no three pages begin with the same key, which detects cycles.

    Two pages may: one of them repeats a key, which is dropped once the keys are sorted.
    """

    def __init__(self, scope: KeyRange) -> None:
        self._scope = scope
        self._firsts: set[str] = set()
        self._repeated: set[str] = set()

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        place = first_outside(batch, self._scope)
        if place is not None:
            raise _outside(key_at(batch, place), self._scope)
        first = key_at(batch, 0)
        if first in self._repeated:
            raise ListingDisordered(f"The listing contains {first!r} again and again.", _FIX)
        (self._repeated if first in self._firsts else self._firsts).add(first)
        return batch


class OrderCheck:
    """Checks that every key is in the scope and after the previous one; drops a row that repeats the previous one."""

    def __init__(self, scope: KeyRange) -> None:
        self._scope = scope
        self._last_key = scope.after
        self._last_row: pa.RecordBatch | None = None

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The rows of the next batch, which is not empty. Raises ListingDisordered."""
        first, last = key_at(batch, 0), key_at(batch, -1)
        # Keys with a common prefix are consecutive, so for ordered keys it is enough to check both ends.
        for key in (first, last):
            if not key.startswith(self._scope.prefix) or (self._scope.until is not None and key > self._scope.until):
                raise _outside(key, self._scope)
        if first_not_rising(batch) is not None:
            batch = without_repeats(batch)
            place = first_not_rising(batch)
            if place is not None:
                raise _disorder(key_at(batch, place), key_at(batch, place + 1))
        if self._last_key is not None and first <= self._last_key:
            batch = self._without_last(batch, first, self._last_key)
        self._last_key = last
        if batch.num_rows:
            self._last_row = batch.slice(batch.num_rows - 1)
        return batch

    def _without_last(self, batch: pa.RecordBatch, first: str, last_key: str) -> pa.RecordBatch:
        """The batch without its first row, which repeats the row before or is the key to start after.

        Some servers include that key, which belongs to the range before.
        """
        differs = (
            self._last_row is not None and without_repeats(joined([self._last_row, batch.slice(0, 1)])).num_rows > 1
        )
        if first < last_key or differs:
            raise _disorder(last_key, first)
        return batch.slice(1)


def _outside(key: str, scope: KeyRange) -> ListingBroken:
    return ListingDisordered(
        f"The listing of {scope.prefix!r} contains {key!r}, which is outside the requested range.", _FIX
    )


def _disorder(before: str, key: str) -> ListingBroken:
    if before == key:
        return ListingDisordered(f"The listing contains {key!r} twice, with different sizes or tokens.", _TWICE_FIX)
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
