"""Size, channels, bit depth, colour space and transparency of each image format, in each mode that it stores."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from tests.support.examples import example
from tests.support.images import encoded, scene

from mirrorlake.model.media import ImageFacts
from mirrorlake.processing.process import process_bytes

SIZE = (40, 30)
_RAMP = np.linspace(0, 65_535, SIZE[0] * SIZE[1]).reshape(SIZE[::-1]).astype(np.uint16)

# encoder, mode of Pillow: channels, bits of each, colour space, transparency
MODES: dict[tuple[str, str], tuple[int, int, str, bool]] = {
    ("jpeg", "RGB"): (3, 8, "rgb", False),
    ("jpeg-progressive", "RGB"): (3, 8, "rgb", False),
    ("jpeg", "L"): (1, 8, "grey", False),
    ("jpeg", "CMYK"): (4, 8, "cmyk", False),
    ("png", "RGB"): (3, 8, "rgb", False),
    ("png", "RGBA"): (4, 8, "rgb", True),
    ("png", "L"): (1, 8, "grey", False),
    ("png", "LA"): (2, 8, "grey", True),
    ("png", "1"): (1, 1, "grey", False),
    ("png", "I;16"): (1, 16, "grey", False),
    ("png", "P"): (3, 8, "rgb", False),
    ("bmp", "RGB"): (3, 8, "rgb", False),
    ("bmp", "L"): (1, 8, "grey", False),
    ("bmp", "P"): (3, 8, "rgb", False),
    ("webp", "RGB"): (3, 8, "rgb", False),
    ("webp", "RGBA"): (4, 8, "rgb", True),
    ("avif", "RGB"): (3, 8, "rgb", False),
    ("avif", "RGBA"): (4, 8, "rgb", True),
    ("gif", "P"): (3, 8, "rgb", False),
    ("gif", "RGB"): (3, 8, "rgb", False),
    ("tiff", "RGB"): (3, 8, "rgb", False),
    ("tiff", "RGBA"): (4, 8, "rgb", True),
    ("tiff", "CMYK"): (4, 8, "cmyk", False),
    ("tiff", "1"): (1, 1, "grey", False),
    ("tiff", "I;16"): (1, 16, "grey", False),
    ("tiff", "F"): (1, 32, "grey", False),
    ("tiff", "P"): (3, 8, "rgb", False),
    ("jpeg 2000", "RGB"): (3, 8, "rgb", False),
    ("jpeg 2000", "L"): (1, 8, "grey", False),
    ("jpeg 2000", "RGBA"): (4, 8, "rgb", True),
    ("jpeg 2000", "I;16"): (1, 16, "grey", False),
}


def _picture(mode: str) -> Image.Image:
    if mode == "I;16":
        return Image.fromarray(_RAMP)
    if mode == "F":
        return Image.fromarray(_RAMP.astype(np.float32) / 65_535)
    if mode in {"RGBA", "LA"}:
        glass = scene(*SIZE).convert(mode)
        glass.putalpha(128)
        return glass
    return (
        scene(*SIZE).convert("P", palette=Image.Palette.ADAPTIVE, colors=12)
        if mode == "P"
        else scene(*SIZE).convert(mode)
    )


def _facts(data: bytes) -> ImageFacts:
    facts = process_bytes(data, "a").facts
    assert isinstance(facts, ImageFacts)
    return facts


def _seen(facts: ImageFacts) -> tuple[int, int, str, bool]:
    return facts.channels, facts.bit_depth, facts.colour_space, facts.has_alpha


@pytest.mark.parametrize(("encoder", "mode"), MODES)
def test_the_facts_are_those_of_the_pixels(encoder: str, mode: str):
    facts = _facts(encoded(_picture(mode), encoder))
    assert (facts.width, facts.height, facts.orientation) == (*SIZE, 1)
    assert _seen(facts) == MODES[encoder, mode]


def test_pictures_that_nobody_encodes_here_have_them_too():
    assert _seen(_facts(example("HEIC"))) == (3, 8, "rgb", False)
    assert _seen(_facts(example("SVG"))) == (4, 8, "rgb", True)
