"""What a format can express comes back as it was, to a thousandth of a pixel."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.label_files import CLASSES, flat, image_lists, read_labels, write_labels

from mirrorlake.labels.documents import geometry_to_json
from mirrorlake.labels.geometry import scale
from mirrorlake.labels.losses import losses_of
from mirrorlake.labels.records import ImageLabels
from mirrorlake.labels.registry import FORMATS, LabelFormat
from mirrorlake.model.labels import Geometry

PIXELS = 0.001
# Formats that name images only where they have labels.
WITHOUT_EMPTY = {"csv"}


def in_pixels(geometry: Geometry, image: ImageLabels) -> list[object]:
    made = geometry if image.pixels else scale(geometry, image.width or 1, image.height or 1)
    return flat(geometry_to_json(made))


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_labels_come_back_to_a_thousandth_of_a_pixel(name: str, data: st.DataObject) -> None:
    one = FORMATS[name]
    images = [_kept_whole(image, one) for image in data.draw(image_lists(one.shapes))]
    files = write_labels(one, images, CLASSES)
    found, problems = read_labels(one, files)
    assert not problems
    expected = {image.path: image for image in images if image.labels or name not in WITHOUT_EMPTY}
    back = {image.path if image.suffixed else f"{image.path.removeprefix('images/')}.jpg": image for image in found}
    assert back.keys() == expected.keys()
    for path, image in expected.items():
        wanted = sorted((label.class_name, type(label.geometry).__name__) for label in image.labels)
        assert sorted((label.class_name, type(label.geometry).__name__) for label in back[path].labels) == wanted
        order = [label for label in image.labels if label.geometry != _whole(label.geometry)]
        got = [label for label in back[path].labels if label.geometry != _whole(label.geometry)]
        for label, again in zip(order, got, strict=True):
            size = replace(image, pixels=back[path].pixels)
            assert in_pixels(again.geometry, size) == pytest.approx(in_pixels(label.geometry, image), abs=PIXELS)


def _kept_whole(image: ImageLabels, one: LabelFormat) -> ImageLabels:
    """The image with those of its labels that the format does not split."""
    return replace(image, labels=tuple(label for label in image.labels if not losses_of(label, one.abilities).split))


def _whole(geometry: Geometry) -> Geometry | None:
    """A classification, which formats write apart from the others."""
    return geometry if not geometry_to_json(geometry) else None
