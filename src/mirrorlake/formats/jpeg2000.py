"""JPEG 2000, as a file or a bare stream, through OpenJPEG inside Pillow."""

from __future__ import annotations

import io
import math

from PIL import Image, Jpeg2KImagePlugin, features

from mirrorlake.formats.pillow_image import PillowImage
from mirrorlake.formats.sides import rendered_side

_STREAM = b"\xff\x4f\xff\x51"  # the first two markers of every stream
_CODING, _TILE = 0x52, 0x90  # the second bytes of the markers COD and SOT
_DEPTH_AT = 40  # from the marker SIZ


def _open(data: bytes) -> Image.Image:
    return Jpeg2KImagePlugin.Jpeg2KImageFile(io.BytesIO(data))


def _load(image: Image.Image, data: bytes) -> None:
    """Decode without the finest levels: each halves both sides."""
    halvings = int(math.log2(max(max(image.size) / (2 * rendered_side()), 1)))
    image.reduce = min(halvings, _levels(data))  # pyright: ignore[reportAttributeAccessIssue]  of the plug-in
    image.load()
    image.reduce = 0  # pyright: ignore[reportAttributeAccessIssue]  or it would hide the method of this name


def _levels(data: bytes) -> int:
    """How often the stream can be halved: as its marker COD specifies, before the first tile."""
    place = data.find(_STREAM) + 2
    while place > 1 and data[place : place + 1] == b"\xff" and data[place + 1] != _TILE:
        if data[place + 1] == _CODING:
            return int.from_bytes(data[place + 9 : place + 10], "big")
        place += 2 + max(2, int.from_bytes(data[place + 2 : place + 4], "big"))
    return 0


def _bit_depth(_image: Image.Image, data: bytes) -> int:
    """Of its first component, in the marker SIZ: the sign is the highest bit."""
    place = data.find(_STREAM) + 2
    return (data[place + _DEPTH_AT] & 0x7F) + 1 if 1 < place < len(data) - _DEPTH_AT else 8


def _supported() -> bool:
    return bool(features.check_codec("jpg_2000"))


CODEC = PillowImage(name="JPEG 2000", supported=_supported, open=_open, load=_load, bit_depth=_bit_depth, exif=False)
