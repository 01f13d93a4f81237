"""List a source, compare it with what the catalog knows, and keep what differs in spools. Writes nothing else.

range 1:  list ─▶ select, pair ─▶ diff ─▶ spool 1
range 2:  list ─▶ select, pair ─▶ diff ─▶ spool 2        (side by side)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pyarrow as pa

from mirrorlake.catalog import objects
from mirrorlake.catalog.pool import Catalog
from mirrorlake.mirror.ahead import ahead
from mirrorlake.mirror.progress import Progress
from mirrorlake.mirror.spool import Spooled, write_spool
from mirrorlake.mirror.watched import Watched
from mirrorlake.model.objects import KeyRange
from mirrorlake.plan.diff import Diff, diff
from mirrorlake.plan.frozen import Frozen, frozen_by
from mirrorlake.select.rules import Rules
from mirrorlake.select.sidecars import safe_ranges
from mirrorlake.select.stream import Selection, select
from mirrorlake.storage.base import Store
from mirrorlake.storage.listing import Listing, list_range, sorted_listing


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the catalog remembers of one datasource. Without an id: nothing, as before its first pass."""

    catalog: Catalog
    datasource_id: int | None

    def rows(self, scope: KeyRange) -> Iterator[pa.RecordBatch]:
        """KNOWN batches of the keys of `scope`, in key order."""
        if self.datasource_id is None:
            return iter(())
        return objects.known(self.catalog, self.datasource_id, after=scope.after, until=scope.until)

    def bounds(self, parts: int) -> list[str]:
        """Keys that cut what is known into about equal parts; none where little is known."""
        return [] if self.datasource_id is None else objects.bounds(self.catalog, self.datasource_id, parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What the listing said, complete: every range was listed to its end."""

    listed: int
    selected: int
    unchanged: int
    unnameable: tuple[str, ...]
    changes: Spooled  # CHANGES: everything that is not simply unchanged, in key order within a range
    frozen: Frozen  # what is not read again, for moves that are recognised later


def survey(
    store: Store, known: Known, scope: KeyRange, rules: Rules, *, parts: int, workdir: Path, progress: Progress
) -> Survey:
    """List all of `scope`. Raises StorageError when any part of it could not be listed to its end."""
    frozen = frozen_by([rule.config for rule in rules.rules])
    ranges = _ranges(store, known, scope, parts, rules.sidecar_suffix)
    watched = Watched(store, progress)
    alone = len(ranges) == 1

    def one(index: int) -> tuple[Listing, Selection, Diff, Path]:
        listing = list_range(watched, ranges[index])
        if not watched.ordered:
            listing = sorted_listing(listing, workdir)
        selection = select(listing, rules)
        rows = known.rows(ranges[index])
        # One range: each step has a thread of its own. Several ranges keep every core busy as they are.
        differences = diff(ahead(selection), ahead(rows), frozen) if alone else diff(selection, rows, frozen)
        spool = workdir / f"changes-{index}.arrow"
        write_spool(spool, differences)
        return listing, selection, differences, spool

    done = _side_by_side(one, len(ranges), watched)
    # Asking for the certificate is the proof: it raises where a range was not listed to its end.
    # Where two ranges meet, a page may show such a key to both.
    unnameable = tuple(dict.fromkeys(key for listing, _, _, _ in done for key in listing.certificate().unnameable))
    return Survey(
        listed=sum(selection.listed for _, selection, _, _ in done) + len(unnameable),
        selected=sum(selection.selected for _, selection, _, _ in done),
        unchanged=sum(differences.unchanged for _, _, differences, _ in done),
        unnameable=unnameable,
        changes=Spooled(spool for _, _, _, spool in done),
        frozen=frozen,
    )


def _ranges(store: Store, known: Known, scope: KeyRange, parts: int, suffix: str | None) -> list[KeyRange]:
    """Ranges to list side by side, cut where no sidecar is parted from its image."""
    if parts < 2 or not store.ordered:  # noqa: PLR2004 - one part is the whole
        return [scope]
    bounds = known.bounds(parts)
    if not bounds:
        return safe_ranges(store.split(scope, parts), suffix)
    pairs = pairwise([None, *bounds, None])
    bounded = [KeyRange(prefix=scope.prefix, after=after, until=until) for after, until in pairs]
    return safe_ranges(bounded, suffix)


def _side_by_side(
    one: Callable[[int], tuple[Listing, Selection, Diff, Path]], count: int, watched: Watched
) -> list[tuple[Listing, Selection, Diff, Path]]:
    if count == 1:
        return [one(0)]
    with ThreadPoolExecutor(count, thread_name_prefix="range") as pool:
        ranges = [pool.submit(one, index) for index in range(count)]
        try:
            for done in as_completed(ranges):
                done.result()
        except BaseException:
            # Ctrl-C, or one range failed: the others need not list on to their ends.
            watched.stop()
            raise
        return [done.result() for done in ranges]
