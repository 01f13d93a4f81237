"""Geometries as JSON documents, for the catalog, REST and the SDK. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, assert_never, cast

from mirrorlake.labels.records import BadLabels
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


def geometry_to_json(geometry: Geometry) -> dict[str, Any]:
    """The document of a geometry."""
    match geometry:
        case Box(x, y, width, height):
            return {"x": x, "y": y, "width": width, "height": height}
        case RotatedBox(corners):
            return {"corners": [list(point) for point in corners]}
        case Polygon(rings):
            return {"rings": [[list(point) for point in ring] for ring in rings]}
        case Polyline(points):
            return {"points": [list(point) for point in points]}
        case Keypoints(points):
            return {"points": [list(point) for point in points]}
        case Mask(width, height, counts):
            return {"width": width, "height": height, "counts": counts}
        case Classification():
            return {}
        case _:
            assert_never(geometry)


def geometry_from_json(shape: Shape, document: Mapping[str, Any]) -> Geometry:
    """The geometry of a document. Raises BadLabels if a member is missing, unknown or of another type."""
    geometry: Geometry
    match shape:
        case Shape.BOX:
            _only(document, "x", "y", "width", "height")
            geometry = Box(*(_number(document, name) for name in ("x", "y", "width", "height")))
        case Shape.ROTATED_BOX:
            _only(document, "corners")
            geometry = RotatedBox(_points(document["corners"]))
        case Shape.POLYGON:
            _only(document, "rings")
            geometry = Polygon(tuple(_points(ring) for ring in _list(document["rings"])))
        case Shape.POLYLINE:
            _only(document, "points")
            geometry = Polyline(_points(document["points"]))
        case Shape.KEYPOINTS:
            _only(document, "points")
            triples = [_numbers(point, 3) for point in _list(document["points"])]
            geometry = Keypoints(tuple((x, y, _whole(visible)) for x, y, visible in triples))
        case Shape.MASK:
            _only(document, "width", "height", "counts")
            counts = document["counts"]
            if not isinstance(counts, str):
                raise BadLabels("counts is not a text.")
            geometry = Mask(_whole(_number(document, "width")), _whole(_number(document, "height")), counts)
        case Shape.CLASSIFICATION:
            _only(document)
            geometry = Classification()
        case _:
            assert_never(shape)
    return geometry


def _only(document: Mapping[str, Any], *names: str) -> None:
    missing = [name for name in names if name not in document]
    unknown = [name for name in document if name not in names]
    if missing or unknown:
        expected = ", ".join(names) or "no members"
        raise BadLabels(f"The geometry has {', '.join(document) or 'no members'}; expected are {expected}.")


def _list(value: object) -> Sequence[object]:
    if not isinstance(value, list | tuple):
        raise BadLabels("Points are not a list.")
    return cast("Sequence[object]", value)


def _points(value: object) -> tuple[Point, ...]:
    pairs = [_numbers(point, 2) for point in _list(value)]
    return tuple((x, y) for x, y in pairs)


def _numbers(value: object, count: int) -> tuple[float, ...]:
    values = _list(value)
    if len(values) != count:
        raise BadLabels(f"A point does not have {count} numbers.")
    return tuple(_as_number(one) for one in values)


def _number(document: Mapping[str, Any], name: str) -> float:
    return _as_number(document[name])


def _as_number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadLabels("A coordinate is not a number.")
    try:
        made = float(value)
    except OverflowError:
        raise BadLabels("A coordinate is too large.") from None
    if not math.isfinite(made):
        raise BadLabels("A coordinate is not a finite number.")
    return made


def _whole(value: float) -> int:
    if value != int(value):
        raise BadLabels("The size of a mask and the visibility of a keypoint are whole numbers.")
    return int(value)
