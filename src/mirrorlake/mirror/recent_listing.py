"""List the ranges again in which an inventory is probably outdated, and put them in its place."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from mirrorlake.core.columnar import BoolMask, Column, as_binary, column, greater, keep, min_max
from mirrorlake.core.errors import NoSuchBucket, StorageError, WrongRegion
from mirrorlake.mirror.spool import SpooledBatches, write_spool
from mirrorlake.model.columns import LISTING
from mirrorlake.model.objects import KeyRange, UnsupportedKey
from mirrorlake.plan.recent_blocks import BLOCK_ROWS, MOST_BLOCKS
from mirrorlake.storage.base import Store
from mirrorlake.storage.listing import list_range
from mirrorlake.storage.listing_batches import key_at
from mirrorlake.storage.sorting import merge_sorted

MOST_ROWS = 2 * BLOCK_ROWS * MOST_BLOCKS  # that are listed again: what follows the last key may be anything


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentListing:
    """Ranges that were listed to their ends, with their objects in key order."""

    ranges: tuple[KeyRange, ...]
    rows: SpooledBatches
    unsupported: tuple[UnsupportedKey, ...]
    error: str | None  # why the other ranges were not listed

    def holds(self, keys: Column) -> BoolMask:
        """Which of these keys are in the ranges."""
        found = np.zeros(len(keys), dtype=np.bool_)
        lowest, highest = min_max(as_binary(keys))
        if lowest is None or highest is None:
            return found
        first, last = lowest.decode(), highest.decode()
        ends = [scope.until for scope in self.ranges if scope.until is not None]  # all of them, or all but the last
        for scope in self.ranges[bisect_left(ends, first) :]:
            if scope.after is not None and scope.after >= last:
                break
            inside = np.ones(len(keys), dtype=np.bool_)
            if scope.after is not None:
                inside &= greater(keys, scope.after)
            if scope.until is not None:
                inside &= ~greater(keys, scope.until)
            found |= inside
        return found

    def replace_in(self, batches: SpooledBatches) -> Iterator[pa.RecordBatch]:
        """Batches in key order, with the objects of the ranges as they were listed now."""
        older = (keep(batch, ~self.holds(column(batch, "key"))) for batch in batches)
        return merge_sorted([older, iter(self.rows)])


def list_recent(store: Store, ranges: Sequence[KeyRange], workdir: Path) -> RecentListing:
    """List these ranges, which are in key order, one after another, until an error or more than `MOST_ROWS` objects.

    Raises NoSuchBucket and WrongRegion.
    """
    done: list[KeyRange] = []
    unsupported: list[UnsupportedKey] = []
    errors: list[str] = []

    def batches() -> Iterator[pa.RecordBatch]:
        left = MOST_ROWS
        for scope in ranges:
            last: str | None = None
            try:
                with closing(list_range(store, scope)) as listing:
                    for batch in listing:
                        yield batch
                        last, left = key_at(batch, -1), left - batch.num_rows
                        if left <= 0:
                            break
                    else:
                        unsupported.extend(listing.certificate().unsupported)
                        done.append(scope)
                        continue
            except (NoSuchBucket, WrongRegion):  # these concern the whole source, whatever an inventory lists
                raise
            except StorageError as error:
                errors.append(error.message)
            if last is not None:
                done.append(replace(scope, until=last))  # keys come in order: up to this one, all were listed
            return

    spool = workdir / "recent.arrow"
    write_spool(spool, batches(), LISTING)
    return RecentListing(
        ranges=tuple(done),
        rows=SpooledBatches([spool]),
        unsupported=tuple(unsupported),
        error=errors[0] if errors else None,
    )
