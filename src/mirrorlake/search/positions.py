"""Where a position of the whole library is: in which range of ids, and how far into it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mirrorlake.search.filters import BLOCK_BITS


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """The first id that can be at a position, and how many assets to pass from there."""

    id: int
    passed: int


def find_position(counts: Sequence[tuple[int, int]], offset: int, *, descending: bool) -> Position | None:
    """The position `offset`, from the number of assets in each range of ids; None beyond the end."""
    for block, assets in sorted(counts, reverse=descending):
        if offset < assets:
            first = block << BLOCK_BITS
            return Position(id=first + (1 << BLOCK_BITS) - 1 if descending else first, passed=offset)
        offset -= assets
    return None
