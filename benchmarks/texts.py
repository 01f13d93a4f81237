"""Reading text in pictures: what one picture costs in the process that a job uses, on one thread."""

from __future__ import annotations

import time
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from benchmarks.measure import median
from benchmarks.tables import Table
from mirrorlake.ocr.engine import model_name
from mirrorlake.ocr.process import TextProcess

_HEAD = ("picture", "seconds", "characters read")
_WORDS = "All goods must leave by the loading dock before noon"


def reading(rounds: int) -> list[Table]:
    """Pictures with more and more text, as previews."""
    process = TextProcess()
    pictures = {
        "800 × 500, no text": _picture(800, 500, lines=0),
        "800 × 500, 3 lines": _picture(800, 500, lines=3),
        "1,600 × 1,200, 3 lines": _picture(1600, 1200, lines=3),
        "1,240 × 1,600, a page of 40 lines": _picture(1240, 1600, lines=40),
    }
    process.recognise(pictures["800 × 500, 3 lines"])  # loads the weights
    rows: list[tuple[str, ...]] = []
    for name, picture in pictures.items():
        times, characters = list[float](), 0
        for _ in range(rounds):
            started = time.perf_counter()
            characters = len(process.recognise(picture).text)
            times.append(time.perf_counter() - started)
        rows.append((name, f"{median(times):.2f}", f"{characters:,}"))
    process.close()
    notes = [f"`{model_name()}`, one thread; a worker uses one such process for each core."]
    return [Table(title="Reading text in pictures", head=_HEAD, rows=rows, notes=notes)]


def _picture(width: int, height: int, *, lines: int) -> bytes:
    picture = Image.new("RGB", (width, height), (246, 244, 238))
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(28)
    for line in range(lines):
        draw.text((40, 40 + line * 38), f"{line + 1}. {_WORDS}", (20, 24, 40), font)
    file = BytesIO()
    picture.save(file, "WEBP", quality=80)
    return file.getvalue()
