"""A few keys of each kind out of a plan, with the reason for each: what people look at before they let a pass run."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, cast

import pyarrow as pa

from mirrorlake.core.columnar import BoolMask, column, keep
from mirrorlake.mirror.planning import Planned
from mirrorlake.mirror.removal import Removals
from mirrorlake.model.outcomes import SAMPLE_GROUPS, Op, OutcomeKind
from mirrorlake.model.previews import Sample, Samples
from mirrorlake.plan.decide import planned_as
from mirrorlake.plan.orphans import Way

MOST = 10  # of each kind

# Kinds that a plan shows, in their order. Orphans come from the plan of removals.
_SHOWN = tuple(kind for kind in OutcomeKind if kind.row.sample is not None and kind.row.plan)
_WAYS = {
    Way.MISS: "it would be marked missing",
    Way.TRASH: "it would go into the trash",
    Way.REMOVE: "it would be removed for good, or go into the trash where a project or another datasource uses it",
}
_FEW = ("op", "key", "old_key", "sidecar_key", "skip")
_Row = tuple[int, str, str | None, str | None, str | None]


def samples(planned: Planned, removals: Removals) -> Samples:
    """The first keys of each kind, in the order of the plan. Reads the plan once more, in bounded memory."""
    found: dict[str, list[Sample]] = {group: [] for group in SAMPLE_GROUPS}
    for batch in planned.batches():
        for kind in _SHOWN:
            some = found[kind.row.sample or ""]
            some += _first(batch, planned_as(batch, kind), MOST - len(some))
    orphans = found[OutcomeKind.MISSING.row.sample or ""]
    orphans += islice(_orphans(removals), MOST)
    return {group: tuple(some) for group, some in found.items()}


def _first(batch: pa.RecordBatch, mask: BoolMask, most: int) -> Iterator[Sample]:
    if most <= 0 or not mask.any():
        return
    rows = keep(batch, mask).slice(0, most)
    for row in zip(*(cast("list[Any]", column(rows, name).to_pylist()) for name in _FEW), strict=True):
        yield _sample(cast("_Row", row))


def _sample(row: _Row) -> Sample:
    op, key, old_key, sidecar, skip = row
    match Op(op):
        case Op.NEW:
            reason = "nothing is known of it yet"
        case Op.CHANGED:
            reason = "its token or size is another than the one that was read"
        case Op.SIDECAR:
            reason = "its sidecar is gone" if sidecar is None else f"its sidecar {sidecar} came or changed"
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
