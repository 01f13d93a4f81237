"""A hash of what a picture shows, in 64 bits: pictures that look alike have hashes that differ in few bits.

The bits are the signs of the lowest frequencies of the luminance, as in pHash: scaling, another format, and small
changes of brightness and contrast leave most of them as they are. The frequencies are taken from the pixels of the
thumbnail by two small matrix products, so that nothing is decoded or scaled again.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

BITS = 64
FLAT = 0.25  # of 255, the mean strength of the frequencies: less is a single colour, whose bits would be noise
_ORDER = 11  # frequencies per side; 65 pairs of them have a sum from 1 to 10
_ALPHA_BANDS = 4
_LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)
_PAIRS = sorted(((y, x) for y in range(_ORDER) for x in range(_ORDER) if 0 < x + y < _ORDER), key=sum)
_ROWS, _COLUMNS = (np.array([pair[axis] for pair in _PAIRS[:BITS]]) for axis in (0, 1))


def picture_hash(pixels: NDArray[np.uint8]) -> int | None:
    """The hash of upright pixels (height, width, 3 or 4), as a signed number.

    None for a picture of a single colour, or of fewer than 11 pixels a side. Transparent pixels count as white.
    """
    if min(pixels.shape[:2]) < _ORDER:
        return None
    luminance = pixels[..., :3] @ _LUMINANCE
    if pixels.shape[2] == _ALPHA_BANDS:
        alpha = pixels[..., 3] / np.float32(255)
        luminance = luminance * alpha + 255 * (1 - alpha)
    height, width = luminance.shape
    spectrum = _cosines(height) @ luminance @ _cosines(width).T
    found = spectrum[_ROWS, _COLUMNS]
    if float(np.abs(found).mean()) < FLAT:
        return None
    bits = found > np.median(found)
    return int.from_bytes(np.packbits(bits).tobytes(), signed=True)


@lru_cache(maxsize=512)
def _cosines(length: int) -> NDArray[np.float32]:
    waves = np.cos(np.pi / length * np.outer(np.arange(_ORDER), np.arange(length) + 0.5))
    return (waves / length).astype(np.float32)
