"""WebP, through libvips."""

from __future__ import annotations

from mirrorlake.formats.image import THUMBNAIL_SIDE, VipsImage


def _reduce(longest: int) -> dict[str, float]:
    """The decoder scales by any factor; factors above one half save little."""
    ratio = longest / THUMBNAIL_SIDE
    return {"scale": 2 / ratio} if ratio > 2 else {}  # noqa: PLR2004


CODEC = VipsImage(name="WebP", operation="webpload", family="Webp", reduce=_reduce)
