"""Make thumbnails and previews: scale decoded pixels, turn them upright, encode them."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pyvips
from PIL import Image, WebPImagePlugin

from mirrorlake.formats.codec import Rendered
from mirrorlake.formats.colour import Pixels, to_array, to_srgb
from mirrorlake.formats.picture_hash import picture_hash
from mirrorlake.formats.placeholder import placeholder
from mirrorlake.formats.sides import THUMBNAIL_SIDE, rendered_side

ALPHA_SIDE = 100  # pixels, the longest side from which the placeholder of an image with alpha is made
THUMBNAIL_QUALITY = 78
THUMBNAIL_EFFORT = 2  # half the time of effort 4 for files about 3% larger
# Lossy WebP halves the resolution of colours, which shows where each pixel counts. Up to this size, a photograph takes
# 11 kB without loss, less than the 13 kB of a full thumbnail; at 128 x 128, 18 kB.
LOSSLESS_PIXELS = 96 * 96

_LOSSY = {"quality": THUMBNAIL_QUALITY, "method": THUMBNAIL_EFFORT}
_LOSSLESS = {"lossless": True, "quality": 0, "method": 0}  # the least effort: more takes twice the time to save 13%

# Saving loads the common formats of Pillow; done here, because decoding the first image is timed.
Image.preinit()

_ALPHA_BANDS = 4


def scale_pixels(image: pyvips.Image, orientation: int = 1) -> tuple[Pixels, tuple[str, ...]]:
    """Decode the pixels of a thumbnail: upright, at most `rendered_side()`, 8-bit sRGB with 3 or 4 bands.

    Also returns warnings. Raises pyvips.Error for damaged pixels, UndecodableObject for channels that are no colours.
    """
    pixels, warnings = to_srgb(_shrink(image))
    return upright(pixels, orientation), warnings


def _shrink(image: pyvips.Image) -> pyvips.Image:
    side = rendered_side()
    factor = side / max(image.width, image.height)
    if factor >= 1:
        return image
    if image.hasalpha():
        # Premultiplies alpha, so that colours of transparent pixels do not bleed into their neighbours.
        return image.thumbnail_image(side, height=side, size="down", no_rotate=True)
    # The same pixels as by `thumbnail_image`, 0.4 ms earlier, and CMYK stays CMYK.
    return image.resize(factor)


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """The pixels after applying an EXIF orientation, 1 to 8."""
    if orientation >= 5:  # noqa: PLR2004  5 to 8 have rows and columns exchanged
        pixels = pixels.swapaxes(0, 1)
    if orientation in {3, 4, 7, 8}:
        pixels = pixels[::-1]
    if orientation in {2, 3, 6, 7}:
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def render_thumbnail(pixels: Pixels, warnings: tuple[str, ...] = ()) -> Rendered:
    """The thumbnail, the placeholder and the hash of pixels from `scale_pixels`; a preview has only its picture."""
    if rendered_side() != THUMBNAIL_SIDE:
        return Rendered(thumbnail=encode_webp(pixels), placeholder=b"", picture_hash=None, warnings=warnings)
    return Rendered(
        thumbnail=encode_webp(pixels),
        placeholder=_placeholder(pixels),
        picture_hash=picture_hash(pixels),
        warnings=warnings,
    )


def encode_webp(pixels: Pixels) -> bytes:
    """Encode thumbnail pixels as WebP, with Pillow: the same bytes as with libvips, in three quarters of the time."""
    height, width, bands = pixels.shape
    # An image made from pixels has no EXIF, so the thumbnail cannot leak a location.
    picture = Image.frombuffer("RGBA" if bands == _ALPHA_BANDS else "RGB", (width, height), pixels)
    file = BytesIO()
    picture.save(
        file, WebPImagePlugin.WebPImageFile.format, **(_LOSSLESS if width * height <= LOSSLESS_PIXELS else _LOSSY)
    )
    return file.getvalue()


def _placeholder(pixels: Pixels) -> bytes:
    height, width, bands = pixels.shape
    if bands == _ALPHA_BANDS:
        # Scaling premultiplies alpha, so that colours of transparent pixels do not bleed into their neighbours.
        whole = pyvips.Image.new_from_memory(pixels.data, width, height, bands, "uchar").copy(interpretation="srgb")
        return placeholder(to_array(whole.thumbnail_image(ALPHA_SIDE, height=ALPHA_SIDE, size="down")))
    return placeholder(pixels)
