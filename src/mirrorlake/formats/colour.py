"""Convert pixels of any colour model to sRGB."""

from __future__ import annotations

from typing import cast

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

Pixels = NDArray[np.uint8]  # height, width, bands


def to_srgb(image: pyvips.Image) -> tuple[Pixels, tuple[str, ...]]:
    """The pixels as 8-bit sRGB with 3 or 4 bands, and warnings. For small images: a profile needs all in memory.

    Raises UndecodableObject for channels that are no colours, and pyvips.Error for damaged pixels.
    """
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
