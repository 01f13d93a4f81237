"""List a source, compare it with the catalog, and write the differences to spools. Writes nothing else.

range 1:  list ─▶ select, pair ─▶ leave out by digest ─▶ diff ─▶ spool 1
range 2:  list ─▶ select, pair ─▶ leave out by digest ─▶ diff ─▶ spool 2        (in parallel)
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from mirrorlake.catalog import label_files, objects
from mirrorlake.core.errors import ListingDisordered, StorageError
from mirrorlake.mirror.label_scan import ListedLabels
from mirrorlake.mirror.listing_gaps import PartialListing, exclude_gaps
from mirrorlake.mirror.prefetch import prefetch
from mirrorlake.mirror.progress import Progress
from mirrorlake.mirror.spool import SpooledBatches, write_spool
from mirrorlake.model.looking import LOOK_AT_ALL, Looking
from mirrorlake.model.objects import Gap, KeyRange, MeasuredRanges, RangeDigest, UnsupportedKey
from mirrorlake.plan.diff import diff
from mirrorlake.plan.range_digests import MIN_OBJECTS, RangeFilter, RangeMeter
from mirrorlake.plan.update_policy import UpdatePolicy, update_policy
from mirrorlake.postgres.pool import Catalog
from mirrorlake.select.pairing import safe_ranges
from mirrorlake.select.pattern_use import UnusedPattern
from mirrorlake.select.rules import Rules
from mirrorlake.select.stream import Selection, select
from mirrorlake.storage.base import Store
from mirrorlake.storage.listing import BATCH_ROWS, list_range, sorted_listing
from mirrorlake.storage.stack import stack_store
from mirrorlake.storage.wrappers import ListingMonitor

MAX_ROWS_IN_MEMORY = 64_000  # in the batches of all ranges together: memory must not grow with the number of cores


class KnownRows(Protocol):
    """Known objects in one snapshot, as `catalog.objects.KnownObjects` reads those of a whole datasource."""

    def rows(self, *, after: str | None = None, until: str | None = None) -> Iterator[pa.RecordBatch]:
        """KNOWN batches of the keys with `after < key <= until`, in byte order of the keys."""
        ...

    def digests(self, *, after: str | None = None, until: str | None = None) -> list[RangeDigest]:
        """The valid digests of ranges in the same keys, by key and without overlaps; none of a part of the objects."""
        ...

    def snapshot(self) -> str | None:
        """What identifies the snapshot; None if the rows are only a part, of which no digest may be kept."""
        ...


class KnownSide(Protocol):
    """What the catalog knows of the keys that are listed."""

    def open(self) -> AbstractContextManager[KnownRows | None]:
        """The known objects in one snapshot; None if there are none."""
        ...

    def bounds(self, parts: int) -> list[str]:
        """Keys that divide the known rows into about equal parts; none if there are few rows."""
        ...

    def label_files(self, *, after: str | None = None, until: str | None = None) -> Iterator[pa.RecordBatch]:
        """The known label files with `after < key <= until`, as KNOWN batches in byte order of the keys."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogSnapshot:
    """The catalog rows of one datasource; without an id there are none, as before its first pass."""

    catalog: Catalog
    datasource_id: int | None
    looking: Looking = LOOK_AT_ALL

    @contextmanager
    def open(self) -> Generator[objects.KnownObjects | None]:
        """The known objects in one snapshot; None if there are none."""
        if self.datasource_id is None:
            yield None
            return
        with objects.open_known(self.catalog, self.datasource_id, self.looking) as known:
            yield known

    def bounds(self, parts: int) -> list[str]:
        """Keys that divide the known rows into about equal parts; none if there are few rows."""
        return [] if self.datasource_id is None else objects.bounds(self.catalog, self.datasource_id, parts)

    def label_files(self, *, after: str | None = None, until: str | None = None) -> Iterator[pa.RecordBatch]:
        """The known label files in these keys."""
        if self.datasource_id is not None:
            yield from label_files.known(self.catalog, self.datasource_id, after=after, until=until)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingDiff:
    """The differences between a listing and the catalog. Every range was listed completely, except for the gaps."""

    listed: int
    selected: int
    unchanged: int
    unsupported: tuple[UnsupportedKey, ...]
    changes: SpooledBatches  # CHANGES: every row that is not unchanged, in key order within a range
    frozen: UpdatePolicy  # what is not read again; needed for moves, which are recognised later
    gaps: tuple[Gap, ...] = ()  # ranges of keys that were not listed: no changes are in them
    supported: int = 0  # objects that could be assets, whatever the rules select
    examples: tuple[str, ...] = ()  # some of their keys, if nothing is selected or a pattern is unused
    unused: frozenset[UnusedPattern] = frozenset()  # patterns that select nothing
    measured: tuple[MeasuredRanges, ...] = ()  # digests of the known rows that were read, for the next pass
    labels: SpooledBatches = field(default_factory=lambda: SpooledBatches(()))  # CHANGES of label files


