"""Leave out or link objects with exactly the bytes of another object of their datasource.

After a pass has read what is new and removed what is gone, its new duplicates become no assets: which of equal objects
is the first does not depend on the order in which they were read. An asset whose object is gone moves to one of its
other places, in the same pass, before removals are decided.
"""

from __future__ import annotations

from typing import Any, cast

import pyarrow as pa

from mirrorlake.catalog import commit, duplicates
from mirrorlake.catalog.runs import Lease
from mirrorlake.core.columnar import (
    Column,
    as_binary,
    chosen,
    column,
    concatenated,
    fields,
    filled,
    in_order,
    is_in,
    joined,
    keep,
    no_rows,
    places_in,
    take,
)
from mirrorlake.mirror.copies import AT_ONCE, keys_with_ops
from mirrorlake.mirror.counters import Counters
from mirrorlake.mirror.existence import KeyChecker
from mirrorlake.mirror.naming import AssetNamer
from mirrorlake.mirror.pass_plan import PassPlan
from mirrorlake.mirror.planning import PlannedChanges, prove_moves
from mirrorlake.mirror.removal import Removals
from mirrorlake.mirror.spool import SpooledBatches, write_spool
from mirrorlake.model.columns import CHANGES
from mirrorlake.model.companions import ROLES
from mirrorlake.model.outcomes import Op
from mirrorlake.model.policies import DuplicatePolicy
from mirrorlake.plan.moves import NO_MOVES, PAIRS, Moves

_VANISHED = pa.array([Op.VANISHED], pa.int8())
_REFUSED = pa.array([Op.REFUSED], pa.int8())


def leave_out_duplicates(lease: Lease, plan: PassPlan, removals: Removals, counters: Counters) -> None:
    """Leave out the new duplicates of the datasource, if its policy skips or links them."""
    looking = plan.source.settings.looking
    if looking.policies.duplicates is DuplicatePolicy.KEEP:
        return
    linked = looking.policies.duplicates is DuplicatePolicy.LINK
    spool = plan.workdir / "duplicates.arrow"
    write_spool(spool, duplicates.find_duplicates(lease.catalog, plan.source.id, linked=linked), duplicates.DUPLICATES)
    for batch in SpooledBatches([spool]):
        # What vanished may still be an asset, as long as its removal waits: its copies are then needed.
        for gone in keys_with_ops(removals.planned.batches(), _VANISHED):
            batch = keep(batch, ~is_in(column(batch, "first_key"), gone))  # noqa: PLW2901
        counters.add(commit.commit_duplicates(lease, column(batch, "key"), column(batch, "first_key"), looking))


def find_link_moves(plan: PassPlan, removals: Removals, checker: KeyChecker) -> tuple[Moves, pa.RecordBatch]:
    """The moves of vanished assets to other places of them, proven, and the CHANGES rows of those places as listed."""
    source, planned = plan.source, removals.planned
    none = NO_MOVES, no_rows(CHANGES)
    if source.settings.looking.policies.duplicates is not DuplicatePolicy.LINK or not planned.summary.vanished:
        return none
    found = joined(
        [
            no_rows(PAIRS),
            *(
                duplicates.linked_places(removals.catalog, source.id, keys)
                for keys in keys_with_ops(planned.batches(), _VANISHED)
            ),
        ]
    )
    if not found.num_rows:
        return none
    places = _listed_places(planned, column(found, "new_key"))
    moves = prove_moves(_first_places(keep(found, is_in(column(found, "new_key"), column(places, "key")))), checker)
    return moves, keep(places, is_in(column(places, "key"), moves.new_keys))


def move_to_places(
    lease: Lease, moves: Moves, places: pa.RecordBatch, plan: PassPlan, *, counters: Counters, namer: AssetNamer
) -> Column:
    """Commit the moves batch by batch, and return the old keys that moved.

    The next pass reads the sidecars of the new places.
    """
    left: list[Column] = []
    for start in range(0, len(moves), AT_ONCE):
        some = Moves(moves.pairs.slice(start, AT_ONCE))
        rows = take(places, places_in(some.new_keys, column(places, "key")))
        batch = some.apply_to(_as_new(rows), plan.changes.scan.frozen)
        same = {role.differs: filled(batch.num_rows, value=False, kind=pa.bool_()) for role in ROLES}
        batch = pa.RecordBatch.from_arrays(
            [same.get(one.name, column(batch, one.name)) for one in fields(CHANGES)], schema=CHANGES
        )
        counts, moved = commit.commit_links(lease, batch, namer.name_moved(batch))
        counters.add(counts)
        left.append(chosen(some.old_keys, is_in(some.new_keys, moved)))
    return concatenated(left)


def _listed_places(planned: PlannedChanges, keys: Column) -> pa.RecordBatch:
    """The CHANGES rows of those of these keys that are listed as they were when they were left out."""
    parts = [no_rows(CHANGES)]
    for batch in planned.batches():
        rows = keep(batch, is_in(column(batch, "op"), _REFUSED) & is_in(column(batch, "key"), keys))
        if rows.num_rows:
            parts.append(rows)
    return joined(parts)


def _first_places(pairs: pa.RecordBatch) -> Moves:
    """One place for each old key, and one old key for each place: the first ones by key."""
    rows: list[int] = []
    old_keys, new_keys = (cast("list[str]", column(pairs, name).to_pylist()) for name in ("old_key", "new_key"))
    taken: set[str] = set()
    left: set[str] = set()
    for row, (old, new) in enumerate(zip(old_keys, new_keys, strict=True)):
        if old not in left and new not in taken:
            left.add(old)
            taken.add(new)
            rows.append(row)
    some = take(pairs, cast("Any", pa.array(rows, pa.int64()).to_numpy()))
    return Moves(take(some, in_order(as_binary(column(some, "new_key")))))


def _as_new(places: pa.RecordBatch) -> pa.RecordBatch:
    ops = filled(places.num_rows, int(Op.NEW), pa.int8())
    return pa.RecordBatch.from_arrays(
        [ops if one.name == "op" else column(places, one.name) for one in fields(CHANGES)], schema=CHANGES
    )
