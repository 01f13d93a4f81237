"""Labels turn as Pillow turns the picture, and only where the stated size says that they have to."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps
from tests.support.label_files import GEOMETRIES, flat

from mirrorlake.labels.documents import geometry_to_json
from mirrorlake.labels.geometry import bounds, check_geometry, scale_box
from mirrorlake.labels.mask_pixels import from_pixels, resize, to_pixels
from mirrorlake.labels.records import BadLabels
from mirrorlake.labels.rle import encode_counts
from mirrorlake.labels.turning import Fit, PictureSize, fit, turn
from mirrorlake.model.labels import Box, Mask, Shape

WIDTH, HEIGHT = 8, 5
BACK = {6: 8, 8: 6}  # the orientation that undoes one; all others undo themselves
orientations = st.integers(1, 8)


def upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """What Pillow shows of a stored picture with this orientation."""
    picture = Image.fromarray(pixels.astype(np.uint8) * 255)
    picture.getexif()[0x0112] = orientation
    return np.asarray(ImageOps.exif_transpose(picture)) > 0


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_box_is_where_pillow_shows_its_pixels(orientation: int) -> None:
    stored = np.zeros((HEIGHT, WIDTH), bool)
    stored[1:3, 2:7] = True
    box = Box(2 / WIDTH, 1 / HEIGHT, 5 / WIDTH, 2 / HEIGHT)
    shown = upright(stored, orientation)
    rows, columns = np.nonzero(shown)
    height, width = shown.shape
    made = turn(box, orientation)
    assert isinstance(made, Box)
    found = scale_box(made, width, height)
    assert (found.x, found.y, found.x + found.width, found.y + found.height) == pytest.approx(
        (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    )


@given(GEOMETRIES[Shape.MASK], orientations)
def test_a_mask_turns_as_pillow_turns_its_pixels(mask: Mask, orientation: int) -> None:
    made = turn(mask, orientation)
    assert isinstance(made, Mask)
    assert (to_pixels(made) == upright(to_pixels(mask), orientation)).all()
    assert check_geometry(made) is None


@given(st.sampled_from(list(Shape)).flatmap(GEOMETRIES.__getitem__), orientations)
def test_to_turn_and_to_turn_back_changes_nothing(geometry, orientation: int) -> None:
    again = turn(turn(geometry, orientation), BACK.get(orientation, orientation))
    assert flat(geometry_to_json(again)) == pytest.approx(flat(geometry_to_json(geometry)), abs=1e-12)


@given(st.sampled_from([Shape.POLYGON, Shape.ROTATED_BOX]).flatmap(GEOMETRIES.__getitem__), orientations)
def test_the_box_around_a_turned_shape_is_the_turned_box(geometry, orientation: int) -> None:
    around = bounds(geometry)
    assert around is not None
    assert flat(geometry_to_json(bounds(turn(geometry, orientation)))) == pytest.approx(  # type: ignore[arg-type]
        flat(geometry_to_json(turn(around, orientation))), abs=1e-12
    )


@pytest.mark.parametrize(
    ("stated", "size", "orientation", "expected"),
    [
        ((640, 480), (480, 640), 6, Fit.STORED),
        ((640, 480), (480, 640), 5, Fit.STORED),
        ((320, 240), (480, 640), 8, Fit.STORED),  # a smaller copy of the stored picture
        ((480, 640), (480, 640), 6, Fit.UPRIGHT),
        ((240, 320), (480, 640), 6, Fit.UPRIGHT),
        ((640, 480), (480, 640), 1, Fit.OTHER),  # nothing exchanges the sides
        ((640, 480), (480, 640), 3, Fit.OTHER),
        ((640, 480), (640, 480), 3, Fit.UPRIGHT),  # nothing tells whether it stood on its head
        ((500, 100), (480, 640), 6, Fit.OTHER),
        ((1000, 999), (999, 1000), 6, Fit.STORED),  # nearly square: only equal sides tell
        ((500, 499), (999, 1000), 6, Fit.UPRIGHT),
        ((None, None), (480, 640), 6, Fit.UPRIGHT),
        ((640, 480), (0, 0), 6, Fit.UPRIGHT),
    ],
)
def test_the_stated_size_says_which_picture_was_labelled(stated, size, orientation: int, expected: Fit) -> None:
    picture = PictureSize(width=size[0], height=size[1], orientation=orientation)
    assert fit(stated, picture) is expected


def test_a_size_fits_a_picture_that_is_not_known() -> None:
    assert fit((640, 480), None) is Fit.UPRIGHT


@given(GEOMETRIES[Shape.MASK])
def test_a_mask_of_pixels_is_the_same_mask(mask: Mask) -> None:
    assert from_pixels(to_pixels(mask)) == Mask(mask.width, mask.height, from_pixels(to_pixels(mask)).counts)
    assert (to_pixels(from_pixels(to_pixels(mask))) == to_pixels(mask)).all()


@given(GEOMETRIES[Shape.MASK], st.integers(1, 4), st.integers(1, 4))
def test_a_larger_mask_repeats_its_pixels_and_comes_back(mask: Mask, wide: int, high: int) -> None:
    larger = resize(mask, mask.width * wide, mask.height * high)
    assert (to_pixels(larger) == to_pixels(mask).repeat(high, axis=0).repeat(wide, axis=1)).all()
    assert (to_pixels(resize(larger, mask.width, mask.height)) == to_pixels(mask)).all()


@pytest.mark.parametrize("counts", [[0, 2**50], [0, 1], [9, -5, 16], [20]])
def test_a_mask_whose_runs_are_not_its_size_is_refused_before_it_fills_the_memory(counts: list[int]) -> None:
    with pytest.raises(BadLabels):
        turn(Mask(4, 5, encode_counts(counts)), 6)
