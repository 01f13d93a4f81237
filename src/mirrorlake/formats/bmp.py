"""Open Windows bitmaps through Pillow; libvips does not read them."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass

import pyvips
from PIL import BmpImagePlugin, Image

from mirrorlake.formats.stages import Stage, UndecodableObject

# What Pillow raises on bytes that are no sound bitmap.
_DAMAGE = (OSError, SyntaxError, ValueError, KeyError, IndexError, TypeError, OverflowError, EOFError, struct.error)


@dataclass(frozen=True, slots=True, kw_only=True)
class BmpHeader:
    """Size and make of a bitmap, in pixels."""

    width: int
    height: int
    channels: int
    has_alpha: bool
    warnings: tuple[str, ...]


def open_bmp(data: bytes) -> BmpHeader:
    """Read the header only. Raises Unusable (stage probe)."""
    image = _open(data)
    promised = int.from_bytes(data[2:6], "little")
    short = promised - len(data)
    warnings = (f"the BMP lacks {short:,} of the bytes that its header promises",) if short > 0 else ()
    mode = "RGB" if image.mode == "P" else image.mode
    return BmpHeader(
        width=image.width,
        height=image.height,
        channels={"1": 1, "L": 1, "LA": 2, "RGBA": 4}.get(mode, 3),
        has_alpha="A" in mode,
        warnings=warnings,
    )


def reduced_bmp(data: bytes, *, at_least: int) -> pyvips.Image:
    """The decoded bitmap, shrunk by a whole factor that leaves at least `at_least` pixels on the longest side.

    Raises Unusable (stage decode) for damaged or cut pixels.
    """
    image = _open(data)
    try:
        image.load()
        colours = image.convert("RGBA" if "A" in image.mode else "RGB")
    except _DAMAGE as error:
        raise UndecodableObject(Stage.DECODE, f"BMP pixels are damaged: {error}") from error
    factor = max(image.size) // at_least
    small = colours.reduce((min(factor, image.width), min(factor, image.height))) if factor > 1 else colours
    pixels = pyvips.Image.new_from_memory(small.tobytes(), small.width, small.height, len(small.mode), "uchar")
    return pixels.copy(interpretation="srgb")


def _open(data: bytes) -> Image.Image:
    # The plug-in itself, not Image.open: no other format can be reached, and the size limit is ours.
    try:
        return BmpImagePlugin.BmpImageFile(io.BytesIO(data))
    except _DAMAGE as error:
        raise UndecodableObject(Stage.PROBE, f"BMP header is damaged: {error}") from error
