"""Geometry: what can be stored, what crosses itself, and how shapes become others."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.label_files import GEOMETRIES

from mirrorlake.labels.documents import geometry_from_json, geometry_to_json
from mirrorlake.labels.geometry import (
    EDGE,
    bounds,
    check_geometry,
    check_mask_size,
    convert,
    convert_to_any,
    relative,
    scale,
    shape_of,
)
from mirrorlake.labels.records import BadLabels
from mirrorlake.model.labels import (
    Box,
    Classification,
    Geometry,
    Keypoints,
    Mask,
    Polygon,
    Polyline,
    RotatedBox,
    Shape,
)

any_geometry = st.sampled_from(list(Shape)).flatmap(lambda shape: GEOMETRIES[shape])
SQUARE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


@given(geometry=any_geometry)
def test_a_document_gives_the_geometry_back(geometry: Geometry) -> None:
    assert geometry_from_json(shape_of(geometry), geometry_to_json(geometry)) == geometry


@given(geometry=any_geometry, width=st.integers(1, 9000), height=st.integers(1, 9000))
def test_pixels_and_back_is_the_same(geometry: Geometry, width: int, height: int) -> None:
    again = bounds(relative(scale(geometry, width, height), width, height))
    before = bounds(geometry)
    if before is None or again is None:
        assert before == again
    else:
        for side in ("x", "y", "width", "height"):
            assert getattr(again, side) == pytest.approx(getattr(before, side), abs=1e-12)


@given(geometry=any_geometry, shape=st.sampled_from(list(Shape)))
def test_another_shape_keeps_the_box_around_it(geometry: Geometry, shape: Shape) -> None:
    made = convert(geometry, shape)
    if made is not None:
        assert shape_of(made[0]) is shape
        before, after = bounds(geometry), bounds(made[0])
        assert before is not None or isinstance(geometry, Classification)
        if before is not None and after is not None:
            for side in ("x", "y", "width", "height"):
                assert getattr(after, side) == pytest.approx(getattr(before, side), abs=1e-12)


@pytest.mark.parametrize(
    ("geometry", "part"),
    [
        (Box(0.1, 0.1, 0.0, 0.2), "no area"),
        (Box(0.1, 0.1, -0.1, 0.2), "no area"),
        (Box(math.nan, 0.1, 0.1, 0.2), "finite"),
        (Box(0.1, 0.1, math.inf, 0.2), "finite"),
        (Box(0.5, 0.5, 0.5 + 2 * EDGE, 0.1), "outside"),
        (Polygon(()), "rings"),
        (Polygon((SQUARE[:2],)), "points"),
        (Polygon((((0.1, 0.1), (0.2, 0.2), (0.3, 0.3)),)), "no area"),
        (Polygon((((0.1, 0.1), (0.2, 1.2), (0.3, 0.3)),)), "outside"),
        (RotatedBox(SQUARE[:3]), "four corners"),
        (Polyline(SQUARE[:1]), "2 to"),
        (Keypoints(()), "keypoints"),
        (Keypoints(((0.1, 0.1, 3),)), "visibility"),
        (Mask(2, 2, "4"), "empty"),
        (Mask(2, 2, "05"), "add up"),
        (Mask(2, 2, " "), "invalid character"),
        (Mask(0, 2, "0"), "size"),
    ],
)
def test_what_cannot_be_stored_is_refused_with_the_reason(geometry: Geometry, part: str) -> None:
    reason = check_geometry(geometry)
    assert reason is not None
    assert part in reason


@pytest.mark.parametrize("far", [-EDGE, 1 + EDGE])
def test_a_point_may_be_outside_by_the_tolerance(far: float) -> None:
    assert check_geometry(Polyline(((0.5, 0.5), (far, 0.5)))) is None


def test_a_keypoint_that_is_not_labelled_has_no_place() -> None:
    assert check_geometry(Keypoints(((0.5, 0.5, 2), (5.0, -7.0, 0)))) is None
    assert check_geometry(Keypoints(((0.5, 0.5, 2), (5.0, -7.0, 1)))) is not None
    assert check_geometry(Keypoints(((0.5, 0.5, 2), (math.nan, 0.0, 0)))) == "A coordinate is not a finite number."


def test_a_mask_has_the_size_of_its_image() -> None:
    mask = Mask(10, 10, "0T3")
    assert check_mask_size(mask, 10, 10) is check_mask_size(mask, None, None) is check_mask_size(Box(0, 0, 1, 1), 2, 2)
    assert check_mask_size(mask, 640, 480) == "The mask has 10×10 pixels, but the image has 640×480."


def test_a_shape_of_the_format_is_never_converted() -> None:
    box = Box(0.1, 0.1, 0.2, 0.2)
    assert convert_to_any(box, (Shape.POLYGON, Shape.BOX)) == (box, True)
    assert convert_to_any(box, (Shape.POLYGON,)) == (Polygon((((0.1, 0.1), *_rest(box)),)), True)
    assert convert_to_any(Polygon((SQUARE,)), (Shape.BOX,)) == (Box(0.0, 0.0, 1.0, 1.0), False)
    assert convert_to_any(Classification(), (Shape.BOX,)) is None


def _rest(box: Box) -> tuple[tuple[float, float], ...]:
    right, bottom = box.x + box.width, box.y + box.height
    return ((right, box.y), (right, bottom), (box.x, bottom))


@pytest.mark.parametrize(
    ("shape", "document"),
    [
        (Shape.BOX, {"x": 0, "y": 0, "width": 1}),
        (Shape.BOX, {"x": 0, "y": 0, "width": 1, "height": "1"}),
        (Shape.BOX, {"x": 0, "y": 0, "width": 1, "height": True}),
        (Shape.BOX, {"x": 0, "y": 0, "width": 1, "height": 1, "angle": 2}),
        (Shape.BOX, {"x": 0, "y": 0, "width": 1, "height": 10**400}),
        (Shape.POLYGON, {"rings": [[[0, 0, 0]]]}),
        (Shape.POLYGON, {"rings": 3}),
        (Shape.KEYPOINTS, {"points": [[0, 0]]}),
        (Shape.MASK, {"width": 1, "height": 1, "counts": 3}),
        (Shape.CLASSIFICATION, {"x": 1}),
    ],
)
def test_a_document_of_another_form_is_refused(shape: Shape, document: dict[str, object]) -> None:
    with pytest.raises(BadLabels):
        geometry_from_json(shape, document)
