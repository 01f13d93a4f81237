"""Pictures made to order: turned, cut, lying and exploding ones."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterable

import numpy as np
from PIL import Image

ENCODERS: dict[str, dict[str, object]] = {
    "jpeg": {"format": "JPEG", "quality": 92},
    "jpeg-progressive": {"format": "JPEG", "quality": 92, "progressive": True},
    "png": {"format": "PNG"},
    "webp": {"format": "WEBP", "quality": 90},
    "webp-lossless": {"format": "WEBP", "lossless": True},
    "avif": {"format": "AVIF", "quality": 90},
    "bmp": {"format": "BMP"},
}


def scene(width: int = 640, height: int = 400) -> Image.Image:
    """A picture whose four corners differ: red, green, blue and white areas, with some texture."""
    y, x = np.mgrid[0:height, 0:width]
    picture = np.zeros((height, width, 3), np.uint8)
    left, top = x < width / 2, y < height / 2
    picture[left & top] = (220, 30, 30)
    picture[~left & top] = (30, 200, 30)
    picture[left & ~top] = (30, 30, 220)
    picture[~left & ~top] = (240, 240, 240)
    picture += ((x * 7 + y * 13) % 11).astype(np.uint8)[..., None]
    return Image.fromarray(picture)


def encoded(picture: Image.Image, encoder: str, **options: object) -> bytes:
    """The picture in one of ENCODERS."""
    out = io.BytesIO()
    picture.save(out, **{**ENCODERS[encoder], **options})
    return out.getvalue()


def turned(picture: Image.Image, orientation: int, encoder: str, **options: object) -> bytes:
    """The picture stored so that only a reader which obeys its EXIF orientation shows it upright."""
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = picture.transpose(undo[orientation]) if orientation in undo else picture
    return encoded(stored, encoder, exif=exif.tobytes(), **options)


def pixels(data: bytes) -> np.ndarray:
    """The decoded picture as floats, without alpha."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"), np.float64)


def png_of_zeros(width: int, height: int, *, interlaced: bool = False, extra: Iterable[bytes] = ()) -> bytes:
    """A black RGBA picture, as small as zeros can be packed; huge sizes are only claimed, not stored, over 100 MP."""
    rows = zlib.compressobj(1)
    packed = bytearray()
    if width * height <= 100_000_000:
        for count, length in _passes(width, height, interlaced=interlaced):
            line = bytes(1 + 4 * length)
            for _ in range(count):
                packed += rows.compress(line)
    packed += rows.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, interlaced)
    parts = [chunk(b"IHDR", header), *extra, chunk(b"IDAT", bytes(packed)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def chunk(kind: bytes, body: bytes) -> bytes:
    """One PNG chunk."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def text_bomb(kind: bytes, size: int) -> bytes:
    """A zTXt or iCCP chunk that unpacks to `size` bytes."""
    return chunk(kind, b"bomb\0\0" + zlib.compress(bytes(size), 9))


def _passes(width: int, height: int, *, interlaced: bool) -> list[tuple[int, int]]:
    if not interlaced:
        return [(height, width)]
    starts = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    return [(-(-(height - y) // dy), -(-(width - x) // dx)) for x, y, dx, dy in starts]
