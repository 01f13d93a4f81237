"""Small pictures keep their colours in the thumbnail; large ones stay small files."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from tests.support.images import encoded, pixels, scene

from mirrorlake.formats.thumbnail import LOSSLESS_PIXELS, upright
from mirrorlake.processing.process import process_bytes


def dots(width: int, height: int) -> Image.Image:
    """Single red and blue pixels on green: what halving the resolution of colours destroys."""
    chosen = np.random.default_rng(1).integers(0, 3, (height, width))
    return Image.fromarray(np.array([(220, 20, 20), (20, 200, 20), (20, 20, 220)], np.uint8)[chosen])


@pytest.mark.parametrize("size", [(1, 1), (16, 16), (32, 24), (96, 96), (28, 320)])
@pytest.mark.parametrize("encoder", ["png", "bmp", "webp-lossless"])
def test_a_small_picture_is_kept_as_it_is(encoder: str, size: tuple[int, int]):
    looked = process_bytes(encoded(dots(*size), encoder), "a")
    assert np.array_equal(pixels(looked.rendered.thumbnail), np.asarray(dots(*size), np.float64))


def test_a_small_photograph_takes_no_more_than_a_full_thumbnail():
    noise = np.random.default_rng(2).normal(0, 4, (2000, 2000, 3))
    photograph = Image.fromarray(np.clip(np.asarray(scene(2000, 2000)) + noise, 0, 255).astype(np.uint8))
    side = int(LOSSLESS_PIXELS**0.5)
    small = process_bytes(encoded(photograph.resize((side, side)), "png"), "a").rendered
    assert len(small.thumbnail) < 20_000


def test_a_large_picture_is_lossy():
    thumbnail = process_bytes(encoded(dots(320, 320), "png"), "a").rendered.thumbnail
    assert b"VP8 " in thumbnail[:40]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turning_is_that_of_exif(orientation: int):
    turnings = {
        1: lambda one: one,
        2: np.fliplr,
        3: lambda one: np.rot90(one, 2),
        4: np.flipud,
        5: lambda one: one.swapaxes(0, 1),
        6: lambda one: np.rot90(one, -1),
        7: lambda one: np.rot90(one.swapaxes(0, 1), 2),
        8: np.rot90,
    }
    stored = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)
    assert np.array_equal(upright(stored, orientation), turnings[orientation](stored))
