"""Check geometries, convert between their shapes and between relative coordinates and pixels. Pure.

Tolerance: a coordinate may be outside the image by 1 % of its side, because label tools round to pixels and to six
decimals. It is stored as it is, not clipped.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import assert_never

from mirrorlake.labels import rle
from mirrorlake.labels.simple_rings import check_ring
from mirrorlake.model.labels import (
    Box,
    Classification,
    Geometry,
    Keypoints,
    Mask,
    Point,
    Polygon,
    Polyline,
    RotatedBox,
    Shape,
)

EDGE = 0.01  # of a side: how far a coordinate may be outside
RING_POINTS = 5000
RINGS = 1000
KEYPOINTS = 1000
CORNERS = 4
_LEAST_RING = 3

_SHAPES: dict[type, Shape] = {
    Box: Shape.BOX,
    RotatedBox: Shape.ROTATED_BOX,
    Polygon: Shape.POLYGON,
    Polyline: Shape.POLYLINE,
    Keypoints: Shape.KEYPOINTS,
    Mask: Shape.MASK,
    Classification: Shape.CLASSIFICATION,
}


def shape_of(geometry: Geometry) -> Shape:
    """The shape of a geometry."""
    return _SHAPES[type(geometry)]


def check_geometry(geometry: Geometry) -> str | None:
    """Why a geometry cannot be stored; None if it can. Its outline is checked apart, by `check_outline`."""
    match geometry:
        case Box(x, y, width, height):
            if not _finite((x, y, width, height)):
                return "A coordinate is not a finite number."
            if width <= 0 or height <= 0:
                return "The box has no area."
            return _outside(((x, y), (x + width, y + height)))
        case RotatedBox(corners):
            if len(corners) != CORNERS:
                return "A rotated box has four corners."
            return _ring(corners)
        case Polygon(rings):
            if not 0 < len(rings) <= RINGS:
                return f"A polygon has 1 to {RINGS:,} rings."
            return next((reason for ring in rings if (reason := _ring(ring))), None)
        case Polyline(points):
            if not 2 <= len(points) <= RING_POINTS:  # noqa: PLR2004  a line has two ends
                return f"A polyline has 2 to {RING_POINTS:,} points."
            return _points(points)
        case Keypoints(points):
            if not 0 < len(points) <= KEYPOINTS:
                return f"There are 1 to {KEYPOINTS:,} keypoints."
            if any(visible not in (0, 1, 2) for _, _, visible in points):
                return "The visibility of a keypoint is 0, 1 or 2."
            if not _finite(value for point in points for value in point):
                return "A coordinate is not a finite number."
            return _outside([(x, y) for x, y, visible in points if visible])
        case Mask():
            return rle.check(geometry)
        case Classification():
            return None
        case _:
            assert_never(geometry)


def check_mask_size(geometry: Geometry, width: int | None, height: int | None) -> str | None:
    """Why a geometry is no mask of an image of this size; None if it is, for other shapes, and without a size."""
    if not isinstance(geometry, Mask) or not width or not height:
        return None
    if (geometry.width, geometry.height) == (width, height):
        return None
    return f"The mask has {geometry.width:,}×{geometry.height:,} pixels, but the image has {width:,}×{height:,}."


def check_outline(geometry: Geometry) -> str | None:
    """Why the outline of a polygon or rotated box is not one simple line; None if it is, and for other shapes."""
    match geometry:
        case RotatedBox(corners):
            return check_ring(corners)
        case Polygon(rings):
            return next((reason for ring in rings if (reason := check_ring(ring))), None)
        case _:
            return None


def bounds(geometry: Geometry) -> Box | None:
    """The smallest upright box around a geometry; None for a classification and an empty mask."""
    match geometry:
        case Box():
            return geometry
        case RotatedBox(points) | Polyline(points):
            return _bounds(points)
        case Polygon(rings):
            return _bounds([point for ring in rings for point in ring])
        case Keypoints(points):
            labelled = [(x, y) for x, y, visible in points if visible]
            return _bounds(labelled) if labelled else None
        case Mask():
            return rle.bounds(geometry)
        case Classification():
            return None
        case _:
            assert_never(geometry)


def corners(box: Box) -> tuple[Point, ...]:
    """The corners of a box, clockwise from the top left one."""
    right, bottom = box.x + box.width, box.y + box.height
    return ((box.x, box.y), (right, box.y), (right, bottom), (box.x, bottom))


def convert(geometry: Geometry, shape: Shape) -> tuple[Geometry, bool] | None:
    """A geometry as another shape, and whether nothing was lost; None if it cannot be one."""
    if shape_of(geometry) is shape:
        return geometry, True
    match geometry, shape:
        case Box(), Shape.ROTATED_BOX:
            return RotatedBox(corners(geometry)), True
        case Box(), Shape.POLYGON:
            return Polygon((corners(geometry),)), True
        case RotatedBox(points), Shape.POLYGON:
            return Polygon((points,)), True
        case Polygon((points,)), Shape.ROTATED_BOX if len(points) == CORNERS:
            return RotatedBox(points), True
        case ((RotatedBox() | Polygon() | Mask()), Shape.BOX):
            box = bounds(geometry)
            return None if box is None else (box, False)
        case _:
            return None


def choose(geometry: Geometry, also: Geometry | None, shape: Shape) -> tuple[Geometry, bool] | None:
    """As `convert`, of that of two geometries of one label that has the shape, else of the first."""
    return (also, True) if also is not None and shape_of(also) is shape else convert(geometry, shape)


def convert_to_any(geometry: Geometry, shapes: Sequence[Shape]) -> tuple[Geometry, bool] | None:
    """A geometry as it is if these shapes include its own, else as the first that keeps it whole, else as the first.

    None if it can be none of them.
    """
    if shape_of(geometry) in shapes:
        return geometry, True
    found = [made for shape in shapes if (made := convert(geometry, shape)) is not None]
    return next((made for made in found if made[1]), found[0] if found else None)


def scale(geometry: Geometry, by_x: float, by_y: float) -> Geometry:
    """A geometry with its coordinates multiplied: by the size of the image to get pixels, by 1/size for the reverse.

    Masks count pixels of their own.
    """

    def point(xy: Point) -> Point:
        return xy[0] * by_x, xy[1] * by_y

    return map_geometry(geometry, point, lambda box: scale_box(box, by_x, by_y))


def scale_box(box: Box, by_x: float, by_y: float) -> Box:
    """As `scale`."""
    return Box(box.x * by_x, box.y * by_y, box.width * by_x, box.height * by_y)


def relative(geometry: Geometry, width: float, height: float) -> Geometry:
    """A geometry in pixels of an image of this size as relative coordinates. Division keeps 1 exact."""

    def point(xy: Point) -> Point:
        return xy[0] / width, xy[1] / height

    def box(one: Box) -> Box:
        return Box(one.x / width, one.y / height, one.width / width, one.height / height)

    return map_geometry(geometry, point, box)


def map_geometry(geometry: Geometry, point: Callable[[Point], Point], box: Callable[[Box], Box]) -> Geometry:
    """A geometry whose points, or whose box, were changed. Masks stay as they are."""
    match geometry:
        case Box():
            return box(geometry)
        case RotatedBox(points):
            return RotatedBox(tuple(map(point, points)))
        case Polygon(rings):
            return Polygon(tuple(tuple(map(point, ring)) for ring in rings))
        case Polyline(points):
            return Polyline(tuple(map(point, points)))
        case Keypoints(points):
            return Keypoints(tuple((*point((x, y)), visible) for x, y, visible in points))
        case Mask() | Classification():
            return geometry
        case _:
            assert_never(geometry)


def _finite(values: Iterable[float]) -> bool:
    return all(map(math.isfinite, values))


def _points(points: Sequence[Point]) -> str | None:
    if not _finite(value for point in points for value in point):
        return "A coordinate is not a finite number."
    return _outside(points)


def _outside(points: Iterable[Point]) -> str | None:
    for x, y in points:
        if not (-EDGE <= x <= 1 + EDGE and -EDGE <= y <= 1 + EDGE):
            return f"A point is outside the image: {x:.4g}, {y:.4g} of its width and height."
    return None


def _ring(points: Sequence[Point]) -> str | None:
    if not _LEAST_RING <= len(points) <= RING_POINTS:
        return f"A ring of a polygon has {_LEAST_RING} to {RING_POINTS:,} points."
    reason = _points(points)
    if reason is None and _area(points) == 0.0:
        return "The polygon has no area."
    return reason


def _area(points: Sequence[Point]) -> float:
    """Twice the area if nothing crosses; 0 also for a symmetric figure of eight, which is no polygon either."""
    return abs(sum(x * points[i - 1][1] - points[i - 1][0] * y for i, (x, y) in enumerate(points)))


def _bounds(points: Sequence[Point]) -> Box:
    left, top = min(x for x, _ in points), min(y for _, y in points)
    return Box(left, top, max(x for x, _ in points) - left, max(y for _, y in points) - top)
