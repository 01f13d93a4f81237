"""Tell what an object is from its first bytes. Names lie, so they only ever earn a warning. Pure: no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

HEAD_BYTES = 4096  # enough for every magic number and for the brands of an ISO media file


class MediaType(StrEnum):
    """What mirrorlake decodes."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    BMP = "image/bmp"
    WEBP = "image/webp"
    AVIF = "image/avif"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsupportedFormat:
    """Bytes that mirrorlake does not decode; `what` fits into "the bytes are …"."""

    what: str


SUFFIXES = {
    "jpg": MediaType.JPEG,
    "jpeg": MediaType.JPEG,
    "jpe": MediaType.JPEG,
    "jfif": MediaType.JPEG,
    "png": MediaType.PNG,
    "apng": MediaType.PNG,
    "bmp": MediaType.BMP,
    "dib": MediaType.BMP,
    "webp": MediaType.WEBP,
    "avif": MediaType.AVIF,
}

# "BM" alone also begins many texts: the size of the header that follows must be one that exists.
_BMP_HEADERS = frozenset({12, 16, 40, 52, 56, 64, 108, 124})

_FOREIGN_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"GIF8", "a GIF"),
    (b"II*\0", "a TIFF"),
    (b"MM\0*", "a TIFF"),
    (b"II+\0", "a BigTIFF"),
    (b"MM\0+", "a BigTIFF"),
    (b"%PDF", "a PDF"),
    (b"%!PS", "PostScript"),
    (b"8BPS", "a Photoshop document"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 stream"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL"),
    (b"\xff\x0a", "a JPEG XL stream"),
    (b"qoif", "a QOI image"),
    (b"\x00\x00\x01\x00", "an icon (ICO)"),
    (b"DDS ", "a DirectDraw surface"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"PK\x05\x06", "a ZIP archive"),
    (b"\x1f\x8b", "gzip-compressed"),
    (b"\x28\xb5\x2f\xfd", "zstd-compressed"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"\x1aE\xdf\xa3", "a Matroska or WebM video"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"PAR1", "a Parquet file"),
    (b"version https://git-lfs", "a Git LFS pointer (the picture itself was never uploaded)"),
)
_RIFF = {b"AVI ": "an AVI video", b"WAVE": "a WAVE sound"}
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"})
_TEXT_CONTROLS = frozenset(b"\t\n\r\x0b\x0c\x1b")


def identify(head: bytes) -> MediaType | UnsupportedFormat:
    """The type of the object that begins with `head` (its first HEAD_BYTES or more, or all of it)."""
    if head.startswith(b"\xff\xd8"):
        return MediaType.JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return MediaType.PNG
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return MediaType.BMP
    if head.startswith(b"RIFF"):
        kind = head[8:12]
        return MediaType.WEBP if kind == b"WEBP" else UnsupportedFormat(what=_RIFF.get(kind, "a RIFF file"))
    if head[4:8] == b"ftyp":
        return _iso_media(head)
    for magic, what in _FOREIGN_MAGIC:
        if head.startswith(magic):
            return UnsupportedFormat(what=what)
    return UnsupportedFormat(what=_describe(head[:HEAD_BYTES]))


def named_type(name: str) -> MediaType | None:
    """The type that a name promises by its suffix, None where it promises none of ours."""
    return SUFFIXES.get(_suffix(name))


def unsupported_message(name: str, foreign: UnsupportedFormat) -> str:
    """The sentence for bytes that are none of the supported types."""
    suffix = _suffix(name)
    return f"named .{suffix}, but the bytes are {foreign.what}" if suffix else f"the bytes are {foreign.what}"


def suffix_mismatch_warning(name: str, found: MediaType) -> str | None:
    """The warning for a name that promises another type than the bytes hold, None where they agree."""
    if named_type(name) in (None, found):
        return None
    return f"named .{_suffix(name)}, but the bytes are {_label(found)}; it was imported as {_label(found)}"


def _label(kind: MediaType) -> str:
    return {
        MediaType.JPEG: "a JPEG",
        MediaType.PNG: "a PNG",
        MediaType.BMP: "a BMP",
        MediaType.WEBP: "a WebP",
        MediaType.AVIF: "an AVIF",
    }[kind]


def _suffix(name: str) -> str:
    base = name.rpartition("/")[2]
    return base.rpartition(".")[2].lower() if "." in base else ""


def _iso_media(head: bytes) -> MediaType | UnsupportedFormat:
    # The box holds a major brand, a version, then compatible brands; any of them may say AVIF.
    end = min(int.from_bytes(head[:4], "big"), HEAD_BYTES)
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))]
    if b"avif" in brands or b"avis" in brands:
        return MediaType.AVIF
    if _HEIC_BRANDS.intersection(brands):
        return UnsupportedFormat(what="a HEIC")
    if b"qt  " in brands:
        return UnsupportedFormat(what="a QuickTime video")
    return UnsupportedFormat(what="an MP4 or similar video")


def _describe(head: bytes) -> str:
    if not head:
        return "none at all (the object is empty)"
    if not head.strip(b"\0"):
        return "only zeros (an upload or a disk that failed?)"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "an HTML page (often a sign-in or error page that was saved instead of the picture)"
    if text.startswith(b"<svg") or (text.startswith(b"<?xml") and b"<svg" in text):
        return "an SVG drawing"
    if text.startswith(b"<"):
        return "XML or HTML text (often an error message that was saved instead of the picture)"
    if text.startswith((b"{", b"[")):
        return "JSON text"
    if all(byte >= ord(" ") or byte in _TEXT_CONTROLS for byte in head):
        return "plain text"
    return "of no picture format that mirrorlake knows"
