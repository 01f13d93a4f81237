"""GIF, through libvips: the first frame, and how many there are."""

from __future__ import annotations

import pyvips

from mirrorlake.formats.codec import FirstBytes
from mirrorlake.formats.image import Structure, VipsImage, page_count

_END = b";"
_EXTENSION, _FRAME = b"!", b","
_TABLE_START = 13  # after the mark and the size of the screen
_FRAME_BYTES = 10  # before the colours and the pixels of a frame
_NO_PIXELS = b"\x02\x02\x4c\x01\x00"  # the bits of a code, and a block of codes


def _inspect(data: bytes, image: pyvips.Image) -> Structure:
    if isinstance(data, FirstBytes):
        return Structure()  # frames may follow: only all of the file counts them
    ended = data.rstrip(b"\0").endswith(_END)
    return Structure(
        frames=page_count(image), warnings=() if ended else ("the GIF lacks its end marker: it may be incomplete",)
    )


def _close(data: bytes) -> bytes:
    """The first bytes of a file as one that ends after its first frame, without pixels: its loader scans all frames."""
    if not isinstance(data, FirstBytes):
        return data
    place = _TABLE_START + _table_bytes(data, _TABLE_START - 3)
    while data[place : place + 1] == _EXTENSION:
        place += 2
        while place < len(data) and data[place]:
            place += 1 + data[place]
        place += 1
    if data[place : place + 1] != _FRAME:
        return data
    start = place + _FRAME_BYTES + _table_bytes(data, place + _FRAME_BYTES - 1)
    return data[:start] + _NO_PIXELS + _END


def _table_bytes(data: bytes, flags_at: int) -> int:
    """The bytes of a table of colours, as these flags specify it."""
    flags = int.from_bytes(data[flags_at : flags_at + 1], "big")
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


CODEC = VipsImage(name="GIF", operation="gifload", family="Nsgif", inspect=_inspect, strict="error", strip=_close)
