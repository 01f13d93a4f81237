"""The formats that the library reads, one row each, and those that it recognises and refuses.

Selection uses the suffixes, identification the magic, processing the codec, `doctor` and messages the names. A new
format needs a row here and a module, which is loaded when it is first used: select and search import this table, so it
must not load decoders.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from mirrorlake.formats.codec import Codec
from mirrorlake.formats.magic import Magic, is_bitmap, is_drawing, is_heic, is_tiff, iso_media, riff, starts_with
from mirrorlake.model.media import MediaKind

MAX_OBJECT_BYTES = 256 << 20  # an uncompressed 16-bit image of 40 megapixels; workers hold several objects at once
MAX_DRAWING_BYTES = 16 << 20  # of an SVG, which is parsed as a whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One format that the library reads."""

    name: str  # in messages: "JPEG"
    phrase: str  # fits into "the bytes are ...": "a JPEG"
    kind: MediaKind
    media_type: str
    suffixes: tuple[str, ...]  # lower case, with the dot, at most eight bytes; the usual one first
    magic: Magic
    codec: Callable[[], Codec]  # loads the decoder
    max_bytes: int = MAX_OBJECT_BYTES  # of an object; larger ones are refused unread


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsupportedFormat:
    """A format that the library does not read; `phrase` fits into "the bytes are ..."."""

    phrase: str
    magic: Magic


def _jpeg() -> Codec:
    from mirrorlake.formats import jpeg  # noqa: PLC0415  loads libvips

    return jpeg.CODEC


def _png() -> Codec:
    from mirrorlake.formats import png  # noqa: PLC0415  loads libvips

    return png.CODEC


def _bmp() -> Codec:
    from mirrorlake.formats import bmp  # noqa: PLC0415  loads libvips and Pillow

    return bmp.CODEC


def _webp() -> Codec:
    from mirrorlake.formats import webp  # noqa: PLC0415  loads libvips

    return webp.CODEC


def _avif() -> Codec:
    from mirrorlake.formats import avif  # noqa: PLC0415  loads libvips

    return avif.CODEC


def _gif() -> Codec:
    from mirrorlake.formats import gif  # noqa: PLC0415  loads libvips

    return gif.CODEC


def _tiff() -> Codec:
    from mirrorlake.formats import tiff_image  # noqa: PLC0415  loads libvips

    return tiff_image.CODEC


def _heic() -> Codec:
    from mirrorlake.formats import heic  # noqa: PLC0415  loads libheif and Pillow

    return heic.CODEC


def _jpeg2000() -> Codec:
    from mirrorlake.formats import jpeg2000  # noqa: PLC0415  loads Pillow

    return jpeg2000.CODEC


def _svg() -> Codec:
    from mirrorlake.formats import svg  # noqa: PLC0415  loads libvips

    return svg.CODEC


