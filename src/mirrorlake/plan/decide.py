"""Make the plan of a pass out of its changes: find the moves, then tell what will be done and asked. Pure.

    diff ──▶ CHANGES, spooled ──plan_moves──▶ Moves ──(old keys proven gone)──▶ apply_moves ──▶ CHANGES, final
                                                                                        └─ summarise ──▶ Plan

A move is known only when the listing has ended; therefore changes are spooled and read again. Preview, dry
run and execution all read the same plan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from mirrorlake.core.columnar import BoolMask, column, equal_to, is_in, joined, keep, mask_of, no_rows, present, total
from mirrorlake.model.columns import CHANGES
from mirrorlake.model.companions import ROLES, CompanionRole
from mirrorlake.model.objects import KnownState, Requests
from mirrorlake.model.outcomes import Op
from mirrorlake.model.runs import OutcomeKind
from mirrorlake.plan.moves import NO_MOVES, Moves, able_to_arrive, able_to_leave, identities, match_moves
from mirrorlake.plan.update_policy import UPDATE_EVERYTHING, UpdatePolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a pass is going to do, counted. `requests` and `bytes` are what doing it asks of the source."""

    new: int = 0
    changed: int = 0
    companions: Mapping[OutcomeKind, int] = field(default_factory=dict[OutcomeKind, int])  # nothing else changed
    moved: int = 0
    returned: int = 0  # was missing, is back unchanged
    vanished: int = 0  # known but not listed; those refused before are only forgotten and not counted
    governed: int = 0  # another companion, which is an older datasource's business
    skipped: int = 0  # by a rule, before reading
    refused: int = 0  # undecodable before, and the same bytes now
    requests: Requests = field(default_factory=Requests)  # listing apart
    bytes: int = 0  # of objects and companions to be read

    def __add__(self, other: Plan) -> Plan:
        return Plan(
            new=self.new + other.new,
            changed=self.changed + other.changed,
            companions=Counter(self.companions) + Counter(other.companions),
            moved=self.moved + other.moved,
            returned=self.returned + other.returned,
            vanished=self.vanished + other.vanished,
            governed=self.governed + other.governed,
            skipped=self.skipped + other.skipped,
            refused=self.refused + other.refused,
            requests=self.requests + other.requests,
            bytes=self.bytes + other.bytes,
        )


def plan_moves(changes: Callable[[], Iterable[pa.RecordBatch]]) -> Moves:
    """The moves among all changes of a pass, from all its ranges together.

    `changes()` opens the spool of changes; it is read three times, unless nothing vanished or nothing is new. Held in
    memory are the vanished rows or the new ones, whichever are fewer, and those of the others that look like them.
    """
    leaving = arriving = 0
    for batch in changes():
        leaving += able_to_leave(batch).num_rows
        arriving += able_to_arrive(batch).num_rows
    if not leaving or not arriving:
        return NO_MOVES
    few, many = (able_to_leave, able_to_arrive) if leaving < arriving else (able_to_arrive, able_to_leave)
    held = joined([no_rows(CHANGES), *map(few, changes())])
    wanted = identities(held)
    others = (keep(rows, is_in(identities(rows), wanted)) for rows in map(many, changes()))
    like_them = joined([no_rows(CHANGES), *others])
    return match_moves(held, like_them) if leaving < arriving else match_moves(like_them, held)


def apply_moves(batch: pa.RecordBatch, moves: Moves, frozen: UpdatePolicy = UPDATE_EVERYTHING) -> pa.RecordBatch:
    """A batch of the final plan: each moved pair is one MOVED row, in the place of its NEW row."""
    return moves.applied_to(batch, frozen)


def summarise(plan: Iterable[pa.RecordBatch]) -> Plan:
    """Counts of a final plan (or of changes that hold no moves)."""
    return sum(map(_summary, plan), Plan())


def _summary(batch: pa.RecordBatch) -> Plan:
    ops = column(batch, "op")
    counts = np.bincount(ops.to_numpy(), minlength=len(Op))
    reads = equal_to(ops, int(Op.NEW)) | equal_to(ops, int(Op.CHANGED))
    companions = {role: present(column(batch, role.key)) & (reads | _differs(batch, role)) for role in ROLES}
    forgotten = equal_to(ops, int(Op.VANISHED)) & equal_to(column(batch, "known_state"), int(KnownState.REFUSED))
    moved = int(counts[Op.MOVED])
    shared = equal_to(ops, int(Op.SHARED))
    shared_new = int((shared & ~present(column(batch, "known_state"))).sum())
    return Plan(
        new=int(counts[Op.NEW]) + shared_new,
        changed=int(counts[Op.CHANGED]) + int(shared.sum()) - shared_new,
        companions=_companion_changes(batch),
        moved=moved,
        returned=int(counts[Op.RETURNED]),
        vanished=int(counts[Op.VANISHED]) - int(forgotten.sum()),
        governed=int(counts[Op.GOVERNED]),
        skipped=int(counts[Op.SKIPPED]),
        refused=int(counts[Op.REFUSED]),
        requests=Requests(get=int(reads.sum()) + sum(int(mask.sum()) for mask in companions.values()), head=moved),
        bytes=total(column(batch, "size"), reads)
        + sum(total(column(batch, role.size), mask) for role, mask in companions.items()),
    )


def _companion_changes(batch: pa.RecordBatch) -> Mapping[OutcomeKind, int]:
    """How many COMPANION rows have each outcome: that of the first role whose companion differs."""
    uncounted = equal_to(column(batch, "op"), int(Op.COMPANION))
    found: Counter[OutcomeKind] = Counter()
    for role in ROLES:
        mask = uncounted & _differs(batch, role)
        found[role.outcome] += int(mask.sum())
        uncounted &= ~mask
    return +found


def _differs(batch: pa.RecordBatch, role: CompanionRole) -> BoolMask:
    return mask_of(column(batch, role.differs))
