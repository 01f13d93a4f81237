"""BMP, through Pillow: libvips does not read it."""

from __future__ import annotations

import io
import struct

import pyvips
from PIL import BmpImagePlugin, Image

from mirrorlake.formats.codec import Probe, Rendered
from mirrorlake.formats.image import THUMBNAIL_SIDE, check_size, error_detail, render_thumbnail, scale_pixels
from mirrorlake.formats.stages import Stage, UndecodableObject
from mirrorlake.model.media import ImageFacts

# The errors that Pillow raises for damaged bitmaps.
_DAMAGE = (OSError, SyntaxError, ValueError, KeyError, IndexError, TypeError, OverflowError, EOFError, struct.error)


class Bitmap:
    """The codec of bitmaps."""

    def available(self) -> bool:
        """Pillow is always installed."""
        return True

    def probe(self, data: bytes) -> Probe:
        """Read the header only. Raises UndecodableObject (stage probe)."""
        image = _open(data)
        check_size(image.width, image.height)
        short = int.from_bytes(data[2:6], "little") - len(data)
        mode = "RGB" if image.mode == "P" else image.mode
        channels = {"1": 1, "L": 1, "LA": 2, "RGBA": 4}.get(mode, 3)
        return Probe(
            facts=ImageFacts(
                width=image.width,
                height=image.height,
                channels=channels,
                bit_depth=8,
                colour_space="grey" if channels == 1 else "rgb",
                has_alpha="A" in mode,
                has_icc=False,
            ),
            warnings=(f"the BMP lacks {short:,} of the bytes that its header promises",) if short > 0 else (),
        )

    def render(self, data: bytes, _probe: Probe, /) -> Rendered:
        """Decode and render the bitmap. Raises UndecodableObject (stage decode) for damaged or cut pixels."""
        try:
            return render_thumbnail(scale_pixels(_reduced(data)))
        except pyvips.Error as error:
            raise UndecodableObject(Stage.DECODE, f"BMP pixels are damaged{error_detail(error)}") from error


def _reduced(data: bytes) -> pyvips.Image:
    """The decoded bitmap, reduced by an integer factor to at least twice the size of the thumbnail."""
    image = _open(data)
    try:
        image.load()
        colours = image.convert("RGBA" if "A" in image.mode else "RGB")
    except _DAMAGE as error:
        raise UndecodableObject(Stage.DECODE, f"BMP pixels are damaged: {error}") from error
    factor = max(image.size) // (2 * THUMBNAIL_SIDE)
    small = colours.reduce((min(factor, image.width), min(factor, image.height))) if factor > 1 else colours
    pixels = pyvips.Image.new_from_memory(small.tobytes(), small.width, small.height, len(small.mode), "uchar")
    return pixels.copy(interpretation="srgb")


def _open(data: bytes) -> Image.Image:
    # The plug-in instead of Image.open: no other format can be reached, and our own size limit applies.
    try:
        return BmpImagePlugin.BmpImageFile(io.BytesIO(data))
    except _DAMAGE as error:
        raise UndecodableObject(Stage.PROBE, f"BMP header is damaged: {error}") from error


CODEC = Bitmap()
