"""Keywords, captions and titles are read from XMP and IPTC wherever a format allows them, and nothing else is."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.support.images import encoded, scene

from mirrorlake.formats.captions import MAX_CAPTION, read_captions
from mirrorlake.processing.process import process_bytes


def xmp(
    keywords: tuple[str, ...] = ("forklift", "hall 3"), caption: str = "In the  hall", title: str = "Night shift"
) -> bytes:
    items = "".join(f"<rdf:li>{word}</rdf:li>" for word in keywords)
    return f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:subject><rdf:Bag>{items}</rdf:Bag></dc:subject>
<dc:description><rdf:Alt><rdf:li xml:lang="de">Nachts</rdf:li><rdf:li xml:lang="x-default">{caption}</rdf:li></rdf:Alt>
</dc:description><dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>""".encode()


def dataset(record: int, number: int, value: bytes) -> bytes:
    return bytes((0x1C, record, number)) + len(value).to_bytes(2, "big") + value


def photoshop(records: bytes) -> bytes:
    other = b"8BIM\x04\x25\0\0" + (3).to_bytes(4, "big") + b"abc\0"
    return other + b"8BIM\x04\x04\0\0" + len(records).to_bytes(4, "big") + records


IPTC = dataset(2, 25, b"forklift") + dataset(2, 25, "Gr\xfcn".encode("cp1252")) + dataset(2, 120, b"A  caption")
ALL = {"keywords": ("forklift", "hall 3"), "caption": "In the hall", "title": "Night shift"}


@pytest.mark.parametrize("encoder", ["jpeg", "png", "webp", "tiff", "avif"])
def test_captions_of_xmp_are_facts(encoder: str):
    picture = scene(40, 30)
    options: dict[str, object] = {"xmp": xmp()}
    if encoder == "png":
        from PIL.PngImagePlugin import PngInfo  # noqa: PLC0415  only here

        text = PngInfo()
        text.add_itxt("XML:com.adobe.xmp", xmp().decode())
        options = {"pnginfo": text}
    if encoder == "tiff":
        options = {"tiffinfo": {700: xmp()}}
    facts = process_bytes(encoded(picture, encoder, **options), "a").facts
    assert facts.camera == ALL


def test_captions_of_iptc_are_facts_and_xmp_wins():
    body = b"Photoshop 3.0\0" + photoshop(IPTC)
    segment = b"\xff\xed" + (len(body) + 2).to_bytes(2, "big") + body
    data = encoded(scene(40, 30), "jpeg")
    with_iptc = data[:2] + segment + data[2:]
    assert process_bytes(with_iptc, "a").facts.camera == {"keywords": ("forklift", "Grün"), "caption": "A caption"}
    out = io.BytesIO()
    with Image.open(io.BytesIO(with_iptc)) as picture:
        picture.save(out, "JPEG", xmp=xmp(keywords=()))
    marked = out.getvalue()
    both = process_bytes(marked[:2] + segment + marked[2:], "a").facts.camera
    assert both == {"keywords": ("forklift", "Grün"), "caption": "In the hall", "title": "Night shift"}


def test_captions_of_iptc_in_a_tiff_are_facts():
    data = encoded(scene(40, 30), "tiff", tiffinfo={33723: IPTC + bytes(-len(IPTC) % 4)})
    assert process_bytes(data, "a.tif").facts.camera == {"keywords": ("forklift", "Grün"), "caption": "A caption"}


def test_iptc_may_be_utf8_and_without_the_block_of_photoshop():
    records = dataset(1, 90, b"\x1b%G") + dataset(2, 5, "Grün".encode())
    assert read_captions(None, records) == {"title": "Grün"}


@pytest.mark.parametrize(
    "block",
    [
        xmp()[:200],
        xmp().replace(b"</rdf:Bag>", b""),
        b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + xmp(title="&a;"),
        xmp(title="&a;"),
        b"<x:xmpmeta>" * 90_000,
        b"<xmpmeta>" * 50_000 + b"<title/>" + b"</xmpmeta>" * 50_000,
        xmp() + bytes(1 << 20),
        b"",
    ],
    ids=["cut", "not closed", "document type", "entity", "nested", "nested and closed", "large", "empty"],
)
def test_other_xmp_is_passed_over(block: bytes):
    assert read_captions(block, None) == {}


def test_values_are_short_and_printable():
    found = read_captions(xmp(keywords=("a", "a", " ", "x" * 999), caption="word " * 9999, title="a\u202eb"), None)
    assert found["keywords"] == ("a", "x" * 64)
    assert len(found["caption"]) <= MAX_CAPTION
    assert found["title"] == "ab"


@given(st.binary(max_size=300), st.integers(0, 120))
def test_any_bytes_are_answered(data: bytes, place: int):
    whole = photoshop(IPTC)
    for block in (data, whole[:place] + data, whole[:place] + data + whole[place:]):
        assert read_captions(block, block).keys() <= {"keywords", "caption", "title"}
