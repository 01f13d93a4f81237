"""Hand pixels that Pillow decoded to libvips, which makes the thumbnail."""

from __future__ import annotations

import struct

import pyvips
from PIL import Image

from mirrorlake.formats.colour import PROFILE
from mirrorlake.formats.sides import rendered_side

# The errors that Pillow raises for damaged files.
DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    OverflowError,
    EOFError,
    RuntimeError,
    struct.error,
)

_ALPHA = {"RGBA": "RGBa", "LA": "La"}  # with the colours multiplied by alpha


def to_vips(image: Image.Image) -> pyvips.Image:
    """A decoded image of mode L, LA, RGB or RGBA, reduced by an integer factor to at least twice the thumbnail.

    Reducing here saves a copy of all pixels.
    """
    factor = max(image.size) // (2 * rendered_side())
    if factor > 1:
        steps = min(factor, image.width), min(factor, image.height)
        premultiplied = _ALPHA.get(image.mode)
        # Colours of transparent pixels must not bleed into their neighbours.
        image = image.convert(premultiplied).reduce(steps).convert(image.mode) if premultiplied else image.reduce(steps)
    bands = len(image.getbands())
    pixels = pyvips.Image.new_from_memory(image.tobytes(), image.width, image.height, bands, "uchar")
    return pixels.copy(interpretation="b-w" if bands < 3 else "srgb")  # noqa: PLR2004


def with_profile(pixels: pyvips.Image, profile: object) -> pyvips.Image:
    """The same pixels with the colour profile that Pillow read, if any."""
    if isinstance(profile, bytes) and profile:
        pixels.set_type(pyvips.GValue.blob_type, PROFILE, profile)  # pyright: ignore[reportArgumentType]  stubs lack blobs
    return pixels
