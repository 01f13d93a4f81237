"""Make the plan of a pass out of its changes: find the moves, then count the work and requests. Pure.

    diff ──▶ CHANGES, spooled ──plan_moves──▶ Moves ──(old keys proven gone)──▶ apply_moves ──▶ CHANGES, final
                                                                                        └─ summarise ──▶ Plan

A move is known only when the listing has ended; therefore changes are spooled and read again. Preview, dry
run and execution all read the same plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from mirrorlake.core.columnar import (
    BoolMask,
    column,
    equal_to,
    is_in,
    joined,
    keep,
    mask_of,
    no_rows,
    present,
    sum_where,
)
from mirrorlake.model.columns import CHANGES
from mirrorlake.model.companions import ROLES, CompanionRole
from mirrorlake.model.looking import LOOK_AT_ALL, Looking
from mirrorlake.model.objects import KnownState, Requests
from mirrorlake.model.outcomes import Counts, Op, OutcomeKind
from mirrorlake.plan.moves import NO_MOVES, Moves, able_to_arrive, able_to_leave, identities, match_moves
from mirrorlake.plan.reading_cost import reading_cost
from mirrorlake.plan.update_policy import UPDATE_EVERYTHING, UpdatePolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The counts of a planned pass. `requests` and `bytes` are what its execution needs from the source."""

    counts: Counts = field(default_factory=Counts)  # without vanished objects, which the guard decides
    vanished: int = 0  # known but not listed, except undecodable objects, whose rows are only removed
    requests: Requests = field(default_factory=Requests)  # without the listing
    bytes: int = 0  # of objects and companions to be read

    def __add__(self, other: Plan) -> Plan:
        return Plan(
            counts=self.counts + other.counts,
            vanished=self.vanished + other.vanished,
            requests=self.requests + other.requests,
            bytes=self.bytes + other.bytes,
        )


def plan_moves(changes: Callable[[], Iterable[pa.RecordBatch]]) -> Moves:
    """The moves among all changes of a pass, from all its ranges together.

    `changes()` opens the spool of changes; it is read three times, unless nothing vanished or nothing is new. Held in
    memory are the vanished rows or the new ones, whichever are fewer, and those of the others that match them.
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
    return moves.apply_to(batch, frozen)


def summarise(plan: Iterable[pa.RecordBatch], looking: Looking = LOOK_AT_ALL) -> Plan:
    """Counts of a final plan (or of changes that hold no moves), whose objects are read so."""
    return sum((_summary(batch, looking) for batch in plan), Plan())


def planned_outcomes(batch: pa.RecordBatch) -> dict[OutcomeKind, BoolMask]:
    """The rows of a plan that count under each kind of outcome before execution.

    Each row counts once. Vanished rows do not count: the guard decides their outcome.
    """
    ops, known = column(batch, "op"), present(column(batch, "known_state"))
    found: dict[OutcomeKind, BoolMask] = {kind: np.zeros(len(ops), dtype=np.bool_) for kind in OutcomeKind}
    for kind in OutcomeKind:
        for one in kind.row.plan:
            rows = equal_to(ops, int(one.op))
            found[kind] |= rows if one.known is None else rows & (known == one.known)
    for role, mask in companion_changes(batch).items():
        found[role.outcome] |= mask
    return found


def companion_changes(batch: pa.RecordBatch) -> dict[CompanionRole, BoolMask]:
    """The COMPANION rows of each role; a row counts for the first role whose companion differs."""
    uncounted = equal_to(column(batch, "op"), int(Op.COMPANION))
    found: dict[CompanionRole, BoolMask] = {}
    for role in ROLES:
        found[role] = uncounted & _differs(batch, role)
        uncounted &= ~found[role]
    return found


def _summary(batch: pa.RecordBatch, looking: Looking) -> Plan:
    ops = column(batch, "op")
    reads = equal_to(ops, int(Op.NEW)) | equal_to(ops, int(Op.CHANGED))
    opened = reads if looking.policies.max_bytes is None else reads & _at_most(batch, looking.policies.max_bytes)
    cost = reading_cost(batch, reads, looking)
    companions = {role: present(column(batch, role.key)) & (opened | _differs(batch, role)) for role in ROLES}
    vanished = equal_to(ops, int(Op.VANISHED))
    forgotten = vanished & equal_to(column(batch, "known_state"), int(KnownState.REFUSED))
    counts = Counts(**{kind.value: int(mask.sum()) for kind, mask in planned_outcomes(batch).items()})
    return Plan(
        counts=counts,
        vanished=int(vanished.sum()) - int(forgotten.sum()),
        requests=Requests(get=cost.gets + sum(int(mask.sum()) for mask in companions.values()), head=counts.moved),
        bytes=cost.bytes + sum(sum_where(column(batch, role.size), mask) for role, mask in companions.items()),
    )


def _at_most(batch: pa.RecordBatch, size: int) -> BoolMask:
    return column(batch, "size").to_numpy() <= size


def _differs(batch: pa.RecordBatch, role: CompanionRole) -> BoolMask:
    return mask_of(column(batch, role.differs))
