"""A pass in a workspace that has reached a limit: it imports no new objects, and goes on with everything else.

New objects are not even read. What was removed from the bucket and might be one of them under its former key stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

import pyarrow as pa

from mirrorlake.catalog import removal
from mirrorlake.catalog.limits import Dropped, room_in
from mirrorlake.catalog.runs import Lease
from mirrorlake.core.columnar import chosen, column, equal_to, filled, is_in, keep
from mirrorlake.mirror.counters import Counters
from mirrorlake.mirror.removal import Removals
from mirrorlake.model.outcomes import Op

_MAYBE_MOVED = "It may be one of the new objects that the limit of the workspace leaves out: nothing was done"


def within_limits(lease: Lease, changes: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The changes to read: new objects only as long as the workspace has room for them."""
    room = room_in(lease.catalog)
    kind, limits = room.none_left_of, room.limits
    for batch in changes:
        if lease.limited is not None:
            kind, limits = lease.limited.kind, room_in(lease.catalog).limits
        if kind is None:
            yield batch
            continue
        new = equal_to(column(batch, "op"), int(Op.NEW))
        sizes = cast("list[int]", chosen(column(batch, "size"), new).to_pylist())
        if sizes:
            lease.leave_out(Dropped(kind=kind, limit=limits.of(kind) or 0, sizes=sizes))
        rest = keep(batch, ~new)
        if rest.num_rows:
            yield rest


def spare_possible_moves(lease: Lease, removals: Removals, counters: Counters) -> Removals:
    """The removals without those of objects that have the size of one that was left out: it may have been renamed.

    Their bytes were not compared, as those of other new objects are.
    """
    if not lease.sizes_left_out or not removals.planned.summary.vanished:
        return removals
    sizes = pa.array(sorted(lease.sizes_left_out), pa.int64())
    spared: list[str] = []
    for batch in removals.planned.batches():
        gone = equal_to(column(batch, "op"), int(Op.VANISHED)) & is_in(column(batch, "size"), sizes)
        keys = chosen(column(batch, "key"), gone)
        if len(keys):
            counters.add(removal.record_orphans(lease, keys, filled(len(keys), _MAYBE_MOVED, pa.string())))
            spared += cast("list[str]", keys.to_pylist())
    return removals.without(pa.array(spared, pa.string())) if spared else removals
