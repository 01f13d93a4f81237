"""Masks are read and written as pycocotools does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from pycocotools import mask as coco
from tests.support.label_files import masks

from mirrorlake.labels import rle
from mirrorlake.model.labels import Mask

# pycocotools is older than the newest numpy.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def pixels(mask: Mask) -> np.ndarray:
    return coco.decode({"size": [mask.height, mask.width], "counts": mask.counts.encode()})


@given(mask=masks)
def test_a_mask_has_the_pixels_area_and_box_that_pycocotools_finds(mask: Mask) -> None:
    found = pixels(mask)
    encoded = {"size": [mask.height, mask.width], "counts": mask.counts.encode()}
    assert rle.area(mask) == int(coco.area(encoded)) == int(found.sum())
    box = rle.bounds(mask)
    assert box is not None
    columns, rows = np.flatnonzero(found.any(axis=0)), np.flatnonzero(found.any(axis=1))
    expected = (columns[0], rows[0], columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1)
    sides = (box.x * mask.width, box.y * mask.height, box.width * mask.width, box.height * mask.height)
    assert sides == pytest.approx(expected)
    assert rle.check(mask) is None


@given(mask=masks)
def test_run_lengths_come_back_as_pycocotools_writes_them(mask: Mask) -> None:
    again = coco.encode(np.asfortranarray(pixels(mask)))["counts"].decode()
    assert rle.encode_counts(rle.decode_counts(again)) == again
    assert rle.decode_counts(again) == rle.decode_counts(mask.counts)


def test_a_number_that_never_ends_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        rle.decode_counts("o" * 1000)
    with pytest.raises(ValueError, match="end within"):
        rle.decode_counts("o")
