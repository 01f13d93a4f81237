"""A few keys of each kind in a plan, each with its reason, for users who review a plan before running it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, cast

import pyarrow as pa

from mirrorlake.core.columnar import BoolMask, column, keep
from mirrorlake.mirror.planning import PlannedChanges
from mirrorlake.mirror.removal import Removals
from mirrorlake.model.companions import ROLES
from mirrorlake.model.outcomes import ORPHANED, SAMPLE_GROUPS, Op, OutcomeKind
from mirrorlake.model.previews import Sample, Samples
from mirrorlake.plan.decide import planned_outcomes
from mirrorlake.plan.moves import Moves
from mirrorlake.plan.orphans import IN_PROJECT, Way

MAX_SAMPLES = 10  # of each kind

_WAYS = {
    Way.MISS: "it would be marked missing",
    Way.TRASH: "it would be moved to the trash",
    Way.REMOVE: "it would be deleted permanently, or moved to the trash if another datasource uses it",
}
_MOVED = cast("str", OutcomeKind.MOVED.row.sample)
_UNLESS_COPIED = ", unless an object that is still to be read has the same bytes: then it moves there"
_SAMPLE_COLUMNS = ("op", "key", "old_key", "skip")
_COMPANION_COLUMNS = tuple(name for role in ROLES for name in (role.differs, role.key))


def sample_plan(planned: PlannedChanges, removals: Removals, copies: Moves) -> Samples:
    """The first keys of each kind, in the order of the plan. Reads the plan again, in bounded memory.

    `copies` are the moves onto copies that earlier passes read.
    """
    found: dict[str, list[Sample]] = {group: [] for group in SAMPLE_GROUPS}
    for batch in planned.batches():
        for kind, mask in planned_outcomes(batch).items():
            if kind.row.sample is not None:
                some = found[kind.row.sample]
                some += _take_samples(batch, mask, MAX_SAMPLES - len(some))
    moved = found[_MOVED]
    moved += _sample_copies(Moves(copies.pairs.slice(0, max(MAX_SAMPLES - len(moved), 0))))
    found[ORPHANED] += islice(_sample_orphans(removals), MAX_SAMPLES)
    return {group: tuple(some) for group, some in found.items()}


def _take_samples(batch: pa.RecordBatch, mask: BoolMask, most: int) -> Iterator[Sample]:
    if most <= 0 or not mask.any():
        return
    rows = keep(batch, mask).slice(0, most)
    for op, key, old_key, skip, *companions in zip(
        *(cast("list[Any]", column(rows, name).to_pylist()) for name in (*_SAMPLE_COLUMNS, *_COMPANION_COLUMNS)),
        strict=True,
    ):
        yield Sample(key=key, reason=_reason(op, old_key, skip, companions), old_key=old_key)


def _reason(op: int, old_key: str | None, skip: str | None, companions: list[Any]) -> str:
    """Why the row is in the plan. `companions`: for each role, whether its companion differs, and its key."""
    match Op(op):
        case Op.NEW:
            return "it is not in the catalog yet"
        case Op.CHANGED:
            return "its token or size differs from the one that was read, or more of it is read now"
        case Op.COMPANION:
            sidecar = next(key for differs, key in zip(companions[::2], companions[1::2], strict=True) if differs)
            return "its sidecar is gone" if sidecar is None else f"its sidecar {sidecar} is new or changed"
        case Op.MOVED:
            return f"it has the same token and size as {old_key}, which must be proven gone first"
        case Op.SHARED:
            return "another datasource already read these bytes: they are not read again"
        case Op.REFUSED:
            return "it could not be decoded before, and has not changed since"
        case _:
            return skip or ""


def _sample_copies(copies: Moves) -> Iterator[Sample]:
    pairs = (cast("list[str]", keys.to_pylist()) for keys in (copies.old_keys, copies.new_keys))
    for old, new in zip(*pairs, strict=True):
        reason = f"it is a copy of {old}, by the digest of its bytes; {old} must be proven gone first"
        yield Sample(key=new, reason=reason, old_key=old)


def _sample_orphans(removals: Removals) -> Iterator[Sample]:
    """The removals of a pass, held or not."""
    unread = _UNLESS_COPIED if removals.planned.summary.counts.new else ""
    for orphans, held in removals.batches():
        columns = [cast("list[Any]", column(orphans, name).to_pylist()) for name in ("key", "way", "prove", "cause")]
        for key, way, prove, cause, waits in zip(*columns, cast("list[bool]", held.tolist()), strict=True):
            if way not in _WAYS:
                continue
            why = "its object is not in the listing" if prove else "no pattern selects it any more"
            then = "its removal would wait for confirmation" if waits else _WAYS[Way(way)]
            if cause.endswith(IN_PROJECT):
                then += ", because a project keeps it"
            proof = f" after its object is proven gone{unread}" if prove else ""
            yield Sample(key=key, reason=f"{why}: {then}{proof}")
