"""How a page is found: by reading assets in order until enough match, or by finding all matches and sorting them. Pure.

The first is quick where many match, the second where few do, and PostgreSQL's estimates for metadata and texts are not
good enough to choose. So some assets are read in order, and what matched among them decides.

Where no index finds the matches, all assets have to be read. A search with patience reads the newest ones only, as many
as its time allows, and reports their number.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

WALK_ROWS = 8_192  # read in order before anything else: about 10 ms
WALK_PARTS = 8  # the first of which shows whether the others are worth reading
SURE = 3  # matches that it would have, on average, where all parts together fill the page
LONG_WALK_ROWS = 131_072  # where a page is expected within it
MARGIN = 1.5  # matches are never spread quite evenly
READ_WHOLE = 200_000  # assets: reading them all takes a fifth of a second
MOST_GROWTH = 8  # from one step to the next: a large step may be slower than a small one, asset by asset
LEAST_GROWTH = 1.5  # less is not worth reading the same assets again


@dataclass(slots=True)
class Patience:
    """How long a search may read assets that no index finds, and how far it came."""

    seconds: float
    searched: int | None = None  # assets that were read, if that were not all
    assets: int = 0  # of the library
    reached: int | None = None  # the last id of those, in the order of ids that the search has


def following_step(taken: int, *, spent: float, left: float) -> int:
    """How many assets to read after `taken` of them took some seconds; none if more are not worth their time.

    They are read again with those before, so the step takes as long as all of them.
    """
    growth = min(MOST_GROWTH, left / spent) if spent > 0 else MOST_GROWTH
    return int(taken * growth) if growth >= LEAST_GROWTH else 0


def first_part(walk: int, need: int) -> int:
    """How many assets to read before the rest of a walk: without a match among them, the rest will not fill a page."""
    return walk // WALK_PARTS if need >= WALK_PARTS * SURE else walk


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
