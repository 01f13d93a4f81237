"""SVG drawings, rasterised by librsvg inside libvips.

libvips counts this loader among the untrusted ones, because librsvg parses a language. It is unblocked only while an
SVG is opened, and gets the bytes without an address: librsvg then follows no link to another file or host, and libxml2
loads no external entity and expands nested ones only up to its limits.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyvips

from mirrorlake.formats.codec import Probe, Rendered
from mirrorlake.formats.image import VipsImage, check_size, error_detail, image_facts
from mirrorlake.formats.sides import rendered_side
from mirrorlake.formats.stages import Stage, UndecodableObject
from mirrorlake.formats.thumbnail import render_thumbnail, scale_pixels
from mirrorlake.model.media import ImageFacts

_VIPS = VipsImage(name="SVG", operation="svgload", family="Svg", untrusted=True)
_OVERSAMPLING = 2  # thin lines are smoother if drawn at twice the size


@dataclass(frozen=True, slots=True)
class Drawing:
    """The codec of SVG drawings."""

    def available(self) -> bool:
        """Whether this libvips contains librsvg."""
        return _VIPS.available()

    def probe(self, data: bytes) -> Probe:
        """Parse the drawing for its size. Raises UndecodableObject (stage probe)."""
        image = self._load(data, Stage.PROBE, "header is")
        check_size(image.width, image.height)
        facts = ImageFacts(
            width=image.width,
            height=image.height,
            channels=4,
            bit_depth=8,
            colour_space="rgb",
            has_alpha=True,
            has_icc=False,
        )
        return Probe(facts=facts)

    def render(self, data: bytes, probe: Probe) -> Rendered:
        """Draw it about as large as its thumbnail. Raises UndecodableObject (stage decode)."""
        facts = image_facts(probe.facts)
        scale = min(1.0, _OVERSAMPLING * rendered_side() / max(facts.width, facts.height))
        try:
            return render_thumbnail(*scale_pixels(self._load(data, Stage.DECODE, "pixels are", scale=scale)))
        except pyvips.Error as error:
            raise UndecodableObject(Stage.DECODE, f"SVG pixels are damaged{error_detail(error)}") from error

    def _load(self, data: bytes, stage: Stage, part: str, *, scale: float = 1.0) -> pyvips.Image:
        try:
            return _VIPS.load(data, fail_on="error", scale=scale)
        except pyvips.Error as error:
            raise UndecodableObject(stage, f"SVG {part} damaged{error_detail(error)}") from error


CODEC = Drawing()
