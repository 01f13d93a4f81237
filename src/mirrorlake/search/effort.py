"""How a page is found: by reading assets in order until enough match, or by finding all matches and sorting them. Pure.

The first is quick where many match, the second where few do, and PostgreSQL's estimates for metadata and texts are not
good enough to choose. So some assets are read in order, and what matched among them decides.
"""

from __future__ import annotations

from enum import Enum

WALK_ROWS = 8_192  # read in order before anything else: about 10 ms
LONG_WALK_ROWS = 131_072  # where a page is expected within it
MARGIN = 1.5  # matches are never spread quite evenly


class Step(Enum):
    """What to do after the first assets in order did not fill the page."""

    WALK_ON = "read more assets in order"
    GATHER = "find all matches and sort them"


def next_step(*, found: int, walked: int, need: int, assets: int) -> Step:
    """The cheaper of both, if matches are as frequent in the rest of the library as in what was read.

    The walk reads until `need` match, the other all matches. An asset that an index finds costs twice as much.
    """
    if not found:
        return Step.GATHER
    further = MARGIN * need * walked / found
    matches = found * assets / walked
    return Step.WALK_ON if further < min(2 * matches, LONG_WALK_ROWS) else Step.GATHER
