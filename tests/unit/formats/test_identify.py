"""The bytes say what an object is; its name only earns a warning."""

from __future__ import annotations

import pytest
from tests.support.images import encoded, example, scene, svg

from mirrorlake.formats.identify import identify, suffix_mismatch_warning, unsupported_message
from mirrorlake.formats.registry import FORMATS, UnsupportedFormat

NAMED = {one.name: one for one in FORMATS}


@pytest.mark.parametrize("name", NAMED)
def test_a_real_file_is_recognised_by_its_bytes(name: str):
    assert identify(example(name)) is NAMED[name]


def test_a_progressive_jpeg_is_a_jpeg():
    assert identify(encoded(scene(40, 30), "jpeg-progressive")) is NAMED["JPEG"]


BOX = b"\0\0\0\x20ftyp"


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (BOX + b"heic\0\0\0\0mif1heic", "HEIC"),
        (BOX + b"heix\0\0\0\0mif1heixMiHAjpeg", "HEIC"),  # cameras of Canon
        (BOX + b"mif1\0\0\0\0mif1miaf", "HEIC"),
        (BOX + b"mif1\0\0\0\0mif1avif", "AVIF"),
        (b"MM\0*\0\0\0\x08", "TIFF"),
        (b"II+\0\x08\0\0\0", "TIFF"),
        (b"\xff\x4f\xff\x51\0\x2f", "JPEG 2000"),
        (b"GIF87a", "GIF"),
        (svg(9, 9, before="\ufeff<?xml version='1.0'?>\n<!-- <html> -->\n"), "SVG"),
        (svg(9, 9, before="<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' 'svg11.dtd' [<!ENTITY a 'b'>]>"), "SVG"),
        (b"<s:svg xmlns:s='http://www.w3.org/2000/svg'/>", "SVG"),
    ],
)
def test_variants_of_a_format_are_recognised(head: bytes, name: str):
    assert identify(head) is NAMED[name]


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (b"II*\0\x10\0\0\0CR\x02\0", "a raw photograph of Canon"),
        (BOX + b"mif1\0\0\0\0mif1jpeg", "an MP4 or similar video"),
        (b"<!DOCTYPE html><html>", "an HTML page"),
        (b"\xef\xbb\xbf  <html>", "an HTML page"),
        (b"<html><body><svg xmlns='http://www.w3.org/2000/svg'/>", "an HTML page"),
        (b"<?xml version='1.0'?><Error>", "XML or HTML text"),
        (b'{"a": 1}', "JSON text"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "a Git LFS pointer"),
        (b"%PDF-1.7", "a PDF"),
        (b"BM is how this text begins", "plain text"),
        (b"\0" * 64, "only zeros"),
        (b"", "none at all"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp42", "an MP4"),
        (b"RIFF\x10\0\0\0WAVEfmt ", "a WAVE sound"),
        (b"\x01\x02\x03\xfe", "of no format"),
    ],
)
def test_other_bytes_are_named_in_the_refusal(head: bytes, what: str):
    found = identify(head)
    assert isinstance(found, UnsupportedFormat)
    assert unsupported_message("photos/a.jpg", found).startswith(f"named .jpg, but the bytes are {what}")


@pytest.mark.parametrize("size", [0, 1, 2, 4, 8, 11, 12, 13, 16, 18, 30])
@pytest.mark.parametrize("encoder", ["jpeg", "png", "bmp", "webp", "avif"])
def test_any_beginning_of_a_file_is_answered(encoder: str, size: int):
    answer = identify(encoded(scene(40, 30), encoder)[:size])
    # Too little to know is said as such; what is known is never another of our types.
    assert isinstance(answer, UnsupportedFormat) or answer.media_type == f"image/{encoder}"


def test_only_a_name_that_promises_another_type_earns_a_warning():
    assert suffix_mismatch_warning("a/b.JPG", NAMED["JPEG"]) is None
    assert suffix_mismatch_warning("a/b.jfif", NAMED["JPEG"]) is None
    assert suffix_mismatch_warning("a.png/b", NAMED["JPEG"]) is None
    assert (
        suffix_mismatch_warning("b.png", NAMED["JPEG"])
        == "named .png, but the bytes are a JPEG; it was imported as a JPEG"
    )