FORMATS: tuple[Format, ...] = (
    Format(
        name="JPEG",
        phrase="a JPEG",
        kind=MediaKind.IMAGE,
        media_type="image/jpeg",
        suffixes=(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),
        magic=starts_with(b"\xff\xd8"),
        codec=_jpeg,
    ),
    Format(
        name="PNG",
        phrase="a PNG",
        kind=MediaKind.IMAGE,
        media_type="image/png",
        suffixes=(".png", ".apng"),
        magic=starts_with(b"\x89PNG\r\n\x1a\n"),
        codec=_png,
    ),
    Format(
        name="BMP",
        phrase="a BMP",
        kind=MediaKind.IMAGE,
        media_type="image/bmp",
        suffixes=(".bmp", ".dib"),
        magic=is_bitmap,
        codec=_bmp,
    ),
    Format(
        name="WebP",
        phrase="a WebP",
        kind=MediaKind.IMAGE,
        media_type="image/webp",
        suffixes=(".webp",),
        magic=riff(b"WEBP"),
        codec=_webp,
    ),
    Format(
        name="AVIF",
        phrase="an AVIF",
        kind=MediaKind.IMAGE,
        media_type="image/avif",
        suffixes=(".avif",),
        magic=iso_media(b"avif", b"avis"),
        codec=_avif,
    ),
    Format(
        name="GIF",
        phrase="a GIF",
        kind=MediaKind.IMAGE,
        media_type="image/gif",
        suffixes=(".gif",),
        magic=starts_with(b"GIF87a", b"GIF89a"),
        codec=_gif,
    ),
    Format(
        name="TIFF",
        phrase="a TIFF",
        kind=MediaKind.IMAGE,
        media_type="image/tiff",
        suffixes=(".tif", ".tiff"),
        magic=is_tiff,
        codec=_tiff,
    ),
    Format(
        name="HEIC",
        phrase="a HEIC",
        kind=MediaKind.IMAGE,
        media_type="image/heic",
        suffixes=(".heic", ".heif", ".hif"),
        magic=is_heic,
        codec=_heic,
    ),
    Format(
        name="JPEG 2000",
        phrase="a JPEG 2000",
        kind=MediaKind.IMAGE,
        media_type="image/jp2",
        suffixes=(".jp2", ".j2k", ".j2c", ".jpc", ".jpx"),
        magic=starts_with(b"\x00\x00\x00\x0cjP  ", b"\xff\x4f\xff\x51"),
        codec=_jpeg2000,
    ),
    Format(
        name="SVG",
        phrase="an SVG",
        kind=MediaKind.IMAGE,
        media_type="image/svg+xml",
        suffixes=(".svg",),
        magic=is_drawing,
        codec=_svg,
        max_bytes=MAX_DRAWING_BYTES,
    ),
)

# Recognised, so that messages can name them. The first match counts, after all formats above.
UNSUPPORTED: tuple[UnsupportedFormat, ...] = tuple(
    UnsupportedFormat(phrase=phrase, magic=magic)
    for phrase, magic in (
        ("a raw photograph of Canon", starts_with(b"II*\0\x10\0\0\0CR")),
        ("a QuickTime video", iso_media(b"qt  ")),
        ("an MP4 or similar video", iso_media()),
        ("an AVI video", riff(b"AVI ")),
        ("a WAVE sound", riff(b"WAVE")),
        ("a RIFF file", riff()),
        ("a PDF", starts_with(b"%PDF")),
        ("PostScript", starts_with(b"%!PS")),
        ("a Photoshop document", starts_with(b"8BPS")),
        ("a JPEG XL", starts_with(b"\x00\x00\x00\x0cJXL ")),
        ("a JPEG XL stream", starts_with(b"\xff\x0a")),
        ("a QOI image", starts_with(b"qoif")),
        ("an icon (ICO)", starts_with(b"\x00\x00\x01\x00")),
        ("a DirectDraw surface", starts_with(b"DDS ")),
        ("a ZIP archive", starts_with(b"PK\x03\x04", b"PK\x05\x06")),
        ("gzip-compressed", starts_with(b"\x1f\x8b")),
        ("zstd-compressed", starts_with(b"\x28\xb5\x2f\xfd")),
        ("a 7-Zip archive", starts_with(b"7z\xbc\xaf\x27\x1c")),
        ("a Matroska or WebM video", starts_with(b"\x1aE\xdf\xa3")),
        ("a program", starts_with(b"\x7fELF", b"MZ")),
        ("a Parquet file", starts_with(b"PAR1")),
        ("a Git LFS pointer (the file itself was never uploaded)", starts_with(b"version https://git-lfs")),
    )
)


@cache
def formats_by_suffix() -> Mapping[str, Format]:
    """The format of every suffix (lower case, with its dot) that selects objects. Sorted."""
    return dict(sorted(((suffix, one) for one in FORMATS for suffix in one.suffixes), key=lambda row: row[0]))


def format_of_name(key: str) -> Format | None:
    """The format of a name's suffix; None if no format has it."""
    dot = key.rfind(".")
    suffix = key[dot:] if dot >= 0 else ""
    return formats_by_suffix().get(suffix.lower()) if suffix.isascii() else None


def format_names() -> str:
    """All formats in a sentence: "JPEG, PNG and WebP"."""
    *most, last = (one.name for one in FORMATS)
    return f"{', '.join(most)} and {last}" if most else last


def load_codecs() -> None:
    """Load all decoders, so that the first object of a format does not wait for them."""
    for one in FORMATS:
        one.codec()