def scan(
    store: Store,
    known: KnownSide,
    scope: KeyRange,
    rules: Rules,
    *,
    parts: int,
    workdir: Path,
    progress: Progress,
) -> ListingDiff:
    """List all of `scope`. A range that an error prevents from being listed becomes a gap.

    Raises StorageError if nothing could be listed, or if the error concerns the whole source.
    """
    ranges = _split_ranges(store, known, scope, parts, rules.suffixes)
    monitor = ListingMonitor(progress.listed)
    store = stack_store(store, monitor=monitor)
    scanner = _RangeScanner(store=store, known=known, rules=rules, workdir=workdir, side_by_side=len(ranges))
    done = _scan_ranges(lambda index: scanner.part(index, ranges[index]), len(ranges), monitor)
    errors = [part.error for part in done if part.error is not None]
    if len(errors) == len(done) and not any(part.listed for part in done):
        raise errors[0]
    # A page at the boundary of two ranges may list such a key in both.
    unsupported = tuple(dict.fromkeys(one for part in done for one in part.unsupported))
    return ListingDiff(
        listed=sum(part.listed for part in done) + len(unsupported),
        selected=sum(part.selected for part in done),
        unchanged=sum(part.unchanged for part in done),
        unsupported=unsupported,
        changes=SpooledBatches(part.spool for part in done),
        frozen=update_policy([rule.config for rule in rules.rules]),
        gaps=tuple(gap for part in done for gap in part.gaps),
        supported=sum(part.supported for part in done),
        examples=tuple(key for part in done for key in part.examples),
        unused=done[0].unused.intersection(*(part.unused for part in done)),
        measured=tuple(part.measured for part in done if part.measured is not None),
        labels=SpooledBatches(part.labels for part in done if part.labels is not None),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _RangeResult:
    """The result of scanning one range."""

    spool: Path
    gaps: tuple[Gap, ...]
    error: StorageError | None  # that ended the listing of the range
    listed: int = 0
    selected: int = 0
    unchanged: int = 0
    unsupported: tuple[UnsupportedKey, ...] = ()
    supported: int = 0
    examples: tuple[str, ...] = ()
    unused: frozenset[UnusedPattern] = frozenset()
    measured: MeasuredRanges | None = None
    labels: Path | None = None  # the spool of changes of label files


@dataclass(frozen=True, slots=True, kw_only=True)
class _RangeScanner:
    """Scans single ranges."""

    store: Store
    known: KnownSide
    rules: Rules
    workdir: Path
    side_by_side: int  # number of ranges that are scanned in parallel

    def part(self, index: int, scope: KeyRange) -> _RangeResult:
        spool = self.workdir / f"changes-{index}.arrow"
        try:
            return self._compare(index, scope, spool)
        except ListingDisordered as error:
            write_spool(spool, ())
            return _RangeResult(spool=spool, gaps=(Gap(range=scope, reason=str(error)),), error=error)

    def _compare(self, index: int, scope: KeyRange, spool: Path) -> _RangeResult:
        share = min(BATCH_ROWS, MAX_ROWS_IN_MEMORY // self.side_by_side)
        listing = list_range(self.store, scope, batch_rows=share)
        if not self.store.ordered:
            listing = sorted_listing(listing, self.workdir)
        listed = PartialListing(listing, scope, ordered=self.store.ordered)
        labels = ListedLabels(self.workdir, index)
        selection = select(listed, self.rules, broken=listed.ended_early, on_labels=labels.add)
        frozen = update_policy([rule.config for rule in self.rules.rules])
        with self.known.open() as known, ExitStack() as ends:
            meter = RangeMeter(MIN_OBJECTS)
            digests = [] if known is None else known.digests(after=scope.after, until=scope.until)
            ranges = RangeFilter(selection, digests, scope, partial(self._read_known, known, meter))
            rows = ends.enter_context(closing(ranges.known()))
            differences = diff(ranges.candidates(), rows, frozen, lambda: selection.undecided_from)
            write_spool(spool, exclude_gaps(differences, listing.gaps))
            snapshot = None if known is None else known.snapshot()
            measured = None if snapshot is None else MeasuredRanges(snapshot=snapshot, ranges=tuple(meter.found))
        return _RangeResult(
            spool=spool,
            gaps=listed.gaps(),
            error=listed.error,
            listed=selection.listed,
            selected=selection.selected,
            unchanged=ranges.unchanged + differences.unchanged,
            unsupported=listed.unsupported(),
            supported=selection.supported,
            examples=tuple(selection.examples),
            unused=selection.use.unused,
            measured=measured,
            labels=None if self.rules.labels is None else self._compare_labels(scope, labels, listing.gaps, selection),
        )

    def _compare_labels(self, scope: KeyRange, labels: ListedLabels, gaps: Sequence[Gap], selection: Selection) -> Path:
        known = self.known.label_files(after=scope.after, until=scope.until)
        return labels.compare(known, lambda: selection.undecided_from, gaps)

    def _read_known(self, known: KnownRows | None, meter: RangeMeter, scope: KeyRange) -> Generator[pa.RecordBatch]:
        if known is None:
            return
        rows = meter.measure(known.rows(after=scope.after, until=scope.until), scope)
        # PostgreSQL works meanwhile. With a thread for the selection too, the listing would wait for both.
        yield from prefetch(rows) if self.side_by_side == 1 else rows


def _split_ranges(
    store: Store, known: KnownSide, scope: KeyRange, parts: int, suffixes: Mapping[str, str]
) -> list[KeyRange]:
    """Ranges to list in parallel, divided so that no companion is separated from its asset."""
    if parts < 2 or not store.ordered:  # noqa: PLR2004 - one part is the whole
        return [scope]
    bounds = known.bounds(parts)
    if not bounds:
        try:
            return safe_ranges(store.split(scope, parts), suffixes.values())
        except StorageError:
            return [scope]  # a folder that cannot be read; the listing reports it as a gap
    pairs = pairwise([None, *bounds, None])
    bounded = [KeyRange(prefix=scope.prefix, after=after, until=until) for after, until in pairs]
    return safe_ranges(bounded, suffixes.values())


def _scan_ranges(one: Callable[[int], _RangeResult], count: int, monitor: ListingMonitor) -> list[_RangeResult]:
    if count == 1:
        return [one(0)]
    with ThreadPoolExecutor(count, thread_name_prefix="range") as pool:
        ranges = [pool.submit(one, index) for index in range(count)]
        try:
            for done in as_completed(ranges):
                done.result()
        except BaseException:
            # Ctrl-C, or one range failed: stop listing the others.
            monitor.stop()
            raise
        return [done.result() for done in ranges]
