"""Split a bucket into ranges of keys at its common prefixes. Pure, except for the pages that it requests."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from mirrorlake.model.objects import KeyRange


def bounds(names_below: Callable[[str], list[str]], prefix: str, parts: int, pages: int) -> list[str]:
    """Keys and common prefixes below `prefix`, sorted, as possible bounds.

    A single folder is listed in turn; with too few names, the folders among them are listed too,
    up to `pages`. `names_below` returns the first names below a prefix; folders end in `/`.
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
    """`scope` split into at most `parts` ranges at evenly chosen `cuts`; consecutive ranges share a bound.

    A cut at the folder `b/` assigns the key `b/` to the left range and all keys below it to the right one, so
    every key is in exactly one range, whatever the cuts are.
    """
    inside = [
        cut
        for cut in sorted(set(cuts))
        if cut.startswith(scope.prefix)
        and (scope.after is None or cut > scope.after)
        and (scope.until is None or cut < scope.until)
    ]
    count = min(parts, len(inside) + 1)
    # The range left of the first name is empty, so n names allow at most n parts.
    chosen = sorted({inside[place * len(inside) // count] for place in range(1, count)})
    edges: list[str | None] = [scope.after, *chosen, scope.until]
    return [KeyRange(prefix=scope.prefix, after=left, until=right) for left, right in pairwise(edges)]
