"""A few keys of each kind out of a plan, with the reason for each: what people look at before they let a pass run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pyarrow as pa

from mirrorlake.core.columnar import BoolMask, column, equal_to, keep, mask_of, present
from mirrorlake.mirror.planning import Planned
from mirrorlake.mirror.removal import Removals
from mirrorlake.model.companions import ROLES, CompanionRole
from mirrorlake.model.outcomes import Op
from mirrorlake.model.previews import Sample, Samples
from mirrorlake.plan.orphans import Way

MOST = 10  # of each kind

_KINDS = {
    Op.NEW: "new",
    Op.CHANGED: "changed",
    Op.MOVED: "moved",
    Op.SKIPPED: "skipped",
    Op.REFUSED: "skipped",
}
_WAYS = {
    Way.MISS: "it would be marked missing",
    Way.TRASH: "it would go into the trash",
    Way.REMOVE: "it would be removed for good, or go into the trash where a project or another datasource uses it",
}
_COMPANIONS = tuple(dict.fromkeys(role.outcome.value for role in ROLES))
_FEW = ("op", "key", "old_key", "skip")
_Row = tuple[int, str, str | None, str | None]


def samples(planned: Planned, removals: Removals) -> Samples:
    """The first keys of each kind, in the order of the plan. Reads the plan once more, in bounded memory."""
    found: dict[str, list[Sample]] = {
        kind: [] for kind in ("new", "changed", *_COMPANIONS, "moved", "orphaned", "skipped")
    }
    for batch in planned.batches():
        for op, kind in _KINDS.items():
            mask = equal_to(column(batch, "op"), int(op))
            found[kind] += _first(batch, mask, MOST - len(found[kind]))
        uncounted = equal_to(column(batch, "op"), int(Op.COMPANION))
        for role in ROLES:
            mask = uncounted & mask_of(column(batch, role.differs))
            kind = role.outcome.value
            found[kind] += _companions(batch, role, mask, MOST - len(found[kind]))
            uncounted &= ~mask
        shared, known = equal_to(column(batch, "op"), int(Op.SHARED)), present(column(batch, "known_state"))
        for kind, mask in (("new", shared & ~known), ("changed", shared & known)):
            found[kind] += _first(batch, mask, MOST - len(found[kind]))
    for orphan in _orphans(removals):
        found["orphaned"].append(orphan)
        if len(found["orphaned"]) == MOST:
            break
    return {kind: tuple(some) for kind, some in found.items()}


def _first(batch: pa.RecordBatch, mask: BoolMask, most: int) -> Iterator[Sample]:
    if most <= 0 or not mask.any():
        return
    rows = keep(batch, mask).slice(0, most)
    for row in zip(*(cast("list[Any]", column(rows, name).to_pylist()) for name in _FEW), strict=True):
        yield _sample(cast("_Row", row))


def _companions(batch: pa.RecordBatch, role: CompanionRole, mask: BoolMask, most: int) -> Iterator[Sample]:
    if most <= 0 or not mask.any():
        return
    rows = keep(batch, mask).slice(0, most)
    keys = cast("list[str]", column(rows, "key").to_pylist())
    for key, sidecar in zip(keys, cast("list[str | None]", column(rows, role.key).to_pylist()), strict=True):
        yield Sample(
            key=key, reason="its sidecar is gone" if sidecar is None else f"its sidecar {sidecar} came or changed"
        )


def _sample(row: _Row) -> Sample:
    op, key, old_key, skip = row
    match Op(op):
        case Op.NEW:
            reason = "nothing is known of it yet"
        case Op.CHANGED:
            reason = "its token or size is another than the one that was read"
        case Op.MOVED:
            reason = f"the same token and size as {old_key}, once that is proven gone"
        case Op.SHARED:
            reason = "another datasource has read these bytes: they are not read again"
        case Op.REFUSED:
            reason = "it could not be read before, and has not changed since"
        case _:
            reason = skip or ""
    return Sample(key=key, reason=reason, old_key=old_key)


def _orphans(removals: Removals) -> Iterator[Sample]:
    """What a pass would do something about, held or not."""
    for orphans, held in removals.batches():
        columns = [cast("list[Any]", column(orphans, name).to_pylist()) for name in ("key", "way", "prove")]
        for key, way, prove, waits in zip(*columns, cast("list[bool]", held.tolist()), strict=True):
            if way not in _WAYS:
                continue
            why = "its object is not in the listing" if prove else "no pattern takes it any more"
            then = "its removal would wait for consent" if waits else _WAYS[Way(way)]
            yield Sample(key=key, reason=f"{why}: {then}" + (", once its object is proven gone" if prove else ""))
