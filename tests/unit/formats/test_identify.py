"""The bytes say what an object is; its name only earns a warning."""

from __future__ import annotations

import pytest
from tests.support.images import encoded, scene

from mirrorlake.formats.identify import identify, suffix_mismatch_warning, unsupported_message
from mirrorlake.formats.registry import FORMATS, UnsupportedFormat

NAMED = {one.name: one for one in FORMATS}


@pytest.mark.parametrize(
    ("encoder", "name"),
    [
        ("jpeg", "JPEG"),
        ("jpeg-progressive", "JPEG"),
        ("png", "PNG"),
        ("bmp", "BMP"),
        ("webp", "WebP"),
        ("avif", "AVIF"),
    ],
)
def test_a_real_file_is_recognised_by_its_bytes(encoder: str, name: str):
    assert identify(encoded(scene(40, 30), encoder)) is NAMED[name]


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (b"GIF89a......", "a GIF"),
        (b"<!DOCTYPE html><html>", "an HTML page"),
        (b"\xef\xbb\xbf  <html>", "an HTML page"),
        (b"<?xml version='1.0'?><svg>", "an SVG"),
        (b"<?xml version='1.0'?><Error>", "XML or HTML text"),
        (b'{"a": 1}', "JSON text"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "a Git LFS pointer"),
        (b"%PDF-1.7", "a PDF"),
        (b"BM is how this text begins", "plain text"),
        (b"\0" * 64, "only zeros"),
        (b"", "none at all"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a HEIC"),
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
