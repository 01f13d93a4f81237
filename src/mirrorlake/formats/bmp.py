"""BMP. Uncompressed pixels are decoded here: Pillow refuses many bit masks, and libvips reads no bitmaps."""

from __future__ import annotations

import io

import numpy as np
import pyvips
from numpy.typing import NDArray
from PIL import BmpImagePlugin

from mirrorlake.core.text import count_noun
from mirrorlake.formats.bmp_header import MAX_INDEX_BITS, RUN_LENGTHS, BmpHeader, read_header
from mirrorlake.formats.codec import Probe, Rendered
from mirrorlake.formats.colour import Pixels
from mirrorlake.formats.damage import MAX_MISSING_SHARE, describe_share
from mirrorlake.formats.image import check_header_size, error_detail
from mirrorlake.formats.pillow import DAMAGE, to_vips
from mirrorlake.formats.stages import Stage, UndecodableObject
from mirrorlake.formats.thumbnail import render_thumbnail, scale_pixels
from mirrorlake.model.media import ImageFacts

_WORDS = {16: "<u2", 32: "<u4"}


class Bitmap:
    """The codec of bitmaps."""

    def available(self) -> bool:
        """Pillow is always installed."""
        return True

    def probe(self, data: bytes) -> Probe:
        """Read the header only. Raises UndecodableObject (stage probe)."""
        header = read_header(data)
        check_header_size(header.width, header.height)
        grey = header.is_grey
        return Probe(
            facts=ImageFacts(
                width=header.width,
                height=header.height,
                channels=1 if grey else 3 + header.has_alpha,
                bit_depth=8,
                colour_space="grey" if grey else "rgb",
                has_alpha=header.has_alpha,
                has_icc=False,
            )
        )

    def render(self, data: bytes, _probe: Probe, /) -> Rendered:
        """Decode and render the bitmap. Raises UndecodableObject (stage decode) if too much of it is missing."""
        header = read_header(data)
        try:
            if header.compression in RUN_LENGTHS:
                return render_thumbnail(*scale_pixels(_by_pillow(data)))
            lines, warnings = _lines(data, header)
            pixels, _ = scale_pixels(_to_vips(_colours(lines, header)))
        except pyvips.Error as error:
            raise UndecodableObject(Stage.DECODE, f"BMP pixels are damaged{error_detail(error)}") from error
        return render_thumbnail(pixels, warnings)


def _lines(data: bytes, header: BmpHeader) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """The rows as they are stored, from top to bottom, with a warning if some bytes are missing."""
    wanted = header.stride * header.height
    stored = data[header.start : header.start + wanted]
    missing = wanted - len(stored)
    share = missing / wanted
    if share > MAX_MISSING_SHARE:
        raise UndecodableObject(
            Stage.DECODE, f"BMP pixels are damaged: {describe_share(share)} of the picture is missing"
        )
    warnings = (
        (f"the BMP lacks {count_noun(missing, 'byte')}: {describe_share(share)} of the picture",) if missing else ()
    )
    rows = np.frombuffer(stored + bytes(missing), np.uint8).reshape(header.height, header.stride)
    return (rows if header.top_down else rows[::-1]), warnings


def _colours(lines: NDArray[np.uint8], header: BmpHeader) -> Pixels:
    """The colours of stored rows: 3 bands, or 4 with alpha."""
    if header.bits <= MAX_INDEX_BITS:
        return _from_palette(lines, header)
    if header.bits not in _WORDS:
        return lines[:, : 3 * header.width].reshape(header.height, header.width, 3)[..., ::-1]
    words = np.ascontiguousarray(lines).view(_WORDS[header.bits])[:, : header.width]
    masks = header.masks if header.has_alpha else header.masks[:3]
    colours = np.empty((header.height, header.width, len(masks)), np.uint8)
    for place, mask in enumerate(masks):
        colours[..., place] = _channel(words, mask)
    if header.has_alpha and not colours[..., 3].any():
        colours = colours[..., :3]  # many programs write an alpha channel and leave it empty
    return colours


def _channel(words: NDArray[np.unsignedinteger], mask: int) -> NDArray[np.uint8]:
    """The bits of a mask, scaled to 8 bits."""
    if not mask:
        return np.zeros(words.shape, np.uint8)
    shift = (mask & -mask).bit_length() - 1
    most = mask >> shift
    values = (words & words.dtype.type(mask)) >> words.dtype.type(shift)
    if most > 0xFFFF:  # noqa: PLR2004  the product below would exceed 32 bits
        drop = most.bit_length() - 16
        values, most = values >> words.dtype.type(drop), most >> drop
    return ((values.astype(np.uint32) * 255 + most // 2) // most).astype(np.uint8)


def _from_palette(lines: NDArray[np.uint8], header: BmpHeader) -> Pixels:
    palette = np.zeros((1 << header.bits, 3), np.uint8)  # an index without an entry is black
    palette[: len(header.palette)] = np.array(header.palette, np.uint8).reshape(-1, 3)
    per_byte = 8 // header.bits
    shifts = np.arange(8 - header.bits, -1, -header.bits, dtype=np.uint8)
    places = (lines[..., None] >> shifts) & np.uint8((1 << header.bits) - 1)
    return palette[places.reshape(header.height, header.stride * per_byte)[:, : header.width]]


def _to_vips(colours: Pixels) -> pyvips.Image:
    height, width, bands = colours.shape
    pixels = pyvips.Image.new_from_memory(colours.tobytes(), width, height, bands, "uchar")
    return pixels.copy(interpretation="srgb")


def _by_pillow(data: bytes) -> pyvips.Image:
    try:
        # The plug-in instead of Image.open: no other format can be reached, and our own size limit applies.
        image = BmpImagePlugin.BmpImageFile(io.BytesIO(data))
        image.load()
        return to_vips(image.convert("RGB"))
    except DAMAGE as error:
        raise UndecodableObject(Stage.DECODE, f"BMP pixels are damaged: {error}") from error


CODEC = Bitmap()
