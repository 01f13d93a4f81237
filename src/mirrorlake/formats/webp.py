"""WebP, through libvips."""

from __future__ import annotations

import pyvips

from mirrorlake.formats.image import Structure, VipsImage, page_count
from mirrorlake.formats.sides import rendered_side
from mirrorlake.formats.webp_header import FIRST_CHUNK, copy_header


def _reduce(longest: int) -> dict[str, float]:
    """The decoder scales by any factor; factors above one half save little."""
    ratio = longest / rendered_side()
    return {"scale": 2 / ratio} if ratio > 2 else {}  # noqa: PLR2004


def _inspect(data: bytes, image: pyvips.Image) -> Structure:
    """EXIF is usually after the pixels. Some programs add it without setting its flag in the header."""
    return Structure(exif=_find_exif(data), frames=page_count(image))


def _find_exif(data: bytes) -> bytes | None:
    place = FIRST_CHUNK
    while place + 8 <= len(data):
        size = int.from_bytes(data[place + 4 : place + 8], "little")
        if data.startswith(b"EXIF", place):
            return data[place + 8 : place + 8 + size]
        place += 8 + size + size % 2
    return None


CODEC = VipsImage(
    name="WebP", operation="webpload", family="Webp", reduce=_reduce, inspect=_inspect, copy_header=copy_header
)
