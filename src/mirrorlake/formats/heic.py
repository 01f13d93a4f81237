"""HEIC and HEIF with HEVC pixels, through libheif and libde265 inside the wheel of pi-heif, which has no encoder.

The decoder applies the rotation, the mirroring and the crop of the container; EXIF's orientation then no longer counts.
"""

from __future__ import annotations

import io

from pi_heif import HeifImageFile, libheif_version, options  # pyright: ignore[reportMissingTypeStubs]
from PIL import Image

from mirrorlake.formats.pillow_image import PillowImage

options.DECODE_THREADS = 1  # a worker process has one core


def _open(data: bytes) -> Image.Image:
    return HeifImageFile(io.BytesIO(data))


def _bit_depth(image: Image.Image, _data: bytes) -> int:
    depth: object = image.info.get("bit_depth")
    return depth if isinstance(depth, int) else 8


def _supported() -> bool:
    return bool(libheif_version())


CODEC = PillowImage(name="HEIC", supported=_supported, open=_open, bit_depth=_bit_depth)
