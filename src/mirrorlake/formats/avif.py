"""AVIF, through libvips."""

from __future__ import annotations

from mirrorlake.formats.image import VipsImage

CODEC = VipsImage(name="AVIF", operation="heifload", family="Heif")
