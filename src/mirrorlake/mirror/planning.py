"""Make a plan from a scan: spooled changes with recognised moves, which can be read any number of times."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import pyarrow as pa

from mirrorlake.core.columnar import Column, column, equal_to, fields, is_in, keep
from mirrorlake.mirror.existence import KeyChecker, Proof
from mirrorlake.mirror.scan import ListingDiff
from mirrorlake.mirror.spool import SpooledBatches, write_spool
from mirrorlake.model.columns import CHANGES
from mirrorlake.model.companions import ROLES
from mirrorlake.model.looking import LOOK_AT_ALL, Looking
from mirrorlake.model.outcomes import Op
from mirrorlake.plan.decide import Plan, apply_moves, summarise
from mirrorlake.plan.identity import Doubts
from mirrorlake.plan.missing_sidecars import NO_UNLISTED_SIDECARS, UnlistedSidecars
from mirrorlake.plan.moves import Moves
from mirrorlake.select.fingerprints import any_differs

_READ_OPS = pa.array([Op.NEW, Op.CHANGED, Op.COMPANION], pa.int8())
_DECODE_OPS = pa.array([Op.NEW, Op.CHANGED], pa.int8())  # the object itself is read
_KNOWN_BYTES_OPS = pa.array([Op.MOVED, Op.RETURNED, Op.SHARED], pa.int8())  # read only if a companion differs

Prove = Callable[[Moves], Moves]
Recognise = Callable[[pa.RecordBatch], pa.RecordBatch]


@dataclass(frozen=True, slots=True)
class _FinalChanges:
    """The changes of a scan with its moves applied; can be read any number of times."""

    scan: ListingDiff
    moves: Moves
    waiting: Moves
    unlisted: UnlistedSidecars

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        for batch in self.scan.changes:
            moved = self.waiting.mark_waiting(apply_moves(batch, self.moves, self.scan.frozen))
            yield self.unlisted.apply_to(moved)
        if self.scan.unsupported:
            yield skipped_changes({one.shown: one.reason for one in self.scan.unsupported})


@dataclass(frozen=True, slots=True)
class _WithoutVanished:
    """Changes without the vanished rows of some keys; can be read any number of times."""

    changes: Iterable[pa.RecordBatch]
    keys: Column

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        for batch in self.changes:
            vanished = equal_to(column(batch, "op"), int(Op.VANISHED))
            yield keep(batch, ~(vanished & is_in(column(batch, "key"), self.keys))) if vanished.any() else batch


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedChanges:
    """What a pass will do. `summary` has the counts; the batches are read from disk, any number of times."""

    scan: ListingDiff
    changes: Iterable[pa.RecordBatch]
    summary: Plan
    waiting: int = 0  # moves and unlisted companions that are postponed because the source may be a different one

    def batches(self) -> Iterator[pa.RecordBatch]:
        """CHANGES batches in which each move is one row, and the keys that cannot be stored."""
        return iter(self.changes)

    def without_vanished(self, keys: Column) -> PlannedChanges:
        """The same changes without the vanished rows of these keys, which have moved meanwhile."""
        return replace(self, changes=_WithoutVanished(self.changes, keys))

    def batches_to_process(self) -> Iterator[pa.RecordBatch]:
        """The rows whose image or companion must be read."""
        return select_rows_to_process(self.batches())

    def split_by_work(self) -> tuple[Iterator[pa.RecordBatch], Iterator[pa.RecordBatch]]:
        """`batches_to_process`, divided: rows of which only companions are read, and all others."""
        return (
            _rows_to_decode(self.batches_to_process(), wanted=False),
            _rows_to_decode(self.batches_to_process(), wanted=True),
        )


def select_rows_to_process(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The rows of CHANGES batches whose image or companion must be read."""
    for batch in batches:
        ops = column(batch, "op")
        rows = keep(batch, is_in(ops, _READ_OPS) | (is_in(ops, _KNOWN_BYTES_OPS) & any_differs(batch)))
        if rows.num_rows:
            yield rows


def _rows_to_decode(batches: Iterable[pa.RecordBatch], *, wanted: bool) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        rows = keep(batch, is_in(column(batch, "op"), _DECODE_OPS) == wanted)
        if rows.num_rows:
            yield rows


def plan(
    scan: ListingDiff,
    found: Moves,
    doubts: Doubts,
    *,
    prove: Prove,
    recognise: Recognise | None,
    workdir: Path,
    unlisted: UnlistedSidecars = NO_UNLISTED_SIDECARS,
    looking: Looking = LOOK_AT_ALL,
) -> PlannedChanges:
    """Apply the moves that were found, and count the work. `prove` keeps the moves that are proven.

    Moves from a key in doubt wait. `unlisted` companions are kept, whatever the listing contains. `recognise` finds
    bytes that other datasources have read; None if no other datasource reaches the objects.
    """
    waiting, possible = found.split(doubts.holds(found.old_keys))
    changes: Iterable[pa.RecordBatch] = _FinalChanges(scan, prove(possible), waiting, unlisted)
    if recognise is not None:
        # Stored, because other datasources may read more meanwhile, and a plan must not change.
        spool = workdir / "recognised.arrow"
        write_spool(spool, map(recognise, changes))
        changes = SpooledBatches([spool])
    kept = doubts.holds(column(unlisted.rows, "companion_key"))
    return PlannedChanges(
        scan=scan, changes=changes, summary=summarise(changes, looking), waiting=len(waiting) + int(kept.sum())
    )


def skipped_changes(reasons: Mapping[str, str]) -> pa.RecordBatch:
    """CHANGES rows of keys that are not read, each with its reason."""
    count = len(reasons)
    values_given: Mapping[str, Sequence[object]] = {
        "op": [int(Op.SKIPPED)] * count,
        "key": list(reasons),
        "token": [""] * count,
        "size": [0] * count,
        "skip": list(reasons.values()),
    } | {role.differs: [False] * count for role in ROLES}
    values = {field.name: values_given.get(field.name, [None] * count) for field in fields(CHANGES)}
    return pa.RecordBatch.from_pydict(values, schema=CHANGES)


def prove_moves(moves: Moves, checker: KeyChecker) -> Moves:
    """Keep the moves whose old key is proven gone.

    A move removes the identity from the old key, so it needs the same proof as a removal: an error is no proof, and an
    object that still exists was only missing from the listing.
    """
    old_keys = cast("list[str]", column(moves.pairs, "old_key").to_pylist())
    proofs = checker.prove(old_keys)
    return moves.only(
        pa.array([key for key, proof in zip(old_keys, proofs, strict=True) if proof is Proof.GONE], pa.string())
    )
