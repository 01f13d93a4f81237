"""Known companions that are not listed: a listing alone never removes their contents. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
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
    keep,
    mask_of,
    no_rows,
    nulls,
    places_in,
    take,
    where,
)
from mirrorlake.model.columns import CHANGES, KNOWN
from mirrorlake.model.companions import ROLES, CompanionRole
from mirrorlake.model.outcomes import Op
from mirrorlake.select.fingerprints import tokens_and_sizes
from mirrorlake.select.pairing import possible_keys
from mirrorlake.select.rules import Rules

_REMEMBERED: list[pa.Field[Any]] = [
    pa.field("key", pa.string(), nullable=False),
    pa.field("role", pa.string(), nullable=False),
    pa.field("companion_key", pa.string(), nullable=False),
    KNOWN.field("companions"),  # all companions of the asset, including this one
]
REMEMBERED = pa.schema(_REMEMBERED)  # the last read companions of assets, one per row

SIDECAR_KEPT = "its {} is kept: its sidecar {} is not in the listing, but was not proven gone"
_NONE = (0, "")  # the lowest rank: no companion, or an unsuitable one
_ABOUT_COMPANIONS = pa.array([Op.COMPANION, Op.CHANGED, Op.RETURNED], pa.int8())


@dataclass(frozen=True, slots=True)
class UnlistedSidecars:
    """Companions that are missing from a listing. `rows` has the layout REMEMBERED, each key and role once."""

    rows: pa.RecordBatch

    def __len__(self) -> int:
        return self.rows.num_rows

    def apply_to(self, changes: pa.RecordBatch) -> pa.RecordBatch:
        """The changes with these companions unchanged, so that their contents are kept."""
        for role in ROLES:
            rows = keep(self.rows, equal_to(column(self.rows, "role"), role.name))
            if rows.num_rows:
                changes = _without_loss(changes, role, rows)
        return changes


NO_UNLISTED_SIDECARS = UnlistedSidecars(no_rows(REMEMBERED))


def _without_loss(changes: pa.RecordBatch, role: CompanionRole, rows: pa.RecordBatch) -> pa.RecordBatch:
    places = places_in(column(changes, "key"), column(rows, "key"))
    kept = (places >= 0) & _about_companions(changes, role)
    if not kept.any():
        return changes
    remembered = take(rows, places)
    count = changes.num_rows
    token, size = tokens_and_sizes(column(remembered, "companions"))[role]
    now = dict(zip(changes.schema.names, columns(changes), strict=True))
    # A companion with a token but no key is not read, and its content is kept.
    now[role.key] = where(kept, nulls(count, pa.string()), now[role.key])
    now[role.token] = where(kept, token, now[role.token])
    now[role.size] = where(kept, size, now[role.size])
    now[role.differs] = where(kept, filled(count, value=False, kind=pa.bool_()), now[role.differs])
    differs = np.any([mask_of(now[each.differs]) for each in ROLES], axis=0)
    alone = kept & equal_to(now["op"], int(Op.COMPANION)) & ~differs  # rows without any other change
    before, after = SIDECAR_KEPT.format(role.name, "\n").split("\n")
    parts = [
        filled(count, before.strip(), pa.string()),
        column(remembered, "companion_key"),
        filled(count, after.strip(), pa.string()),
    ]
    now["op"] = where(alone, filled(count, int(Op.SKIPPED), pa.int8()), now["op"])
    now["skip"] = where(alone, joined_text(parts, " "), now["skip"])
    return pa.RecordBatch.from_arrays(list(now.values()), schema=CHANGES)


def keys_to_check(changes: pa.RecordBatch, role: CompanionRole, rules: Rules) -> Column:
    """Keys of rows whose companion may differ only because a better one is not listed.

    To decide, their last read companions are needed: see `is_inconclusive`.
    """
    mask = _about_companions(changes, role)
    keys = cast("list[str]", chosen(column(changes, "key"), mask).to_pylist())
    served = chosen(column(changes, role.key), mask).to_pylist()
    may_lack = [key for key, by in zip(keys, served, strict=True) if by not in possible_keys(key, role, rules)[:1]]
    return pa.array(may_lack, pa.string())


def is_inconclusive(remembered: pa.RecordBatch, changes: pa.RecordBatch, role: CompanionRole, rules: Rules) -> BoolMask:
    """Which REMEMBERED companions would still belong to their assets, by the current settings, if they were listed.

    False for other roles.
    """
    places = places_in(column(remembered, "key"), column(changes, "key"))
    keys = cast("list[str]", column(remembered, "key").to_pylist())
    companions = cast("list[str]", column(remembered, "companion_key").to_pylist())
    served = cast("list[str | None]", column(take(changes, places), role.key).to_pylist())
    outranks = [
        _rank(key, companion, role, rules) > (_NONE if by is None else _rank(key, by, role, rules))
        for key, companion, by in zip(keys, companions, served, strict=True)
    ]
    return mask_of(pa.array(outranks, pa.bool_())) & equal_to(column(remembered, "role"), role.name)


def _about_companions(changes: pa.RecordBatch, role: CompanionRole) -> BoolMask:
    """Known objects whose companion differs, or may differ, from the last read one."""
    ops = column(changes, "op")
    changed = equal_to(ops, int(Op.CHANGED))
    return is_in(ops, _ABOUT_COMPANIONS) & (changed | mask_of(column(changes, role.differs)))


def _rank(key: str, companion: str, role: CompanionRole, rules: Rules) -> tuple[int, str]:
    """The rank of a companion among the possible ones of a key: the highest is used."""
    if role.name in rules.suffixes and companion == key + rules.suffixes[role.name]:
        return (2, "")
    suffix = rules.stem_suffix(role)
    if suffix is None:
        return _NONE
    stem, ending = companion[: -len(suffix)], companion[-len(suffix) :]
    return (1, ending) if ending.lower() == suffix and stem == key[: key.rfind(".")] else _NONE
