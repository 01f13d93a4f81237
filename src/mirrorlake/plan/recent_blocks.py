"""Choose which keys of an inventory are listed again: those where objects changed shortly before it was written. Pure.

No cloud lists what changed since a moment. But writers that were active then are usually active since, and what they
add lies beside what they added before: in the same block of consecutive keys, or in the one that follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mirrorlake.model.objects import KeyRange

BLOCK_ROWS = 1000  # the keys that one request lists
MOST_BLOCKS = 1000  # that are listed again: at most about a minute of requests, one after another
SHORTEST = timedelta(days=1)  # of the time before an inventory in which a change counts as recent


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Some consecutive keys of an inventory."""

    last: str  # its last key
    changed: datetime | None  # when the youngest of its objects was written, if the inventory contains that


def recent_ranges(blocks: Sequence[Block], prefix: str, *, created: datetime, now: datetime) -> list[KeyRange]:
    """The ranges to list again, in key order and apart from each other; the last one has no end.

    A block is recent if an object in it changed within the time before `created` that has passed since then, and at
    least within a day. The keys after all blocks are always listed. With more than `MOST_BLOCKS`, the youngest ones.
    """
    since = created - max(now - created, SHORTEST)
    recent = [(block.changed, place) for place, block in enumerate(blocks) if block.changed and block.changed >= since]
    recent.sort(reverse=True)
    chosen = {len(blocks)}
    for _, place in recent:
        pair = {place, place + 1}
        if len(chosen | pair) > MOST_BLOCKS:
            break
        chosen |= pair
    ranges: list[KeyRange] = []
    for place in sorted(chosen):
        after = blocks[place - 1].last if place else None
        until = blocks[place].last if place < len(blocks) else None
        if ranges and ranges[-1].until == after:
            after = ranges.pop().after
        ranges.append(KeyRange(prefix=prefix, after=after, until=until))
    return ranges
