"""Pictures with text on them, drawn by the test."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont


def write_sign(path: Path, *lines: str, size: int = 48, width: int = 800, height: int = 500) -> None:
    """A picture with these lines, in the font inside Pillow; without lines, a plain one."""
    picture = Image.new("RGB", (width, height), (245, 243, 236))
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size)
    for number, line in enumerate(lines):
        draw.text((size, size + number * size * 1.6), line, (20, 24, 40), font)
    picture.save(path)
