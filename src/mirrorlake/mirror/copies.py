"""Let vanished assets take the place of copies of their bytes, once a pass has read what is new.

    VANISHED ─▶ originals ─┐
                           ├─ match ─▶ old keys proven gone ─▶ committed as moves
    digests ──▶ copies ────┘

Nothing is asked of the catalog if nothing vanished, and nothing of the source but the proofs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyarrow as pa

from mirrorlake.catalog import commit, copies
from mirrorlake.catalog.runs import Lease
from mirrorlake.core.columnar import (
    BoolMask,
    Column,
    chosen,
    column,
    concatenated,
    distinct,
    equal_to,
    fields,
    filled,
    is_in,
    joined,
    keep,
    no_rows,
    nulls,
    places_in,
    take,
)
from mirrorlake.mirror.counters import Counters
from mirrorlake.mirror.existence import KeyChecker
from mirrorlake.mirror.naming import AssetNamer
from mirrorlake.mirror.planning import PlannedChanges, prove_moves
from mirrorlake.mirror.removal import Removals
from mirrorlake.model.columns import CHANGES
from mirrorlake.model.companions import ROLES
from mirrorlake.model.metadata import MetadataStrategy
from mirrorlake.model.objects import KnownState
from mirrorlake.model.outcomes import Counts, Op, OutcomeKind, ResultKind
from mirrorlake.plan.copies import COPIES, ORIGINALS, match_copies
from mirrorlake.plan.decide import planned_outcomes
from mirrorlake.plan.moves import NO_MOVES, Moves, able_to_leave
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.rows import CompanionResult, Result, processed_batch
from mirrorlake.select.companion_readers import stored_content
from mirrorlake.select.fingerprints import any_differs, tokens_and_sizes

AT_ONCE = 4096  # rows of a query or a transaction
_KEYS_AT_ONCE = 65_536  # that copies are compared with
# Their objects are not what the catalog remembers of them, or were not when the pass began.
_UNFIT_OPS = pa.array([Op.VANISHED, Op.SKIPPED, Op.CHANGED, Op.SHARED], pa.int8())


@dataclass(frozen=True, slots=True)
class CopyMoves:
    """Moves onto copies, and the COPIES that they end at, in order of the new key."""

    moves: Moves
    targets: pa.RecordBatch

    def __len__(self) -> int:
        return len(self.moves)

    def proven(self, checker: KeyChecker) -> CopyMoves:
        """Only the moves whose old key is proven gone."""
        moves = prove_moves(self.moves, checker)
        return CopyMoves(moves, keep(self.targets, is_in(column(self.targets, "key"), moves.new_keys)))


NO_COPY_MOVES = CopyMoves(NO_MOVES, no_rows(COPIES))


def find_copy_moves(catalog: Catalog, datasource_id: int, removals: Removals) -> CopyMoves:
    """The possible moves of vanished assets onto copies, as the catalog is now. Only matches are held in memory."""
    planned = removals.planned
    if not planned.summary.vanished:
        return NO_COPY_MOVES
    originals = _find_originals(catalog, datasource_id, removals)
    digests = distinct(column(originals, "digest"))
    starts = range(0, len(digests), AT_ONCE)
    parts = (copies.copies_with_digests(catalog, datasource_id, digests.slice(start, AT_ONCE)) for start in starts)
    found = joined([no_rows(COPIES), *parts])
    if not found.num_rows:
        return NO_COPY_MOVES
    for keys in keys_with_ops(planned.batches(), _UNFIT_OPS):
        found = keep(found, ~is_in(column(found, "key"), keys))
    moves = match_copies(originals, found)
    return CopyMoves(moves, take(found, places_in(moves.new_keys, column(found, "key"))))


def move_onto_copies(
    lease: Lease,
    found: CopyMoves,
    removals: Removals,
    *,
    counters: Counters,
    namer: AssetNamer,
    strategies: Sequence[MetadataStrategy],
) -> None:
    """Commit the moves batch by batch. Companions that differ are applied as they were read for the copies."""
    for start in range(0, len(found), AT_ONCE):
        targets = found.targets.slice(start, AT_ONCE)
        moves = Moves(found.moves.pairs.slice(start, AT_ONCE))
        stored = copies.companions_of_copies(removals.catalog, removals.source.id, moves.new_keys)
        batch = moves.apply_to(_as_new(targets, stored, removals), removals.planned.scan.frozen)
        counts, moved = commit.commit_copies(lease, batch, namer.name_moved(batch))
        counters.add(counts)
        other = is_in(column(batch, "key"), moved) & any_differs(batch)
        if other.any():
            rows = processed_batch(keep(batch, other), _companion_results(keep(targets, other), stored))
            counters.add(commit.commit_processed(lease, *namer.name_processed(rows), strategies))


def count_copy_moves(moves: Moves, planned: PlannedChanges) -> Counts:
    """The change of the planned counts by these moves: some are negative, because each object has one outcome."""
    earlier = Counts()
    for batch in planned.batches():
        here = is_in(column(batch, "key"), moves.new_keys)
        if here.any():
            earlier += Counts(
                **{kind.value: int((mask & here).sum()) for kind, mask in planned_outcomes(batch).items()}
            )
    counted = sum(earlier.of(kind) for kind in OutcomeKind)
    return Counts(moved=len(moves)) + -(earlier + Counts(unchanged=len(moves) - counted))


def _companion_results(targets: pa.RecordBatch, stored: pa.RecordBatch) -> list[Result]:
    """The companions of these COPIES as if they were read now."""
    found: dict[str, list[CompanionResult]] = {}
    roles = {role.name: role for role in ROLES}
    for key, name, document in zip(
        *(cast("list[Any]", column(stored, each).to_pylist()) for each in ("key", "role", "document")), strict=True
    ):
        content = None if document is None else stored_content(name, document)
        found.setdefault(key, []).append(CompanionResult(role=roles[name], content=content))
    keys, warnings = (cast("list[Any]", column(targets, each).to_pylist()) for each in ("key", "warnings"))
    return [
        Result(result=ResultKind.COMPANIONS_ONLY, companions=tuple(found.get(key, ())), warnings=tuple(some or ()))
        for key, some in zip(keys, warnings, strict=True)
    ]


def _find_originals(catalog: Catalog, datasource_id: int, removals: Removals) -> pa.RecordBatch:
    earlier = copies.earlier_originals(catalog, datasource_id)
    parts, listed = [no_rows(ORIGINALS)], np.zeros(earlier.num_rows, dtype=np.bool_)
    for batch in removals.planned.batches():
        gone = able_to_leave(batch)
        if not gone.num_rows:
            continue
        # A key in a part that could not be listed is not among them.
        listed |= is_in(column(earlier, "key"), column(gone, "key")) if earlier.num_rows else False
        keys = chosen(column(gone, "key"), equal_to(column(gone, "known_state"), int(KnownState.PRESENT)))
        if len(keys):
            rows = copies.vanishing_originals(catalog, datasource_id, keys)
            parts.append(_closed(rows, removals.held_earlier(column(rows, "key"))))
    return joined([*parts, keep(earlier, listed)])


def _closed(originals: pa.RecordBatch, mask: BoolMask) -> pa.RecordBatch:
    """The originals, those in the mask no longer `open`: an earlier pass decided about them."""
    arrays = [column(originals, one.name) for one in fields(ORIGINALS)[:-1]]
    return pa.RecordBatch.from_arrays([*arrays, pa.array(~mask)], schema=ORIGINALS)


def keys_with_ops(batches: Iterator[pa.RecordBatch], ops: Column) -> Iterator[Column]:
    """The keys of the rows with these operations, many at once."""
    parts: list[Column] = []
    for batch in batches:
        parts.append(chosen(column(batch, "key"), is_in(column(batch, "op"), ops)))
        if sum(map(len, parts)) >= _KEYS_AT_ONCE:
            yield concatenated(parts)
            parts = []
    if parts:
        yield concatenated(parts)


def _as_new(targets: pa.RecordBatch, stored: pa.RecordBatch, removals: Removals) -> pa.RecordBatch:
    """COPIES as NEW rows in the layout CHANGES, with their companions."""
    count, keys = targets.num_rows, column(targets, "key")
    now = {field.name: nulls(count, field.type) for field in fields(CHANGES)}
    now |= {name: column(targets, name) for name in ("key", "size", "token", "modified", "storage_class")}
    now |= {"op": filled(count, int(Op.NEW), pa.int8()), "config": pa.array(removals.rules.governing(keys))}
    for role, (token, size) in tokens_and_sizes(column(targets, "companions")).items():
        rows = keep(stored, equal_to(column(stored, "role"), role.name))
        places = places_in(keys, column(rows, "key"))
        now |= {role.token: token, role.size: size, role.key: column(take(rows, places), "companion_key")}
    now |= {role.differs: filled(count, value=False, kind=pa.bool_()) for role in ROLES}
    return pa.RecordBatch.from_arrays([*now.values()], schema=CHANGES)
