"""List a source, compare it with the catalog, and write the differences to spools. Writes nothing else.

range 1:  list ─▶ select, pair ─▶ diff ─▶ spool 1
range 2:  list ─▶ select, pair ─▶ diff ─▶ spool 2        (in parallel)
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from mirrorlake.catalog import objects
from mirrorlake.core.errors import ListingDisordered, StorageError
from mirrorlake.mirror.listing_gaps import PartialListing, exclude_gaps
from mirrorlake.mirror.prefetch import prefetch
from mirrorlake.mirror.progress import Progress
from mirrorlake.mirror.spool import SpooledBatches, write_spool
from mirrorlake.model.objects import Gap, KeyRange, UnsupportedKey
from mirrorlake.plan.diff import diff
from mirrorlake.plan.update_policy import UpdatePolicy, update_policy
from mirrorlake.postgres.pool import Catalog
from mirrorlake.select.pairing import safe_ranges
from mirrorlake.select.pattern_use import UnusedPattern
from mirrorlake.select.rules import Rules
from mirrorlake.select.stream import select
from mirrorlake.storage.base import Store
from mirrorlake.storage.listing import BATCH_ROWS, list_range, sorted_listing
from mirrorlake.storage.stack import stack_store
from mirrorlake.storage.wrappers import ListingMonitor

MAX_ROWS_IN_MEMORY = 64_000  # in the batches of all ranges together: memory must not grow with the number of cores


class KnownRows(Protocol):
    """What the catalog knows of the keys that are listed."""

    def rows(self, scope: KeyRange) -> Generator[pa.RecordBatch]:
        """KNOWN batches of the keys of `scope`, in key order. Close it if it is not read to its end."""
        ...

    def bounds(self, parts: int) -> list[str]:
        """Keys that divide the known rows into about equal parts; none if there are few rows."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogSnapshot:
    """The catalog rows of one datasource; without an id there are none, as before its first pass."""

    catalog: Catalog
    datasource_id: int | None

    def rows(self, scope: KeyRange) -> Generator[pa.RecordBatch]:
        """KNOWN batches of the keys of `scope`, in key order. Close it if it is not read to its end."""
        if self.datasource_id is not None:
            yield from objects.known(self.catalog, self.datasource_id, after=scope.after, until=scope.until)

    def bounds(self, parts: int) -> list[str]:
        """Keys that divide the known rows into about equal parts; none if there are few rows."""
        return [] if self.datasource_id is None else objects.bounds(self.catalog, self.datasource_id, parts)


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


def scan(
    store: Store,
    known: KnownRows,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _RangeScanner:
    """Scans single ranges."""

    store: Store
    known: KnownRows
    rules: Rules
    workdir: Path
    side_by_side: int  # number of ranges that are scanned in parallel

    def part(self, index: int, scope: KeyRange) -> _RangeResult:
        spool = self.workdir / f"changes-{index}.arrow"
        try:
            return self._compare(scope, spool)
        except ListingDisordered as error:
            write_spool(spool, ())
            return _RangeResult(spool=spool, gaps=(Gap(range=scope, reason=str(error)),), error=error)

    def _compare(self, scope: KeyRange, spool: Path) -> _RangeResult:
        share = min(BATCH_ROWS, MAX_ROWS_IN_MEMORY // self.side_by_side)
        listing = list_range(self.store, scope, batch_rows=share)
        if not self.store.ordered:
            listing = sorted_listing(listing, self.workdir)
        partial = PartialListing(listing, scope, ordered=self.store.ordered)
        selection = select(partial, self.rules, broken=partial.ended_early)
        frozen = update_policy([rule.config for rule in self.rules.rules])
        with ExitStack() as ends:
            rows = ends.enter_context(closing(self.known.rows(scope)))
            # PostgreSQL works meanwhile. With a thread for the selection too, the listing would wait for both.
            if self.side_by_side == 1:
                rows = ends.enter_context(closing(prefetch(rows)))
            differences = diff(selection, rows, frozen, lambda: selection.undecided_from)
            write_spool(spool, exclude_gaps(differences, listing.gaps))
        return _RangeResult(
            spool=spool,
            gaps=partial.gaps(),
            error=partial.error,
            listed=selection.listed,
            selected=selection.selected,
            unchanged=differences.unchanged,
            unsupported=partial.unsupported(),
            supported=selection.supported,
            examples=tuple(selection.examples),
            unused=selection.use.unused,
        )


def _split_ranges(
    store: Store, known: KnownRows, scope: KeyRange, parts: int, suffixes: Mapping[str, str]
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
