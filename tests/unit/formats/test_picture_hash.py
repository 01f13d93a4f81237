"""Pictures that look alike have hashes that differ in few bits, whatever the file is like."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import skimage
from PIL import Image, ImageEnhance, ImageOps

from mirrorlake.formats.picture_hash import picture_hash
from mirrorlake.processing.process import process_bytes

PHOTOS = [
    *(Path(skimage.__file__).parent / "data" / f"{name}.png" for name in ("astronaut", "chelsea", "coffee")),
    *(Path(skimage.__file__).parent / "data" / f"{name}.jpg" for name in ("rocket", "retina")),
]
NEAR = 8  # bits, as in the search


def _hash(picture: Image.Image, format_: str = "PNG", **options: object) -> int:
    file = BytesIO()
    picture.save(file, format_, **options)
    rendered = process_bytes(file.getvalue(), "a").rendered
    assert rendered is not None
    assert rendered.picture_hash is not None
    return rendered.picture_hash


def _distance(one: int, other: int) -> int:
    return ((one ^ other) & (2**64 - 1)).bit_count()


@pytest.fixture(scope="module")
def photos() -> list[Image.Image]:
    found = [Image.open(path).convert("RGB") for path in PHOTOS]
    for photo in found:
        photo.thumbnail((512, 512))  # still larger than any thumbnail, and written in a tenth of the time
    return found


def test_a_changed_copy_is_near_its_original(photos: list[Image.Image]):
    for photo in photos:
        original = _hash(photo)
        half = photo.resize((photo.width // 2, photo.height // 2))
        copies = [
            _hash(photo, "JPEG", quality=40),
            _hash(half, "WEBP", quality=60),
            _hash(ImageEnhance.Brightness(photo).enhance(1.2)),
            _hash(ImageEnhance.Contrast(photo).enhance(0.8)),
            _hash(ImageOps.grayscale(photo)),
            _hash(photo.resize((photo.width, int(photo.height * 0.9)))),
        ]
        assert max(_distance(original, copy) for copy in copies) <= NEAR


def test_other_pictures_are_far_apart(photos: list[Image.Image]):
    hashes = [_hash(photo) for photo in photos] + [_hash(ImageOps.mirror(photo)) for photo in photos]
    distances = [_distance(one, other) for place, one in enumerate(hashes) for other in hashes[:place]]
    assert min(distances) > NEAR


def test_a_hash_fits_a_signed_number_and_half_of_its_bits_are_set(photos: list[Image.Image]):
    for photo in photos:
        found = _hash(photo)
        assert -(2**63) <= found < 2**63
        assert (found & (2**64 - 1)).bit_count() == 32


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (12, 200, 90)])
def test_a_single_colour_has_no_hash(colour: tuple[int, int, int]):
    assert picture_hash(np.full((90, 120, 3), colour, np.uint8)) is None
    assert picture_hash(np.full((1, 1, 3), colour, np.uint8)) is None


def test_transparent_pixels_count_as_white(photos: list[Image.Image]):
    pixels = np.asarray(photos[0].resize((120, 90)))
    white, clear = pixels.copy(), np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
    white[:, 60:] = 255
    clear[:, 60:, 3] = 0
    assert picture_hash(clear) == picture_hash(white)
