"""Masks as arrays of pixels, to turn them and to give them another size. Pure."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from mirrorlake.labels.rle import decode_counts, encode_counts
from mirrorlake.model.labels import Mask

PIXELS_LIMIT = 500_000_000  # of one mask; each needs a byte while it is changed
Pixels: TypeAlias = npt.NDArray[np.bool_]


def to_pixels(mask: Mask) -> Pixels:
    """The pixels of a mask, by row and column."""
    counts = decode_counts(mask.counts)
    values = np.repeat(np.arange(len(counts)) % 2 == 1, counts)
    return values.reshape((mask.height, mask.width), order="F")


def from_pixels(pixels: Pixels) -> Mask:
    """The mask of these pixels."""
    values = pixels.ravel(order="F")
    changes = np.flatnonzero(values[1:] != values[:-1]) + 1
    runs: list[int] = np.diff(np.concatenate([[0], changes, [len(values)]])).tolist()
    height, width = pixels.shape
    return Mask(width, height, encode_counts([0, *runs] if values[0] else runs))


def can_change(mask: Mask, width: int, height: int) -> bool:
    """Whether a mask, and what it is made to, fit in memory."""
    return max(mask.width * mask.height, width * height) <= PIXELS_LIMIT


def resize(mask: Mask, width: int, height: int) -> Mask:
    """The mask in another size: each pixel is the one at its centre before."""
    if (mask.width, mask.height) == (width, height):
        return mask
    rows = (2 * np.arange(height) + 1) * mask.height // (2 * height)
    columns = (2 * np.arange(width) + 1) * mask.width // (2 * width)
    return from_pixels(to_pixels(mask)[rows][:, columns])
