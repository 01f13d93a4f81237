"""The bytes say what an object is; its name only earns a warning."""

from __future__ import annotations

import pytest
from tests.support.examples import example
from tests.support.images import encoded, scene, svg

from mirrorlake.formats.identify import identify, suffix_mismatch_warning, unsupported_message
from mirrorlake.formats.magic import is_html
from mirrorlake.formats.registry import all_formats
from mirrorlake.formats.unsupported import UnsupportedFormat

NAMED = {one.name: one for one in all_formats()}


@pytest.mark.parametrize("name", NAMED)
def test_a_real_file_is_recognised_by_its_bytes(name: str):
    assert identify(example(name), f"a{NAMED[name].suffixes[0]}") is NAMED[name]


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
        (BOX + b"isom\0\0\0\0isommp42", "MP4"),
        (BOX + b"3gp5\0\0\0\x003gp5", "MP4"),
        (b"\0\0\0\x08wide\0\0\0\0mdat", "MOV"),
        (b"\x47\x40\0" + bytes(185) + b"\x47" + bytes(187) + b"\x47" + bytes(187), "MPEG-TS"),
        ((bytes(4) + b"\x47" + bytes(187)) * 3, "MPEG-TS"),
        (b"\xff\xfb\x90\x64", "MP3"),
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
        (BOX + b"mif1\0\0\0\0mif1jpeg", "an image or a video in a container of MPEG-4"),
        (b"<!DOCTYPE html><html>", "an HTML page"),
        (b"\xef\xbb\xbf  <html>", "an HTML page"),
        (b"<html><body><svg xmlns='http://www.w3.org/2000/svg'/>", "an HTML page"),
        (b"<?xml version='1.0'?><Error>", "XML or HTML text"),
        (b'{"a": 1}', "JSON text"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "a Git LFS pointer"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"BM is how this text begins", "plain text"),
        (b"\0" * 64, "only zeros"),
        (b"", "none at all"),
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


@pytest.mark.parametrize(
    ("head", "name", "found"),
    [
        (b"a,b\n1,2\n", "a.csv", "CSV"),
        (b"a,b\n1,2\n", "folder.csv/a.TXT", "text"),
        (b"# Title", "a.md", "Markdown"),
        (b"<p>Part of a page", "a.html", "HTML"),
        (b"# Title", "a.jsonl", "text"),
        (b'{"a": 1}', "a.csv", "JSON"),
        (b"<!-- x --><HTML lang=de>", "a.txt", "HTML"),
        ("\ufeffa".encode("utf-16-le"), "a.txt", "text"),
    ],
)
def test_text_is_told_apart_by_its_bytes_then_by_its_name(head: bytes, name: str, found: str):
    assert identify(head, name) is NAMED[found]


@pytest.mark.parametrize("name", ["", "a", "a.jpg", "a.pdf", "a.xml"])
def test_text_under_the_name_of_something_else_is_not_taken(name: str):
    assert isinstance(identify(b"<html>Sign in</html>", name), UnsupportedFormat)


def test_only_a_name_that_promises_another_type_earns_a_warning():
    assert suffix_mismatch_warning("a/b.JPG", NAMED["JPEG"]) is None
    assert suffix_mismatch_warning("a/b.jfif", NAMED["JPEG"]) is None
    assert suffix_mismatch_warning("a.png/b", NAMED["JPEG"]) is None
    assert (
        suffix_mismatch_warning("b.png", NAMED["JPEG"])
        == "named .png, but the bytes are a JPEG; it was imported as a JPEG"
    )


@pytest.mark.parametrize("start", [b"\n" + b" " * 4000, b"<!-- a -->\n" * 300, b"<?x ?>" * 500, b"<!-- " * 800])
def test_no_text_keeps_the_recognition_of_pages_busy(start: bytes):
    assert not is_html(start + b"Apache License")
    assert is_html(b"\n <!-- a > -->\n<?x y?>" * 20 + b"<!doctype html>")
