"""Decide what happens to each known key that is no longer selected. Pure, columns only.

    VANISHED rows ──ways──▶ ORPHANS ──guard──▶ held, or executed once the object's absence is proven

A key that the patterns still select must be proven gone. A key that no pattern selects any more is an orphan whether
or not its object exists, so the source is not asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mirrorlake.core.columnar import (
    BoolMask,
    Column,
    column,
    equal_to,
    filled,
    from_numpy_mask,
    is_in,
    joined_text,
    keep,
    where,
)
from mirrorlake.model.objects import KnownState
from mirrorlake.model.sources import Orphans


class Way(IntEnum):
    """How a pass handles a known key that is not selected now."""

    FORGET = 0  # undecodable and never an asset: only its catalog row is removed
    REPORT = 1  # counted as missing, nothing is done
    MISS = 2  # the asset is marked missing
    TRASH = 3
    REMOVE = 4


_ACTIONS = {Orphans.KEEP: Way.MISS, Orphans.TRASH: Way.TRASH, Orphans.REMOVE: Way.REMOVE}
_CAREFUL = (Orphans.KEEP, Orphans.TRASH, Orphans.REMOVE)  # the most careful first
_GUARDED = pa.array([Way.TRASH, Way.REMOVE], pa.int8())
_NO_CONFIG = -1

REASON_GONE = "Its object is gone"
REASON_STILL_GONE = "Its object is still gone"
REASON_NOT_SELECTED = "No pattern selects it any more"
IN_PROJECT = "; a project keeps it"

_ORPHANS: list[pa.Field[Any]] = [
    pa.field("key", pa.string(), nullable=False),
    pa.field("way", pa.int8(), nullable=False),  # Way
    pa.field("prove", pa.bool_(), nullable=False),  # whether the object must be proven gone first
    pa.field("cause", pa.string(), nullable=False),  # why it is an orphan, shown to users
]
ORPHANS = pa.schema(_ORPHANS)


def plan_orphans(
    keys: Column,
    states: Column,
    places: npt.NDArray[np.int8],
    policies: Sequence[Orphans],
    *,
    has_asset: BoolMask,
    in_project: BoolMask,
) -> pa.RecordBatch:
    """ORPHANS rows of vanished keys with their KnownState, without keys that are in the trash already.

    `places` is the index in `policies` of the config that governs each key, -1 if none selects it: then the most
    careful policy applies. `has_asset` is read for undecodable keys only. An asset in a project is kept, whatever the
    policy: it is marked missing.
    """
    careful = min(policies, key=_CAREFUL.index)
    by_place = np.array([_ACTIONS[policy] for policy in (*policies, careful)], dtype=np.int8)  # -1 is the last
    way = by_place[places]
    protected = in_project & (way > Way.MISS)
    way[protected] = Way.MISS
    known_missing = equal_to(states, int(KnownState.MISSING))
    way[known_missing & (way == Way.MISS)] = Way.REPORT
    way[equal_to(states, int(KnownState.KEPT))] = Way.REPORT
    way[equal_to(states, int(KnownState.REFUSED)) & ~has_asset] = Way.FORGET
    prove = (places != _NO_CONFIG) & (way >= Way.MISS)
    gone = where(way == Way.REPORT, REASON_STILL_GONE, filled(len(keys), REASON_GONE, pa.string()))
    cause = where(places == _NO_CONFIG, REASON_NOT_SELECTED, gone)
    cause = where(protected, joined_text([cause, IN_PROJECT], ""), cause)
    rows = pa.RecordBatch.from_arrays([keys, pa.array(way), from_numpy_mask(prove), cause], schema=ORPHANS)
    return keep(rows, ~equal_to(states, int(KnownState.TRASHED)))


def guarded(orphans: pa.RecordBatch) -> BoolMask:
    """Which rows are removals: they hide or remove an asset."""
    return is_in(column(orphans, "way"), _GUARDED)
