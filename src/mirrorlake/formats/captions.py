"""Read keywords, caption and title that people gave a picture, from untrusted XMP and IPTC blocks. Pure: no I/O.

XMP is XML (ISO 16684-1) with the terms of Dublin Core; IPTC is a list of records (IIM 4.2), usually inside the
resources of a Photoshop block. Where both have a value, XMP counts, which newer programs write.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from xml.etree import ElementTree as ET

from mirrorlake.core.text import printable
from mirrorlake.model.media import Fact

MAX_BLOCK_BYTES = 1 << 20  # a larger one is not read
MAX_KEYWORDS = 100
MAX_KEYWORD = 64  # characters, as in IPTC
MAX_TITLE = 200
MAX_CAPTION = 2000  # characters, as in IPTC

_DC = "{http://purl.org/dc/elements/1.1/}"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_WANTED = re.compile(rb"\bsubject\b|\bdescription\b|\btitle\b")
_PACKET = re.compile(rb"<(?:\w+:)?(?:xmpmeta|xapmeta|RDF)\b")

_RESOURCE = b"8BIM"  # before each resource of Photoshop
_IPTC_RESOURCE = 0x0404
_TITLE, _KEYWORD, _CAPTION, _CHARACTERS = (2, 5), (2, 25), (2, 120), (1, 90)  # record and number
_UTF8 = b"\x1b%G"  # the value of _CHARACTERS for UTF-8


def read_captions(xmp: bytes | None, iptc: bytes | None) -> Mapping[str, Fact]:
    """The facts `keywords`, `caption` and `title` of these blocks, as far as they have them. Never raises."""
    return {**(_read_iptc(iptc) if iptc else {}), **(_read_xmp(xmp) if xmp else {})}


def _facts(keywords: Iterable[str], caption: str, title: str) -> dict[str, Fact]:
    words = (printable(word, MAX_KEYWORD) for word in keywords)
    some = [word for word in dict.fromkeys(words) if word is not None][:MAX_KEYWORDS]
    found: dict[str, Fact | None] = {
        "keywords": tuple(some) or None,
        "caption": printable(" ".join(caption[: 2 * MAX_CAPTION].split()), MAX_CAPTION),
        "title": printable(title[: 2 * MAX_TITLE], MAX_TITLE),
    }
    return {name: value for name, value in found.items() if value is not None}


# XMP


def _read_xmp(block: bytes) -> dict[str, Fact]:
    start = _PACKET.search(block[:MAX_BLOCK_BYTES])
    # A document type could define entities; a packet of XMP has none.
    if start is None or len(block) > MAX_BLOCK_BYTES or b"<!DOCTYPE" in block or not _WANTED.search(block):
        return {}
    try:
        packet = block[start.start() : block.rfind(b">") + 1].partition(b"<?xpacket end")[0]
        root = ET.fromstring(packet)  # noqa: S314  it has no document type, so that no entity can be defined
    except (ET.ParseError, ValueError, LookupError):
        return {}
    caption, title = (_in_default_language(root, term) for term in ("description", "title"))
    return _facts(_items(root, "subject"), caption, title)


def _items(root: ET.Element, term: str) -> list[str]:
    return [item.text or "" for one in root.iter(_DC + term) for item in one.iter(_RDF + "li")]


def _in_default_language(root: ET.Element, term: str) -> str:
    """The alternative for the default language, else the first one."""
    items = [item for one in root.iter(_DC + term) for item in one.iter(_RDF + "li")]
    chosen = next((item for item in items if item.get(_LANGUAGE) == "x-default"), items[0] if items else None)
    return "" if chosen is None else chosen.text or ""


# IPTC


def _read_iptc(block: bytes) -> dict[str, Fact]:
    keywords: list[bytes] = []
    caption = title = b""
    encoding = "cp1252"
    for dataset, value in _datasets(_iptc_records(block[:MAX_BLOCK_BYTES])):
        if dataset == _CHARACTERS:
            encoding = "utf-8" if value == _UTF8 else encoding
        elif dataset == _KEYWORD:
            keywords.append(value)
        elif dataset == _CAPTION:
            caption = caption or value
        elif dataset == _TITLE:
            title = title or value
    return _facts(
        (word.decode(encoding, "replace") for word in keywords[:MAX_KEYWORDS]),
        caption.decode(encoding, "replace"),
        title.decode(encoding, "replace"),
    )


def _iptc_records(block: bytes) -> bytes:
    """The records within the resources of Photoshop, or the block itself if it has none."""
    place = block.find(_RESOURCE)
    if place < 0:
        return block
    while block.startswith(_RESOURCE, place) and place + 12 <= len(block):
        number = int.from_bytes(block[place + 4 : place + 6], "big")
        name = block[place + 6] + 1
        start = place + 6 + name + name % 2
        size = int.from_bytes(block[start : start + 4], "big")
        if number == _IPTC_RESOURCE:
            return block[start + 4 : start + 4 + size]
        place = start + 4 + size + size % 2
    return b""


def _datasets(records: bytes) -> Iterator[tuple[tuple[int, int], bytes]]:
    """Each value with its record and its number. An extended length, which no text here needs, ends the list."""
    place = 0
    while place + 5 <= len(records) and records[place] == 0x1C:  # noqa: PLR2004  the mark before each
        size = int.from_bytes(records[place + 3 : place + 5], "big")
        if size & 0x8000:
            return
        yield (records[place + 1], records[place + 2]), records[place + 5 : place + 5 + size]
        place += 5 + size
