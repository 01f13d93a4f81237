"""The placeholder is a ThumbHash that every other implementation can show."""

from __future__ import annotations

import numpy as np
import pytest

from mirrorlake.formats.placeholder import placeholder

# Made by an independent implementation (thumbhash-python 1.0.1) from the picture that `_pattern` draws.
_VECTORS = [
    (40, 25, False, "59e80d14967077777088788788878c7018f778"),
    (25, 40, False, "95a7092c148017870888889848a8888f30a8f8"),
    (30, 30, True, "5bc8850d0a37a387b0888788685ba041fa8570778688777887"),
    (100, 7, False, "d6c60a418a00547a75888787fa8608c687"),
    (1, 1, False, "000802070000000000000000000000000000000000000000"),
]


def _pattern(width: int, height: int, *, alpha: bool) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    opacity = (x * 7 + y) % 256 if alpha else np.full_like(x, 255)
    return np.stack([x * 5 % 256, y * 9 % 256, (x + y) * 3 % 256, opacity], axis=2).astype(np.uint8)


def _nibbles(data: bytes) -> np.ndarray:
    both = np.frombuffer(data, np.uint8)
    return np.stack([both & 15, both >> 4], axis=1).ravel().astype(int)


@pytest.mark.parametrize(("width", "height", "alpha", "expected"), _VECTORS)
def test_equals_another_implementation_up_to_the_rounding_of_halves(
    width: int,
    height: int,
    alpha: bool,  # noqa: FBT001  a parameter of the test
    expected: str,
):
    made, wanted = placeholder(_pattern(width, height, alpha=alpha)), bytes.fromhex(expected)
    head = 6 if alpha else 5
    assert made[:head] == wanted[:head]
    assert len(made) == len(wanted)
    assert np.abs(_nibbles(made[head:]) - _nibbles(wanted[head:])).max() <= 1


def test_the_average_colour_stands_in_its_first_bytes():
    orange = np.full((10, 10, 4), (255, 128, 0, 255), np.uint8)
    head = int.from_bytes(placeholder(orange)[:3], "little")
    light, p, q = (head & 63) / 63, (head >> 6 & 63) / 31.5 - 1, (head >> 12 & 63) / 31.5 - 1
    blue = light - 2 / 3 * p
    red = (3 * light - blue + q) / 2
    assert red == pytest.approx(1, abs=0.06)
    assert red - q == pytest.approx(0.5, abs=0.06)
    assert blue == pytest.approx(0, abs=0.06)


def test_a_fully_transparent_picture_has_one_too():
    assert len(placeholder(np.zeros((8, 8, 4), np.uint8))) >= 6


@pytest.mark.parametrize("shape", [(321, 10, 4), (10, 321, 3), (0, 4, 4), (4, 4, 2)])
def test_other_shapes_are_refused(shape: tuple[int, ...]):
    with pytest.raises(ValueError, match="a placeholder needs"):
        placeholder(np.zeros(shape, np.uint8))
