"""A ring is simple where shapely says so; what is not has a reason, and how many points it has does not matter."""

from __future__ import annotations

import math

import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st
from tests.support.label_files import GEOMETRIES

from mirrorlake.labels import simple_rings
from mirrorlake.labels.geometry import check_outline
from mirrorlake.labels.simple_rings import CROSSES, check_ring
from mirrorlake.model.labels import Box, Point, Polygon, RotatedBox, Shape

SQUARE: list[Point] = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
_grid = st.integers(0, 4).map(lambda value: value / 4)  # exact, so that corners often are on edges
_rings = st.lists(st.tuples(_grid, _grid), min_size=3, max_size=9)


def as_shapely(ring: list[Point]) -> bool:
    return bool(shapely.is_simple(shapely.LinearRing(ring)))


@given(_rings)
@example([(0, 0), (0.25, 0.25), (0.5, 0.5), (0.5, 0), (0.25, 0.25), (0, 0.6)])
@example(SQUARE + SQUARE)
@example([(0, 0), (1, 0), (0.5, 0), (0.5, 1)])
def test_a_ring_is_simple_where_shapely_says_so(ring: list[Point]) -> None:
    distinct = [point for i, point in enumerate(ring) if point != ring[i - 1]]
    if len(distinct) >= 3:
        assert (check_ring(ring) is None) == as_shapely(distinct)


@given(_rings)
def test_many_edges_are_compared_like_few(ring: list[Point]) -> None:
    assert {*simple_rings._meeting(ring)} == {*simple_rings._meeting_of_many(ring)}


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=65, max_size=80, unique=True))
def test_many_edges_anywhere_are_compared_like_few(ring: list[Point]) -> None:
    assert {*simple_rings._meeting(ring)} == {*simple_rings._meeting_of_many(ring)}


@given(st.sampled_from([Shape.POLYGON, Shape.ROTATED_BOX]).flatmap(GEOMETRIES.__getitem__))
def test_outlines_around_a_centre_are_simple(geometry: Polygon | RotatedBox) -> None:
    assert check_outline(geometry) is None


@given(_rings, st.integers(0, 8))
def test_a_repeated_point_is_no_edge(ring: list[Point], place: int) -> None:
    again = [*ring[: place % len(ring) + 1], ring[place % len(ring)], *ring[place % len(ring) + 1 :]]
    assert check_ring(again) == check_ring(ring)
    closed = check_ring([*ring, ring[0]])
    assert (closed is None) == (check_ring(ring) is None)


@pytest.mark.parametrize(
    ("ring", "part"),
    [
        ([(0, 0), (1, 1), (1, 0), (0, 0.9)], "crosses itself"),
        ([(0, 0), (0.25, 0.25), (0.5, 0.5), (0.5, 0), (0.25, 0.25), (0, 0.6)], "touches itself at 0.25, 0.25"),
        (SQUARE + SQUARE, "touches itself at"),
        ([(0, 0), (0.5, 0.5), (1, 0), (1, 1), (0.5, 0.5), (0, 1)], "touches itself at 0.5, 0.5"),
        ([(0, 0), (1, 0), (1, 1), (0.5, 0), (0, 1)], "touches itself"),  # a corner on an edge
        ([(0, 0), (1, 0), (1, 1), (1, 0.5), (1, 1), (0, 1)], "touches itself at 1, 1"),  # a spike
    ],
)
def test_what_is_not_simple_has_a_reason(ring: list[Point], part: str) -> None:
    assert part in (check_ring(ring) or "")
    assert check_outline(Polygon((tuple(SQUARE), tuple(ring)))) == check_ring(ring)


@given(st.integers(1, 60))
def test_a_long_ring_with_two_corners_exchanged_crosses_itself(swap: int) -> None:
    ring = [(0.5 + 0.4 * math.cos(a), 0.5 + 0.4 * math.sin(a)) for a in (i / 11.5 for i in range(72))]
    assert check_ring(ring) is None
    ring[swap], ring[swap + 2] = ring[swap + 2], ring[swap]
    assert check_ring(ring) == CROSSES


def test_only_some_of_many_touching_edges_are_looked_at() -> None:
    def around(angle: float, reach: float = 0.4) -> Point:
        return 0.5 + reach * math.cos(angle), 0.5 + reach * math.sin(angle)

    centre = (0.5, 0.5)
    bow = [centre, around(5.6), around(6.0, 0.2), around(6.0), around(5.6, 0.2)]
    few, many = (
        [part for i in range(count) for part in (centre, around(i / 40), around(i / 40 + 0.01))] for count in (3, 200)
    )  # triangles with one point in common
    assert check_ring([*few, *bow]) == CROSSES
    assert "touches itself at 0.5, 0.5" in (check_ring([*many, *bow]) or "")


def test_other_shapes_have_no_outline() -> None:
    assert check_outline(Box(0, 0, 1, 1)) is None
