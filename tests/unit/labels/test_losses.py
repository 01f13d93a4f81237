"""What an export says that labels lose is what they lose: all others come back as they were."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.label_files import CLASSES, read_labels, write_labels

from mirrorlake.labels.losses import Losses, losses_of
from mirrorlake.labels.records import ImageLabels, Label
from mirrorlake.labels.registry import FORMATS
from mirrorlake.model.assets import Scalar
from mirrorlake.model.labels import Box, Classification, Geometry, Keypoints, Polygon, RotatedBox, Shape

NAME = CLASSES[0].name
SIZE = (640, 480)
RING = ((0.1, 0.1), (0.4, 0.1), (0.4, 0.4))
OTHER = ((0.6, 0.6), (0.9, 0.6), (0.9, 0.9))
WITH_POLYGONS = [name for name, one in FORMATS.items() if Shape.POLYGON in one.shapes]
WITH_POINTS = [name for name, one in FORMATS.items() if Shape.KEYPOINTS in one.shapes]
NAMES = ["occluded", "truncated", "pose", "group_id", "description", "objectHash", "iscrowd", "note"]
VALUES = st.sampled_from([True, 1, "a", "b"])


def there_and_back(name: str, geometry: Geometry, attributes: Mapping[str, Scalar] | None = None) -> list[Label]:
    label = Label(class_name=NAME, geometry=geometry, attributes=attributes or {})
    image = ImageLabels(path="a.jpg", width=SIZE[0], height=SIZE[1], labels=(label,))
    images, problems = read_labels(FORMATS[name], write_labels(FORMATS[name], [image], CLASSES))
    assert not problems
    return [label for image in images for label in image.labels]


def losses(name: str, geometry: Geometry, attributes: Mapping[str, Scalar] | None = None) -> Losses:
    return losses_of(Label(class_name=NAME, geometry=geometry, attributes=attributes or {}), FORMATS[name].abilities)


@pytest.mark.parametrize("name", WITH_POLYGONS)
@pytest.mark.parametrize("rings", [(RING,), (RING, OTHER)])
def test_a_polygon_is_split_where_that_is_counted(
    name: str, rings: tuple[tuple[tuple[float, float], ...], ...]
) -> None:
    assert (len(there_and_back(name, Polygon(rings))) > 1) == losses(name, Polygon(rings)).split


@pytest.mark.parametrize("name", WITH_POINTS)
@given(seen=st.lists(st.sampled_from([0, 1, 2]), min_size=1, max_size=4).filter(any))
@settings(max_examples=20, deadline=None)
def test_keypoints_lose_what_is_counted(name: str, seen: list[int]) -> None:
    points = Keypoints(tuple((0.1 * i, 0.5, each) if each else (0.0, 0.0, 0) for i, each in enumerate(seen, 1)))
    found, lost = there_and_back(name, points), losses(name, points)
    assert (len(found) > 1) == lost.split
    if not lost.split:
        (label,) = found
        assert isinstance(label.geometry, Keypoints)
        assert ([each for _, _, each in label.geometry.points] != seen) == lost.visibility


@pytest.mark.parametrize("name", FORMATS)
@given(attributes=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=3))
@settings(max_examples=30, deadline=None)
def test_attributes_are_lost_where_that_is_counted(name: str, attributes: dict[str, Scalar]) -> None:
    turned = RotatedBox(((0, 0), (1, 0), (1, 1), (0, 1)))
    geometry = Box(0.1, 0.1, 0.2, 0.2) if Shape.BOX in FORMATS[name].shapes else turned
    (label,) = there_and_back(name, geometry, attributes)
    came_back = all(label.attributes.get(key) == value for key, value in attributes.items())
    assert came_back != losses(name, geometry, attributes).attributes


@pytest.mark.parametrize("name", ["labelme", "encord", "dataloop", "label-studio"])
def test_attributes_of_a_classification_are_lost_where_that_is_counted(name: str) -> None:
    attributes: dict[str, Scalar] = {"objectHash": "x"}
    (label,) = there_and_back(name, Classification(), attributes)
    assert (dict(label.attributes) != attributes) == losses(name, Classification(), attributes).attributes


@pytest.mark.parametrize("text", ["=x", "'=x", "''=x", "'x", "x", "@a", "'"])
def test_a_class_of_a_csv_file_comes_back_as_it_was(text: str) -> None:
    image = ImageLabels(path="a.jpg", width=9, height=9, labels=(Label(class_name=text, geometry=Box(0, 0, 1, 1)),))
    files = write_labels(FORMATS["csv"], [image], [])
    (again,), problems = read_labels(FORMATS["csv"], files)
    assert (problems, [label.class_name for label in again.labels]) == ([], [text])
    assert b",=" not in files["annotations.csv"]


@pytest.mark.parametrize("name", ["label-studio", "encord"])
@pytest.mark.parametrize("way", [1, -1])
def test_the_corners_of_a_rotated_box_may_go_either_way_round(name: str, way: int) -> None:
    # A square on its corner, in pixels.
    pixels = [(320, 140), (420, 240), (320, 340), (220, 240)][::way]
    corners = tuple((x / SIZE[0], y / SIZE[1]) for x, y in pixels)
    (label,) = there_and_back(name, RotatedBox(corners))
    assert isinstance(label.geometry, RotatedBox)
    found = sorted((round(x * SIZE[0]), round(y * SIZE[1])) for x, y in label.geometry.corners)
    assert found == sorted(pixels)
