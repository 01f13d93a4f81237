"""Recognise formats by the first bytes of an object. Pure: no I/O, no decoder."""

from __future__ import annotations

import re
from collections.abc import Callable

HEAD_BYTES = 4096  # enough for every magic number and for the brands of an ISO media file

Magic = Callable[[bytes], bool]
"""Whether an object that begins with these bytes (its first HEAD_BYTES or more, or all of it) has a format."""

# Many texts begin with "BM" too, so the size of the following header must be a valid one.
_BITMAP_HEADERS = frozenset({12, 16, 40, 52, 56, 64, 108, 124})


def starts_with(*beginnings: bytes) -> Magic:
    """Objects that start with one of these."""
    return lambda head: head.startswith(beginnings)


def riff(form: bytes = b"") -> Magic:
    """RIFF files of this form; without one, of any."""
    return lambda head: head.startswith(b"RIFF") and head[8:12].startswith(form)


def iso_media(*brands: bytes) -> Magic:
    """ISO media files with one of these brands, major or compatible; without brands, all of them."""
    wanted = frozenset(brands)

    def matches(head: bytes) -> bool:
        if head[4:8] != b"ftyp":
            return False
        # The box holds a major brand, a version, then compatible brands.
        end = min(int.from_bytes(head[:4], "big"), HEAD_BYTES)
        found = {head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))}
        return not wanted or bool(wanted & found)

    return matches


def is_bitmap(head: bytes) -> bool:
    """Windows bitmaps."""
    return head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BITMAP_HEADERS


def is_tiff(head: bytes) -> bool:
    """TIFF and BigTIFF in either byte order, without the raw photographs of Canon, which begin like one."""
    return head.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")) and head[8:10] != b"CR"


_HEVC = iso_media(b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs")
_AVIF = iso_media(b"avif", b"avis")
_OTHER_CODECS = iso_media(b"jpeg", b"j2ki", b"avci")
_HEIF = iso_media(b"mif1", b"msf1")


def is_heic(head: bytes) -> bool:
    """HEIF with HEVC pixels. The brands `mif1` and `msf1` do not name the codec, which then is HEVC in most files."""
    return not _AVIF(head) and (_HEVC(head) or (_HEIF(head) and not _OTHER_CODECS(head)))


# What may precede the root element of XML: declaration, processing instructions, comments, a document type.
_PROLOG = re.compile(rb"(?:\s+|<\?[^>]*\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[[^\]]*\]\s*)?>)*", re.DOTALL)
_ROOT = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?svg[\s>/]")


def is_drawing(head: bytes) -> bool:
    """XML whose root element is `svg`."""
    text = head[:HEAD_BYTES].removeprefix(b"\xef\xbb\xbf")
    start = _PROLOG.match(text)
    return start is not None and _ROOT.match(text, start.end()) is not None


def is_pdf(head: bytes) -> bool:
    """PDF, also with blank lines before its mark."""
    return head[:HEAD_BYTES].lstrip().startswith(b"%PDF-")


_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")  # of UTF-16, and of UTF-32 in the first order
_BLANK = b"\xef\xbb\xbf \t\r\n"
_TEXT_CONTROLS = frozenset(b"\t\n\r\x0b\x0c\x1b")
# Possessive: what precedes the first tag is read in one way only, so that no text takes longer than its length.
_HTML = re.compile(
    rb"(?:<!--(?:(?!-->).)*+-->|<\?(?:(?!\?>)[^>])*+\?>|\s++)*+<(?:!doctype html|html|head|body)\b",
    re.DOTALL | re.IGNORECASE,
)
_JSON = re.compile(rb"\{\s*[\"}]|\[\s*[\[{\"\]\dtfn-]")


def is_text(head: bytes) -> bool:
    """Bytes without control characters, or with the mark of a wide encoding; not none at all."""
    some = head[:HEAD_BYTES]
    return bool(some) and (
        some.startswith(_WIDE_MARKS) or all(byte >= ord(" ") or byte in _TEXT_CONTROLS for byte in some)
    )


def is_html(head: bytes) -> bool:
    """Text that begins as an HTML page must."""
    return is_text(head) and _HTML.match(head[:HEAD_BYTES].removeprefix(b"\xef\xbb\xbf")) is not None


def is_json(head: bytes) -> bool:
    """Text that begins as an object or a list of JSON."""
    return is_text(head) and _JSON.match(head[:HEAD_BYTES].lstrip(_BLANK)) is not None


_APPLE_SOUND = frozenset({b"M4A ", b"M4B ", b"M4P "})  # major brands
_OLD_QUICKTIME = frozenset({b"moov", b"mdat", b"wide"})  # first boxes of files without brands
_PICTURES = iso_media(b"avif", b"avis", b"mif1", b"msf1", b"crx ", b"jpeg", b"avci", b"j2ki", b"jp2 ", b"jxl ")


def is_m4a(head: bytes) -> bool:
    """MPEG-4 sound of Apple."""
    return head[4:8] == b"ftyp" and head[8:12] in _APPLE_SOUND


def is_mov(head: bytes) -> bool:
    """QuickTime, with the brand or from before there were brands."""
    return head[4:8] in _OLD_QUICKTIME or (head[4:12] == b"ftypqt  ")


def is_mp4(head: bytes) -> bool:
    """ISO media files that are neither QuickTime nor known as sound or pictures: MP4, 3GP and their relatives."""
    branded = len(head) >= 12 and iso_media()(head)  # noqa: PLR2004  with its major brand
    return branded and not is_m4a(head) and not is_mov(head) and not _PICTURES(head) and not _HEVC(head)


def matroska(document: bytes) -> Magic:
    """EBML files with this type of document."""
    field = b"\x42\x82" + bytes([0x80 | len(document)]) + document
    return lambda head: head.startswith(b"\x1a\x45\xdf\xa3") and field in head[:64]


_PACKETS = ((0, 188), (4, 192))  # where the first packet begins, and how long each is: M2TS has 4 bytes before each
_SYNC = 0x47


def is_mpeg_ts(head: bytes) -> bool:
    """MPEG transport streams: every packet begins with the same byte."""
    return any(
        len(head) > first + 2 * length and all(head[place] == _SYNC for place in range(first, len(head[:2048]), length))
        for first, length in _PACKETS
    )


def is_mp3(head: bytes) -> bool:
    """MPEG sound of layer III, with or without tags before it."""
    if head.startswith(b"ID3"):
        return True
    layer_three = len(head) > 3 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2  # noqa: PLR2004  sync, and the layer
    return layer_three and head[2] >> 4 not in (0, 15) and head[2] & 0x0C != 0x0C  # noqa: PLR2004  bit rate, rate
