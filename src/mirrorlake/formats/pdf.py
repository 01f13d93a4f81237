"""PDF, through PDFium: pages, title, author, and pictures of its pages.

The builds of pypdfium2 contain no JavaScript engine, and forms are not drawn: nothing in a document is executed.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Generator
from typing import Any, cast

import numpy as np
import pypdfium2 as pdfium  # pyright: ignore[reportMissingTypeStubs]
import pyvips

from mirrorlake.core.text import printable
from mirrorlake.formats.codec import Content, Probe, Rendered
from mirrorlake.formats.colour import Pixels
from mirrorlake.formats.image import error_detail
from mirrorlake.formats.sides import rendered_side
from mirrorlake.formats.stages import Stage, UndecodableObject
from mirrorlake.formats.thumbnail import render_thumbnail, scale_pixels
from mirrorlake.model.media import DocumentFacts

MAX_TEXT = 200  # characters kept of title and author
MAX_SCALE = 4.0  # of a page, whose unit is 1/72 inch: small pages are not magnified further
_OVERSAMPLING = 2  # text is smoother if drawn at twice the size
_NEEDS_PASSWORD = 4  # FPDF_ERR_PASSWORD


class PdfDocument:
    """The codec of PDF."""

    def available(self) -> bool:
        """PDFium is part of the package that is always installed."""
        return True

    def probe(self, data: Content) -> Probe:
        """Read the structure of the document. Raises UndecodableObject (stage probe)."""
        with _opened(data, Stage.PROBE) as document:
            pages = len(document)
            if pages < 1:
                raise UndecodableObject(Stage.PROBE, "PDF header is damaged: it has no pages")
            title, author = (printable(document.get_metadata_value(name), MAX_TEXT) for name in ("Title", "Author"))
        return Probe(facts=DocumentFacts(pages=pages, title=title, author=author))

    def render(self, data: Content, _probe: Probe, /) -> Rendered:
        """Draw the first page. Raises UndecodableObject (stage decode) if it is damaged."""
        return self.render_page(data, 1)

    def render_page(self, data: Content, number: int) -> Rendered:
        """Draw one page, counted from 1. Raises UndecodableObject (stage decode) if it is damaged or does not exist."""
        with _opened(data, Stage.DECODE) as document:
            if not 1 <= number <= len(document):
                raise UndecodableObject(Stage.DECODE, f"the PDF has no page {number:,}, only {len(document):,}")
            try:
                page = document[number - 1]
                longest = max(page.get_size())
                if not math.isfinite(longest) or longest <= 0:
                    raise UndecodableObject(Stage.DECODE, f"PDF pixels are damaged: page {number:,} has no size")
                scale = min(MAX_SCALE, _OVERSAMPLING * rendered_side() / longest)
                draw = cast("Callable[..., Any]", page.render)
                bitmap = draw(scale=scale, may_draw_forms=False, rev_byteorder=True)
                pixels: Pixels = np.ascontiguousarray(bitmap.to_numpy()[..., :3])
            except pdfium.PdfiumError as error:
                raise UndecodableObject(Stage.DECODE, f"PDF pixels are damaged: {error}") from error
        height, width, bands = pixels.shape
        try:
            picture = pyvips.Image.new_from_memory(pixels.data, width, height, bands, "uchar")
            return render_thumbnail(*scale_pixels(picture.copy(interpretation="srgb")))
        except pyvips.Error as error:
            raise UndecodableObject(Stage.DECODE, f"PDF pixels are damaged{error_detail(error)}") from error


@contextlib.contextmanager
def _opened(data: Content, stage: Stage) -> Generator[pdfium.PdfDocument]:
    try:
        document = pdfium.PdfDocument(cast("Any", data))  # bytes, or what can be read and moved in like a file
    except pdfium.PdfiumError as error:
        if error.err_code == _NEEDS_PASSWORD:
            raise UndecodableObject(Stage.PROBE, "the PDF is protected by a password") from error
        raise UndecodableObject(stage, f"PDF header is damaged: {error}") from error
    try:
        yield document
    finally:
        document.close()


CODEC = PdfDocument()
