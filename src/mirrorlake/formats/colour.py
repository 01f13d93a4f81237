"""Convert pixels of any colour model to sRGB."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pyvips
from numpy.typing import NDArray

from mirrorlake.core.text import count_noun
from mirrorlake.formats.stages import Stage, UndecodableObject

PROFILE = "icc-profile-data"  # libvips' name of the field

_PROFILE_HEAD = 4096  # bytes of a colour profile that hold its description
_SRGB_NAMES = (b"sRGB", "sRGB".encode("utf-16-be"))
_SPACE_AT, _MARK_AT = 16, 36  # where a profile has its colour model and its mark
_INKS = 4
_BYTES = frozenset({"uchar", "ushort"})  # formats whose range is that of the type
_NUMBERS = {"char": "i1", "short": "i2", "uint": "u4", "int": "i4", "float": "f4", "double": "f8"}
_OVERSHOOT = 0.1  # of scaled edges
_SMALL = 0.1  # a brightness below which a picture of floats would be black

Pixels = NDArray[np.uint8]  # height, width, bands


def to_srgb(image: pyvips.Image) -> tuple[Pixels, tuple[str, ...]]:
    """The pixels as 8-bit sRGB with 3 or 4 bands, and warnings. For small images: a profile needs all in memory.

    Raises UndecodableObject for channels that are no colours, and pyvips.Error for damaged pixels.
    """
    if str(image.format) not in _BYTES or image.interpretation == "scrgb":
        image = _in_range(image)
    profile = _profile(image)
    warnings: tuple[str, ...] = ()
    if profile is not None and not any(name in profile[:_PROFILE_HEAD] for name in _SRGB_NAMES):
        if _fits(profile, image):
            # As image editors do it. Without compensation, the black of a print would be dark grey.
            image = image.icc_transform("srgb", embedded=True, intent="relative", black_point_compensation=True)
        else:
            # libvips would use another one in its place.
            warnings = ("the colour profile could not be used; colours may be wrong",)
    if image.interpretation == "cmyk":
        if image.format == "ushort":
            image = image.cast("uchar", shift=True)
        return _from_inks(to_array(image)), warnings
    bands = int(image.bands)
    if image.interpretation != "srgb":
        image = image.colourspace("srgb")
    if image.format != "uchar":
        image = image.cast("uchar")
    if image.bands not in {3, 4}:
        raise UndecodableObject(
            Stage.DECODE, f"the image has {count_noun(bands, 'channel')}, which is not a colour image"
        )
    return to_array(image), warnings


def _in_range(image: pyvips.Image) -> pyvips.Image:
    """Numbers as 8 bits: floats from 0 to 1 by this range, and all others from the least to the greatest there is."""
    kind = _NUMBERS.get(str(image.format))
    if kind is None:
        return image
    found = np.frombuffer(image.write_to_memory(), kind).reshape(image.height, image.width, image.bands)
    colours = int(image.bands) - int(image.hasalpha())
    low, high = _extent(found[..., :colours])
    unit = found.dtype.kind == "f" and low >= -_OVERSHOOT and _SMALL <= high <= 1 + _OVERSHOOT
    if unit and image.interpretation == "scrgb":  # light, which libvips converts; its pixels can be read only once
        light = np.nan_to_num(found).data
        return pyvips.Image.new_from_memory(light, image.width, image.height, image.bands, image.format).copy(
            interpretation="scrgb"
        )
    scaled = _to_bytes(found, 0.0 if unit else low, 1.0 if unit else high)
    if image.hasalpha():
        scaled[..., colours:] = _to_bytes(found[..., colours:], 0.0, max(_extent(found[..., colours:])[1], 1.0))
    pixels = pyvips.Image.new_from_memory(scaled.data, image.width, image.height, image.bands, "uchar")
    return pixels.copy(interpretation="b-w" if colours == 1 else "srgb")


def _extent(found: NDArray[Any]) -> tuple[float, float]:
    """The least and the greatest number; 0 without any."""
    some = found[np.isfinite(found)]
    return (float(some.min()), float(some.max())) if some.size else (0.0, 0.0)


def _to_bytes(found: NDArray[Any], low: float, high: float) -> Pixels:
    span = high - low
    if not 0 < span < float("inf"):
        return np.full(found.shape, 255 * (low != 0), np.uint8)
    numbers = np.nan_to_num((found.astype(np.float64) - low) / span, nan=0.0)
    return np.round(numbers.clip(0.0, 1.0) * 255).astype(np.uint8)


def _profile(image: pyvips.Image) -> bytes | None:
    profile = cast("object", image.get(PROFILE)) if image.get_typeof(PROFILE) else None
    return profile if isinstance(profile, bytes) else None


def _fits(profile: bytes, image: pyvips.Image) -> bool:
    """Whether the profile is complete, and for the colour model of the image."""
    space = {"cmyk": b"CMYK", "b-w": b"GRAY", "grey16": b"GRAY"}.get(str(image.interpretation), b"RGB ")
    complete = profile[_MARK_AT : _MARK_AT + 4] == b"acsp" and int.from_bytes(profile[:4], "big") <= len(profile)
    return complete and profile[_SPACE_AT : _SPACE_AT + 4] == space


def to_array(image: pyvips.Image) -> Pixels:
    """The pixels of an 8-bit image; decodes them if necessary."""
    return np.frombuffer(image.write_to_memory(), np.uint8).reshape(image.height, image.width, image.bands)


def _from_inks(cmyk: Pixels) -> Pixels:
    """Colours of inks without a profile: each ink takes its share of the light, as in browsers and image libraries."""
    paper = 255 - cmyk.astype(np.uint16)
    return ((paper[..., : _INKS - 1] * paper[..., _INKS - 1 :] + 127) // 255).astype(np.uint8)
