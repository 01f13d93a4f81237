"""JPEG, through libvips."""

from __future__ import annotations

import math

from mirrorlake.formats.image import THUMBNAIL_SIDE, VipsImage

_END = b"\xff\xd9"


def _reduce(longest: int) -> dict[str, float]:
    """The decoder shrinks by 2, 4 or 8 at a fraction of the cost."""
    ratio = longest / THUMBNAIL_SIDE
    shrink = 2 ** max(0, min(3, int(math.log2(ratio)) - 1)) if ratio > 1 else 1
    return {"shrink": shrink} if shrink > 1 else {}


def _repair(data: bytes) -> bytes | None:
    return None if data.endswith(_END) else data.removesuffix(_END[:1]) + _END


CODEC = VipsImage(name="JPEG", operation="jpegload", family="Jpeg", reduce=_reduce, repair=_repair)
