"""A few keys of each kind out of a plan, with the reason for each: what people look at before they let a pass run."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, cast

import pyarrow as pa

from mirrorlake.core.columnar import BoolMask, column, keep
from mirrorlake.mirror.planning import PlannedChanges
from mirrorlake.mirror.removal import Removals
from mirrorlake.model.companions import ROLES
from mirrorlake.model.outcomes import ORPHANED, SAMPLE_GROUPS, Op
from mirrorlake.model.previews import Sample, Samples
from mirrorlake.plan.decide import planned_outcomes
from mirrorlake.plan.orphans import Way

MAX_SAMPLES = 10  # of each kind

_WAYS = {
    Way.MISS: "it would be marked missing",
    Way.TRASH: "it would go into the trash",
    Way.REMOVE: "it would be removed for good, or go into the trash where a project or another datasource uses it",
}
_SAMPLE_COLUMNS = ("op", "key", "old_key", "skip")
_COMPANION_COLUMNS = tuple(name for role in ROLES for name in (role.differs, role.key))


def sample_plan(planned: PlannedChanges, removals: Removals) -> Samples:
    """The first keys of each kind, in the order of the plan. Reads the plan once more, in bounded memory."""
    found: dict[str, list[Sample]] = {group: [] for group in SAMPLE_GROUPS}
    for batch in planned.batches():
        for kind, mask in planned_outcomes(batch).items():
            if kind.row.sample is not None:
                some = found[kind.row.sample]
                some += _take_samples(batch, mask, MAX_SAMPLES - len(some))
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
    """`companions`: of each role whether its companion differs, and the key of that companion."""
    match Op(op):
        case Op.NEW:
            return "nothing is known of it yet"
        case Op.CHANGED:
            return "its token or size is another than the one that was read"
        case Op.COMPANION:
            sidecar = next(key for differs, key in zip(companions[::2], companions[1::2], strict=True) if differs)
            return "its sidecar is gone" if sidecar is None else f"its sidecar {sidecar} came or changed"
        case Op.MOVED:
            return f"the same token and size as {old_key}, once that is proven gone"
        case Op.SHARED:
            return "another datasource has read these bytes: they are not read again"
        case Op.REFUSED:
            return "it could not be read before, and has not changed since"
        case _:
            return skip or ""


def _sample_orphans(removals: Removals) -> Iterator[Sample]:
    """What a pass would do something about, held or not."""
    for orphans, held in removals.batches():
        columns = [cast("list[Any]", column(orphans, name).to_pylist()) for name in ("key", "way", "prove")]
        for key, way, prove, waits in zip(*columns, cast("list[bool]", held.tolist()), strict=True):
            if way not in _WAYS:
                continue
            why = "its object is not in the listing" if prove else "no pattern selects it any more"
            then = "its removal would wait for consent" if waits else _WAYS[Way(way)]
            yield Sample(key=key, reason=f"{why}: {then}" + (", once its object is proven gone" if prove else ""))
