"""Sidecars that are remembered but not listed: metadata is not taken back on a listing's word alone. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import pyarrow as pa

from mirrorlake.core.columnar import (
    BoolMask,
    Column,
    chosen,
    column,
    columns,
    equal_to,
    filled,
    is_in,
    joined_text,
    mask_of,
    no_rows,
    nulls,
    places_in,
    take,
    where,
)
from mirrorlake.model.columns import CHANGES, KNOWN
from mirrorlake.model.outcomes import Op
from mirrorlake.select.sidecars import SIDECAR_SUFFIX

_REMEMBERED: list[pa.Field[Any]] = [
    pa.field("key", pa.string(), nullable=False),
    pa.field("sidecar_key", pa.string(), nullable=False),
    KNOWN.field("sidecar_token"),
    KNOWN.field("sidecar_size"),
]
REMEMBERED = pa.schema(_REMEMBERED)  # assets with the sidecar that was last read of each

STILL_STANDS = "its metadata stays as it is: its sidecar {} is not in the listing, but was not proven gone either"
_NONE = (0, "")  # ranks lowest: no sidecar, or one that may not serve
_ABOUT_SIDECARS = pa.array([Op.SIDECAR, Op.CHANGED, Op.RETURNED], pa.int8())


@dataclass(frozen=True, slots=True)
class Unlisted:
    """Sidecars that a listing left out. `rows` has the layout REMEMBERED, each key once."""

    rows: pa.RecordBatch

    def __len__(self) -> int:
        return self.rows.num_rows

    def applied_to(self, changes: pa.RecordBatch) -> pa.RecordBatch:
        """The changes with these sidecars as if they had not changed: what was read of them stays."""
        if not len(self):
            return changes
        places = places_in(column(changes, "key"), column(self.rows, "key"))
        kept = (places >= 0) & _about_sidecars(changes)
        if not kept.any():
            return changes
        remembered = take(self.rows, places)
        count = changes.num_rows
        now = dict(zip(changes.schema.names, columns(changes), strict=True))
        alone = kept & equal_to(now["op"], int(Op.SIDECAR))  # nothing but the sidecar brought them here
        before, after = STILL_STANDS.split("{}")
        said = joined_text(
            [
                filled(count, before.strip(), pa.string()),
                column(remembered, "sidecar_key"),
                filled(count, after.strip(), pa.string()),
            ],
            " ",
        )
        now["op"] = where(alone, filled(count, int(Op.SKIPPED), pa.int8()), now["op"])
        now["skip"] = where(alone, said, now["skip"])
        # A sidecar with a token but no key is not asked for, and what was read of it stays.
        now["sidecar_key"] = where(kept, nulls(count, pa.string()), now["sidecar_key"])
        now["sidecar_token"] = where(kept, column(remembered, "sidecar_token"), now["sidecar_token"])
        now["sidecar_size"] = where(kept, column(remembered, "sidecar_size"), now["sidecar_size"])
        now["sidecar_changed"] = where(kept, filled(count, value=False, kind=pa.bool_()), now["sidecar_changed"])
        return pa.RecordBatch.from_arrays(list(now.values()), schema=CHANGES)


NONE_UNLISTED = Unlisted(no_rows(REMEMBERED))


def parted(changes: pa.RecordBatch, suffix: str | None) -> Column:
    """Keys of rows whose sidecar may be another only because a better one is not listed. `suffix` as in the settings.

    Their remembered sidecars have to be known to tell: see `is_inconclusive`.
    """
    mask = _about_sidecars(changes)
    keys = cast("list[str]", chosen(column(changes, "key"), mask).to_pylist())
    served = chosen(column(changes, "sidecar_key"), mask).to_pylist()
    return pa.array([key for key, by in zip(keys, served, strict=True) if by != _best(key, suffix)], pa.string())


def is_inconclusive(remembered: pa.RecordBatch, changes: pa.RecordBatch, suffix: str | None) -> BoolMask:
    """Which REMEMBERED sidecars would still serve their assets, by today's settings, if only they were listed."""
    places = places_in(column(remembered, "key"), column(changes, "key"))
    keys = cast("list[str]", column(remembered, "key").to_pylist())
    sidecars = cast("list[str]", column(remembered, "sidecar_key").to_pylist())
    served = cast("list[str | None]", column(take(changes, places), "sidecar_key").to_pylist())
    outranks = [
        _rank(key, sidecar, suffix) > (_NONE if by is None else _rank(key, by, suffix))
        for key, sidecar, by in zip(keys, sidecars, served, strict=True)
    ]
    return mask_of(pa.array(outranks, pa.bool_()))


def _about_sidecars(changes: pa.RecordBatch) -> BoolMask:
    """Known objects whose sidecar differs from the remembered one, or may."""
    ops = column(changes, "op")
    returned = equal_to(ops, int(Op.RETURNED))
    return is_in(ops, _ABOUT_SIDECARS) & (~returned | mask_of(column(changes, "sidecar_changed")))


def _best(key: str, suffix: str | None) -> str:
    """The sidecar that wins over every other."""
    return _stem(key) + SIDECAR_SUFFIX if suffix is None else key + suffix


def _rank(key: str, sidecar: str, suffix: str | None) -> tuple[int, str]:
    """How a sidecar ranks among those that may serve a key: the greatest serves."""
    if suffix is not None and sidecar == key + suffix:
        return (2, "")
    stem, ending = sidecar[: -len(SIDECAR_SUFFIX)], sidecar[-len(SIDECAR_SUFFIX) :]
    return (1, ending) if ending.lower() == SIDECAR_SUFFIX and stem == _stem(key) else _NONE


def _stem(key: str) -> str:
    return key[: key.rfind(".")]
