"""Find where a ring crosses or touches itself. Pure.

A ring is simple if two of its edges meet only where they follow each other. Repeated points, also a repeated first one,
are no edges: tools write them often.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

from mirrorlake.model.labels import Point

CROSSES: Final = "The polygon crosses itself."
TOUCHES: Final = "The polygon touches itself at {x:.4g}, {y:.4g} of the width and height, or runs over an edge twice."
_LEAST = 3  # points of a ring
_COMPARED_WHOLE = 64  # points up to which plain Python is quicker than loading numpy
_TOUCHES = 1_000  # of one ring that are checked: it may have millions, and only its reason could change


def check_ring(ring: Sequence[Point]) -> str | None:
    """Why a ring is not simple; None if it is."""
    points = [point for i, point in enumerate(ring) if point != ring[i - 1]]
    if len(points) < _LEAST:
        return None
    for i, corner in enumerate(points):
        if _turns_back(points[i - 1], corner, points[(i + 1) % len(points)]):
            return TOUCHES.format(x=corner[0], y=corner[1])
    touch: str | None = None
    meeting = _meeting(points) if len(points) <= _COMPARED_WHOLE else _meeting_of_many(points)
    for i, j in islice(meeting, _TOUCHES):
        a, b, c, d = points[i], points[(i + 1) % len(points)], points[j], points[(j + 1) % len(points)]
        ends = ((c, a, b), (d, a, b), (a, c, d), (b, c, d))
        at = next((end for end, *edge in ends if _is_on(end, *edge)), None)
        if at is None:
            return CROSSES
        touch = touch or TOUCHES.format(x=at[0], y=at[1])
    return touch


def _turns_back(a: Point, b: Point, c: Point) -> bool:
    """Whether the edge from b runs back over the edge to b."""
    return _turn(a, b, c) == 0 and (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1]) < 0


def _is_on(point: Point, a: Point, b: Point) -> bool:
    """Whether a point is on an edge."""
    beside = _turn(a, b, point) == 0
    return beside and all(min(one, other) <= at <= max(one, other) for at, one, other in zip(point, a, b, strict=True))


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _meeting(points: Sequence[Point]) -> Iterator[tuple[int, int]]:
    """Pairs of edges that have a point in common, without neighbours. An edge has the number of its first point."""
    edges = [
        (a, b, min(a[0], b[0]), max(a[0], b[0]), min(a[1], b[1]), max(a[1], b[1]))
        for a, b in zip(points, [*points[1:], points[0]], strict=True)
    ]
    for i, (a, b, left, right, top, bottom) in enumerate(edges):
        for j in range(i + 2, len(edges) - (i == 0)):
            c, d, other_left, other_right, other_top, other_bottom = edges[j]
            if other_left > right or other_right < left or other_top > bottom or other_bottom < top:
                continue
            sides, other_sides = (_turn(a, b, c), _turn(a, b, d)), (_turn(c, d, a), _turn(c, d, b))
            if not (min(sides) > 0 or max(sides) < 0 or min(other_sides) > 0 or max(other_sides) < 0):
                yield i, j


def _meeting_of_many(ring: Sequence[Point]) -> Iterator[tuple[int, int]]:
    """As `_meeting`, each edge compared with all later ones at once."""
    import numpy as np  # noqa: PLC0415  most rings are short

    points = np.array(ring, dtype=np.float64)
    following = np.roll(points, -1, axis=0)
    steps = following - points
    least, most = np.minimum(points, following), np.maximum(points, following)
    for i in range(len(points) - 2):
        last = len(points) - 1 if i == 0 else len(points)
        near = (least[i + 2 : last] <= most[i]).all(axis=1) & (most[i + 2 : last] >= least[i]).all(axis=1)
        others = np.flatnonzero(near) + i + 2
        if not len(others):
            continue
        a, b, step = points[i], following[i], steps[i]
        c, d, other = points[others], following[others], steps[others]
        one_side, two_side = _turns(step, c - a), _turns(step, d - a)
        three_side, four_side = _turns(other, a - c), _turns(other, b - c)
        apart = (np.minimum(one_side, two_side) > 0) | (np.maximum(one_side, two_side) < 0)
        apart |= (np.minimum(three_side, four_side) > 0) | (np.maximum(three_side, four_side) < 0)
        yield from ((i, j) for j in others[~apart].tolist())


def _turns(step: Any, to: Any) -> Any:
    """`_turn` of many points: `step` from a to b, and `to` from a to c."""
    return step[..., 0] * to[..., 1] - step[..., 1] * to[..., 0]
