"""Where to cut a bucket into ranges of keys, by its common prefixes. Pure but for the pages it asks for."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from mirrorlake.model.objects import KeyRange


def bounds(names_below: Callable[[str], list[str]], prefix: str, parts: int, pages: int) -> list[str]:
    """Keys and common prefixes below `prefix`, sorted: places to cut at.

    A folder that stands alone is entered; with too few names, the folders among them are entered too,
    as long as `pages` allow. `names_below` gives the first names under a prefix, folders ending in `/`.
    """
    names = names_below(prefix)
    pages -= 1
    while pages and len(names) == 1 and names[0].endswith("/") and names[0] != prefix:
        names = names_below(names[0])
        pages -= 1
    found = set(names)
    folders = [name for name in names if name.endswith("/")]
    if len(folders) < parts:
        for folder in folders[:pages]:
            found.update(names_below(folder))
    return sorted(found)


def ranges(scope: KeyRange, cuts: list[str], parts: int) -> list[KeyRange]:
    """`scope` cut into at most `parts` ranges at evenly chosen `cuts`; neighbours share a bound.

    A cut at the folder `b/` puts the key `b/` itself to its left and all below it to its right, so
    every key lies in exactly one range, whatever the cuts are.
    """
    inside = [
        cut
        for cut in sorted(set(cuts))
        if cut.startswith(scope.prefix)
        and (scope.after is None or cut > scope.after)
        and (scope.until is None or cut < scope.until)
    ]
    count = min(parts, len(inside) + 1)
    # The first cut of n names leaves nothing to its left, so n names make n parts at best.
    chosen = sorted({inside[place * len(inside) // count] for place in range(1, count)})
    edges: list[str | None] = [scope.after, *chosen, scope.until]
    return [KeyRange(prefix=scope.prefix, after=left, until=right) for left, right in pairwise(edges)]
