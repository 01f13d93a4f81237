"""PNG and animated PNG, through libvips."""

from __future__ import annotations

import pyvips

from mirrorlake.formats.image import VipsImage

_END = b"IEND"
_CHECKSUM_BYTES = 4  # they follow the end marker


def _frames(data: bytes, _image: pyvips.Image) -> int:
    control = data.find(b"acTL", 8, max(data.find(b"IDAT"), 0))
    return int.from_bytes(data[control + 4 : control + 8], "big") if control > 0 else 1


def _complaints(data: bytes) -> tuple[str, ...]:
    if 0 <= data.rfind(_END) <= len(data) - len(_END) - _CHECKSUM_BYTES:
        return ()
    return ("the PNG lacks its end marker: it may be incomplete",)


CODEC = VipsImage(name="PNG", operation="pngload", family="Png", frames=_frames, complaints=_complaints)
