"""GIF, through libvips: the first frame, and how many there are."""

from __future__ import annotations

import pyvips

from mirrorlake.formats.image import Structure, VipsImage, page_count

_END = b";"


def _inspect(data: bytes, image: pyvips.Image) -> Structure:
    ended = data.rstrip(b"\0").endswith(_END)
    return Structure(
        frames=page_count(image), warnings=() if ended else ("the GIF lacks its end marker: it may be incomplete",)
    )


CODEC = VipsImage(name="GIF", operation="gifload", family="Nsgif", inspect=_inspect, strict="error")
