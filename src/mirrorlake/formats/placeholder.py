"""An image in about 25 bytes: a blur of its colours, shown until the thumbnail is loaded.

The format is ThumbHash (Evan Wallace, https://evanw.github.io/thumbhash/, MIT): a discrete cosine transform of the
luminance, two colour differences and the alpha channel, if any, with four bits per coefficient. Pure Python packages
take tens of milliseconds per image; three matrix products take about a tenth of a millisecond.
"""

from __future__ import annotations

from functools import lru_cache
from math import floor

import numpy as np
from numpy.typing import NDArray

MAX_SIDE = 320  # pixels: the size of a thumbnail; more pixels would not change the blur
_ORDER = 7  # cosines per side, the most that the format stores

_Floats = NDArray[np.floating]


def placeholder(pixels: NDArray[np.uint8]) -> bytes:
    """The ThumbHash of upright pixels (height, width, 3 or 4) with straight alpha.

    Raises ValueError for an image that is empty, larger than MAX_SIDE, or of another shape.
    """
    height, width, channels = pixels.shape
    if channels not in {3, 4} or not 0 < max(height, width) <= MAX_SIDE or min(height, width) == 0:
        raise ValueError(f"a placeholder needs 1 to {MAX_SIDE} pixels per side in RGB or RGBA, not {pixels.shape}")
    has_alpha = channels == 4 and bool((pixels[..., 3] < 255).any())  # noqa: PLR2004  opaque
    limit = 5 if has_alpha else 7  # with alpha, luminance has fewer coefficients
    lx = max(1, _round(limit * width / max(width, height)))
    ly = max(1, _round(limit * height / max(width, height)))
    spectrum = _spectrum_with_alpha(pixels) if has_alpha else _spectrum(pixels[..., :3])

    l_dc, l_ac, l_scale = _channel(spectrum[0], max(3, lx), max(3, ly))
    p_dc, p_ac, p_scale = _channel(spectrum[1], 3, 3)
    q_dc, q_ac, q_scale = _channel(spectrum[2], 3, 3)
    landscape = width > height
    first = (
        _round(63 * l_dc)
        | _round(31.5 + 31.5 * p_dc) << 6
        | _round(31.5 + 31.5 * q_dc) << 12
        | _round(31 * l_scale) << 18
        | has_alpha << 23
    )
    second = (ly if landscape else lx) | _round(63 * p_scale) << 3 | _round(63 * q_scale) << 9 | landscape << 15
    head = first.to_bytes(3, "little") + second.to_bytes(2, "little")
    coefficients = [l_ac, p_ac, q_ac]
    if has_alpha:
        a_dc, a_ac, a_scale = _channel(spectrum[3], 5, 5)
        head += bytes([_round(15 * a_dc) | _round(15 * a_scale) << 4])
        coefficients.append(a_ac)
    return head + _nibbles(np.concatenate(coefficients))


def _spectrum(rgb: NDArray[np.uint8]) -> _Floats:
    """The spectra of luminance, yellow minus blue and red minus green, computed from those of the colours.

    All columns of all colours in one product; single precision is far finer than four bits per coefficient.
    """
    height, width, colours = rgb.shape
    columns = rgb.reshape(height, width * colours).astype(np.float32)
    rows = (_cosines(height) @ columns).reshape(_ORDER, width, colours)
    red, green, blue = np.moveaxis(rows, 2, 0) @ (_cosines(width).T / 255)
    return np.stack([(red + green + blue) / 3, (red + green) / 2 - blue, red - green])


def _spectrum_with_alpha(rgba: NDArray[np.uint8]) -> _Floats:
    """The same spectra and that of alpha. Transparent pixels get the average colour."""
    rgb = np.moveaxis(rgba[..., :3], 2, 0) / 255
    alpha = rgba[..., 3] / 255
    weight = float(alpha.sum())
    average: _Floats = (rgb * alpha).sum(axis=(1, 2)) / weight if weight else np.zeros(3)
    red, green, blue = average[:, None, None] * (1 - alpha) + rgb * alpha
    planes = np.stack([(red + green + blue) / 3, (red + green) / 2 - blue, red - green, alpha])
    return _cosines(rgba.shape[0]) @ planes @ _cosines(rgba.shape[1]).T


def _channel(spectrum: _Floats, nx: int, ny: int) -> tuple[float, _Floats, float]:
    """The mean of one plane, its coefficients from 0 to 1 around 0.5, and the largest of them before that."""
    rows, columns = _triangle(nx, ny)
    ac = spectrum[rows, columns]
    scale = float(np.abs(ac).max())
    return float(spectrum[0, 0]), (0.5 + 0.5 / scale * ac if scale else ac), scale


@lru_cache(maxsize=64)
def _triangle(nx: int, ny: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The positions of the low frequencies of a plane, row by row, without its mean."""
    places = [(cy, cx) for cy in range(ny) for cx in range(nx) if cx * ny < nx * (ny - cy)][1:]
    return np.array([cy for cy, _ in places]), np.array([cx for _, cx in places])


@lru_cache(maxsize=MAX_SIDE)
def _cosines(length: int) -> NDArray[np.float32]:
    waves = np.cos(np.pi / length * np.outer(np.arange(_ORDER), np.arange(length) + 0.5))
    return (waves / length).astype(np.float32)


def _nibbles(values: _Floats) -> bytes:
    quantised = np.floor(15 * values + 0.5).astype(np.uint8)
    if quantised.size % 2:
        quantised = np.append(quantised, np.uint8(0))
    return (quantised[0::2] | quantised[1::2] << 4).tobytes()


def _round(value: float) -> int:
    # Halves are rounded up, as in the reference implementation; Python's round would round to even.
    return floor(value + 0.5)
