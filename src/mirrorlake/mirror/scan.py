"""List a source, compare it with what the catalog knows, and keep what differs in spools. Writes nothing else.

range 1:  list ─▶ select, pair ─▶ diff ─▶ spool 1
range 2:  list ─▶ select, pair ─▶ diff ─▶ spool 2        (side by side)
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

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
from mirrorlake.select.rules import Rules
from mirrorlake.select.stream import select
from mirrorlake.storage.base import Store
from mirrorlake.storage.listing import BATCH_ROWS, list_range, sorted_listing
from mirrorlake.storage.stack import stack_store
from mirrorlake.storage.wrappers import ListingMonitor

MAX_ROWS_IN_MEMORY = 64_000  # in the batches of all ranges together: memory must not grow with the number of cores


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogSnapshot:
    """What the catalog remembers of one datasource. Without an id: nothing, as before its first pass."""

    catalog: Catalog
    datasource_id: int | None

    def rows(self, scope: KeyRange) -> Generator[pa.RecordBatch]:
        """KNOWN batches of the keys of `scope`, in key order. Close it where it is not read to its end."""
        if self.datasource_id is not None:
            yield from objects.known(self.catalog, self.datasource_id, after=scope.after, until=scope.until)

    def bounds(self, parts: int) -> list[str]:
        """Keys that cut what is known into about equal parts; none where little is known."""
        return [] if self.datasource_id is None else objects.bounds(self.catalog, self.datasource_id, parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingDiff:
    """What the listing said. Every range was listed to its end, but for the gaps."""

    listed: int
    selected: int
    unchanged: int
    unsupported: tuple[UnsupportedKey, ...]
    changes: SpooledBatches  # CHANGES: everything that is not simply unchanged, in key order within a range
    frozen: UpdatePolicy  # what is not read again, for moves that are recognised later
    gaps: tuple[Gap, ...] = ()  # keys of which nothing is known: none of them is among the changes


def scan(
    store: Store,
    known: CatalogSnapshot,
    scope: KeyRange,
    rules: Rules,
    *,
    parts: int,
    workdir: Path,
    progress: Progress,
) -> ListingDiff:
    """List all of `scope`. What an error keeps from being listed becomes a gap.

    Raises StorageError where nothing at all could be listed, or where the error concerns the whole source.
    """
    ranges = _split_ranges(store, known, scope, parts, rules.suffixes)
    monitor = ListingMonitor(progress.listed)
    store = stack_store(store, monitor=monitor)
    scanner = _RangeScanner(store=store, known=known, rules=rules, workdir=workdir, side_by_side=len(ranges))
    done = _scan_ranges(lambda index: scanner.part(index, ranges[index]), len(ranges), monitor)
    errors = [part.error for part in done if part.error is not None]
    if len(errors) == len(done) and not any(part.listed for part in done):
        raise errors[0]
    # Where two ranges meet, a page may show such a key to both.
    unsupported = tuple(dict.fromkeys(one for part in done for one in part.unsupported))
    return ListingDiff(
        listed=sum(part.listed for part in done) + len(unsupported),
        selected=sum(part.selected for part in done),
        unchanged=sum(part.unchanged for part in done),
        unsupported=unsupported,
        changes=SpooledBatches(part.spool for part in done),
        frozen=update_policy([rule.config for rule in rules.rules]),
        gaps=tuple(gap for part in done for gap in part.gaps),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _RangeResult:
    """One range, compared with what is known."""

    spool: Path
    gaps: tuple[Gap, ...]
    error: StorageError | None  # that ended the range early
    listed: int = 0
    selected: int = 0
    unchanged: int = 0
    unsupported: tuple[UnsupportedKey, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _RangeScanner:
    """What it takes to compare one range."""

    store: Store
    known: CatalogSnapshot
    rules: Rules
    workdir: Path
    side_by_side: int  # ranges that are compared at the same time

    def part(self, index: int, scope: KeyRange) -> _RangeResult:
        spool = self.workdir / f"changes-{index}.arrow"
        try:
            return self._compare(scope, spool)
        except ListingDisordered as error:
            write_spool(spool, ())
            return _RangeResult(spool=spool, gaps=(Gap(range=scope, reason=error.message),), error=error)

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
            candidates: Iterable[pa.RecordBatch] = selection
            if self.side_by_side == 1:  # one thread for each step; several ranges keep every core busy as they are
                candidates = ends.enter_context(closing(prefetch(selection)))
                rows = ends.enter_context(closing(prefetch(rows)))
            differences = diff(candidates, rows, frozen, lambda: selection.undecided_from)
            write_spool(spool, exclude_gaps(differences, listing.gaps))
        return _RangeResult(
            spool=spool,
            gaps=partial.gaps(),
            error=partial.error,
            listed=selection.listed,
            selected=selection.selected,
            unchanged=differences.unchanged,
            unsupported=partial.unsupported(),
        )


def _split_ranges(
    store: Store, known: CatalogSnapshot, scope: KeyRange, parts: int, suffixes: Mapping[str, str]
) -> list[KeyRange]:
    """Ranges to list side by side, cut where no companion is separated from its asset."""
    if parts < 2 or not store.ordered:  # noqa: PLR2004 - one part is the whole
        return [scope]
    bounds = known.bounds(parts)
    if not bounds:
        try:
            return safe_ranges(store.split(scope, parts), suffixes.values())
        except StorageError:
            return [scope]  # a folder that cannot be looked into is no reason to list nothing: the listing will tell
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
            # Ctrl-C, or one range failed: the others need not list on to their ends.
            monitor.stop()
            raise
        return [done.result() for done in ranges]
