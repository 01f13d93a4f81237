"""What a page looks like, reduced to a small grey picture that does not depend on the fonts of the machine.

Every glyph is drawn as the same block, so texts take the same room everywhere; and so few points are compared that
antialiasing and the marks of form controls disappear in them.
"""

from __future__ import annotations

import io
from base64 import b64encode
from dataclasses import dataclass
from functools import cache

import numpy as np
from fontTools.fontBuilder import FontBuilder  # pyright: ignore[reportMissingTypeStubs]
from fontTools.pens.ttGlyphPen import TTGlyphPen  # pyright: ignore[reportMissingTypeStubs]
from numpy.typing import NDArray
from PIL import Image

POINT = 8  # pixels of a page that become one point, which is compared
UNIT = 1000  # of the font
ADVANCE, TALL = 520, 460  # of every glyph, about those of a usual font
FAR = 20  # grey levels by which a point is clearly another
MEAN, SHARE = 1.0, 0.006  # what may differ: grey levels on average, and the part of the points that are clearly others
_LETTERS = [*range(0x20, 0x250), *range(0x2010, 0x2040), 0x2190, 0x2191, 0x2192, 0x2193, 0x2212, 0x221E, 0x2248, 0x00D7]


@dataclass(frozen=True)
class Difference:
    """How far two looks are apart."""

    mean: float  # grey levels
    share: float  # of points that differ by more than FAR

    @property
    def slight(self) -> bool:
        return self.mean <= MEAN and self.share <= SHARE


@cache
def block_style() -> str:
    """CSS that draws every glyph of a page as a block, and holds still what moves."""
    source = b64encode(_font()).decode()
    return (
        f"@font-face {{ font-family: block; src: url(data:font/ttf;base64,{source}); }}"
        "* { font-family: block !important; animation: none !important; transition: none !important;"
        " caret-color: transparent !important; scrollbar-width: none !important; }"
    )


def _font() -> bytes:
    block = TTGlyphPen(None)
    block.moveTo((40, 0))
    for corner in ((ADVANCE - 40, 0), (ADVANCE - 40, TALL), (40, TALL)):
        block.lineTo(corner)
    block.closePath()
    drawn, empty = block.glyph(), TTGlyphPen(None).glyph()
    font = FontBuilder(UNIT, isTTF=True)
    font.setupGlyphOrder([".notdef", "space", "block"])
    font.setupCharacterMap({code: "space" if chr(code).isspace() else "block" for code in _LETTERS})
    font.setupGlyf({".notdef": drawn, "space": empty, "block": drawn})
    font.setupHorizontalMetrics(dict.fromkeys((".notdef", "space", "block"), (ADVANCE, 40)))
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupOS2(sTypoAscender=800, sTypoDescender=-200, usWinAscent=800, usWinDescent=200)
    font.setupNameTable({"familyName": "block", "styleName": "Regular"})
    font.setupPost()
    held = io.BytesIO()
    font.save(held)
    return held.getvalue()


def reduce(png: bytes) -> Image.Image:
    """A screenshot as the small grey picture that is compared."""
    with Image.open(io.BytesIO(png)) as image:
        points = image.width // POINT, image.height // POINT
        return image.convert("L").resize(points, Image.Resampling.BOX)


def compare(seen: Image.Image, reference: Image.Image) -> Difference:
    """How far a look is from its reference."""
    gap = np.abs(_levels(seen) - _levels(reference))
    return Difference(mean=float(gap.mean()), share=float((gap > FAR).mean()))


def _levels(image: Image.Image) -> NDArray[np.float32]:
    return np.asarray(image, dtype=np.float32)
