"""Find the first matches in the order of ids where few assets match, in steps whose cost has a bound. Pure.

Ids are divided into ranges, four of which are one range of the next level, and the index on filters knows the range of
each asset on every level: it can be asked for the matches of one range alone. The first small range is asked for, then
the rest of the larger one around it, and so on: where matches are spread evenly, each step reads about as many as all
before it. A range with too many matches is divided.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from mirrorlake.search.filters import LEVEL_BITS, LEVELS

MOST_RANGES = 24  # of the highest level: more, and the next level is the highest


@dataclass(frozen=True, slots=True)
class Range:
    """Ids from `number << bits` on, where the bits are those of a block and two for each level."""

    level: int
    number: int

    def parts(self) -> list[Range]:
        """Its ranges of the level below, in order."""
        first = self.number << LEVEL_BITS
        return [Range(self.level - 1, first + part) for part in range(1 << LEVEL_BITS)]

    @property
    def above(self) -> Range:
        """The range of the level above that contains it."""
        return Range(self.level + 1, self.number >> LEVEL_BITS)


class Ranges:
    """The ranges that have assets, in the order of a result."""

    def __init__(self, blocks: Collection[int], *, descending: bool) -> None:
        """`blocks` are the numbers of the ranges of level 0 that have assets."""
        self.descending = descending
        self._present = [frozenset(block >> (LEVEL_BITS * level) for block in blocks) for level in range(LEVELS)]
        few = [level for level in range(LEVELS) if len(self._present[level]) <= MOST_RANGES]
        self._top = few[0] if few else LEVELS - 1

    def cover(self) -> Iterator[Range]:
        """Ranges that cover all blocks once: the first block, the rest of its range, the rest of that one's."""
        if not self._present[0]:
            return
        at = Range(0, max(self._present[0]) if self.descending else min(self._present[0]))
        yield at
        while at.level < self._top:
            yield from (part for part in self.divide(at.above) if self._follows(part, at))
            at = at.above
        rest = (Range(self._top, number) for number in sorted(self._present[self._top], reverse=self.descending))
        yield from (each for each in rest if self._follows(each, at))

    def divide(self, whole: Range) -> list[Range]:
        """The parts of a range that have assets, in order."""
        parts = [part for part in whole.parts() if part.number in self._present[part.level]]
        return parts[::-1] if self.descending else parts

    def _follows(self, one: Range, other: Range) -> bool:
        return one.number < other.number if self.descending else one.number > other.number


def first_matches(
    ranges: Ranges,
    *,
    need: int,
    most: int,
    some: Callable[[Range, int], list[int]],
    ordered: Callable[[Range, int], list[int]],
) -> list[int]:
    """The first `need` ids that match, in order.

    `some(range, limit)` returns ids of matches in a range, up to a limit and in any order; `ordered(range, limit)` the
    first ones of a range of level 0 in order. Ranges with more than `most` matches are divided.
    """
    found: list[int] = []
    for covering in ranges.cover():
        waiting = [covering]
        while waiting and len(found) < need:
            at = waiting.pop()
            ids = some(at, most + 1)
            if len(ids) <= most:
                found += sorted(ids, reverse=ranges.descending)
            elif at.level == 0:
                found += ordered(at, need - len(found))
            else:
                waiting += ranges.divide(at)[::-1]
        if len(found) >= need:
            break
    return found[:need]
