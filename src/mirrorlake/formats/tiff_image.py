"""TIFF and BigTIFF, through libvips: the first page, and how many there are."""

from __future__ import annotations

import pyvips

from mirrorlake.formats.exif import read_tiff_facts
from mirrorlake.formats.image import Structure, VipsImage, page_count
from mirrorlake.formats.tiff_header import copy_header

_BIG = (b"II+\0", b"MM\0+")  # with offsets of 8 bytes, in which EXIF is not looked for


def _inspect(data: bytes, image: pyvips.Image) -> Structure:
    """The tags of EXIF are those of the file itself."""
    camera = None if data.startswith(_BIG) else read_tiff_facts(data)
    return Structure(camera=camera, frames=page_count(image))


# Its decoder warns of every private tag, which scanners and microscopes write.
CODEC = VipsImage(
    name="TIFF", operation="tiffload", family="Tiff", inspect=_inspect, strict="error", copy_header=copy_header
)
