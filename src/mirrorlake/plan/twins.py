"""Pair equal objects that left with equal objects that came by their paths: the longest common end first. Pure.

    old/a/1.jpg  old/b/1.jpg  ──▶  new/a/1.jpg  new/b/1.jpg      all four with the same bytes

Objects with the same identity form a group, which is divided by file name, then by folder and file name, and so on.
Going back from the longest common end, two objects are a pair where nothing else is left on either side.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from mirrorlake.core.columnar import BoolMask, Column, Rows, concatenated, take_values

MAX_PARTS = 32  # of a path that are compared, from its end: bounds memory, whatever the keys are

_Codes = npt.NDArray[np.int32]
_pc: Any = pc


def pair_by_path(left_ids: Column, left_keys: Column, right_ids: Column, right_keys: Column) -> tuple[Rows, Rows]:
    """Rows of the left and of the right side that belong together, one to one. Equal identities are equal objects.

    What stays ambiguous is left out: several on one side whose paths do not distinguish them.
    """
    lefts = len(left_ids)
    groups = _codes(concatenated([left_ids, right_ids]))
    rows = np.arange(len(groups), dtype=np.int32)
    levels: list[tuple[_Codes, _Codes]] = []
    paths: _Paths | None = None
    for depth in range(MAX_PARTS + 1):
        left, right = _counts(rows, groups, lefts)
        both = (left > 0) & (right > 0)
        rows, groups, single = rows[both], groups[both], ((left == 1) & (right == 1))[both]
        if not rows.size:
            break
        levels.append((rows, groups))
        rows, groups = rows[~single], groups[~single]
        if not rows.size or depth == MAX_PARTS:
            break
        if paths is None:
            paths = _Paths(concatenated([left_keys, right_keys]), rows)
        rows, groups = paths.divide(rows, groups, depth)
    return _pair_levels(levels, lefts, lefts + len(right_ids))


def _pair_levels(levels: list[tuple[_Codes, _Codes]], lefts: int, count: int) -> tuple[Rows, Rows]:
    """The pairs of all levels, the longest common ends first."""
    paired = np.zeros(count, dtype=np.bool_)
    ones, others = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for every, group in reversed(levels):
        free = ~paired[every]
        rows, groups = every[free], group[free]
        left, right = _counts(rows, groups, lefts)
        single = (left == 1) & (right == 1)
        rows, groups = rows[single], groups[single]
        pairs = rows[np.lexsort((rows, groups))].astype(np.int64)  # side by side, the left one first
        paired[pairs] = True
        ones.append(pairs[::2])
        others.append(pairs[1::2] - lefts)
    return np.concatenate(ones), np.concatenate(others)


def _counts(rows: _Codes, groups: _Codes, lefts: int) -> tuple[Rows, Rows]:
    """How many rows of the left and of the right side the group of each row has."""
    is_left: BoolMask = rows < lefts
    size = int(groups.max()) + 1 if groups.size else 0
    left, right = (np.bincount(groups[side], minlength=size) for side in (is_left, ~is_left))
    return left[groups], right[groups]


def _codes(values: Column) -> _Codes:
    """A number for each value; equal values have equal numbers, from 0 on without gaps."""
    encoded: Any = values
    return encoded.dictionary_encode().indices.to_numpy(zero_copy_only=False).astype(np.int32)


class _Paths:
    """The parts of some keys, as numbers, counted from their end."""

    def __init__(self, keys: Column, rows: _Codes) -> None:
        parts: Any = _pc.split_pattern(take_values(keys, rows), "/")
        self._codes = _codes(parts.flatten())
        lengths: Any = _pc.list_value_length(parts)
        # For each key, the place after its last part; 0 for keys that need no division.
        self._ends = np.zeros(len(keys), dtype=np.int64)
        self._lengths = np.zeros(len(keys), dtype=np.int64)
        self._lengths[rows] = lengths.to_numpy(zero_copy_only=False)
        self._ends[rows] = np.cumsum(self._lengths[rows])

    def divide(self, rows: _Codes, groups: _Codes, depth: int) -> tuple[_Codes, _Codes]:
        """Divide groups by the part at this distance from the end; rows without such a part are left out."""
        deep = self._lengths[rows] > depth
        rows, groups = rows[deep], groups[deep]
        parts = self._codes[self._ends[rows] - 1 - depth]
        pairs = groups.astype(np.int64) * (len(self._codes) + 1) + parts
        divided: Any = np.unique(pairs, return_inverse=True)[1]
        return rows, divided.astype(np.int32)
