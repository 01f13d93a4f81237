"""The formats that the library reads, one row each.

Selection uses the suffixes, identification the magic, processing the codec, `doctor` and messages the names. A new
format needs a row here and a module, which is loaded when it is first used: select and search import this table, so it
must not load decoders.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache

from mirrorlake.formats import codecs
from mirrorlake.formats.codec import Codec
from mirrorlake.formats.magic import (
    Magic,
    is_bitmap,
    is_drawing,
    is_heic,
    is_html,
    is_json,
    is_m4a,
    is_mov,
    is_mp3,
    is_mp4,
    is_mpeg_ts,
    is_pdf,
    is_text,
    is_tiff,
    iso_media,
    matroska,
    riff,
    starts_with,
)
from mirrorlake.model.media import MediaKind

MAX_OBJECT_BYTES = 256 << 20  # an uncompressed 16-bit image of 40 megapixels; workers hold several objects at once
MAX_TEXT_BYTES = 64 << 20
MAX_MEDIA_BYTES = 1 << 30  # of videos and recordings that are read as a whole; a worker then holds nothing else
HEADER_BYTES = 256 << 10  # larger than EXIF, XMP, a colour profile and an embedded preview usually are together
RANGED_BYTES = 4 << 20  # smaller objects are read whole by one request, which takes no longer and gives their digest
RANGED_SOUND_BYTES = 64 << 20  # the waveform of a recording of less than ten minutes needs all of it
MAX_DRAWING_BYTES = 16 << 20  # of an SVG, which is parsed as a whole


class HeaderPlace(Enum):
    """Where the facts of an object are that is not read as a whole."""

    WHOLE = "whole"  # anywhere: all of it is read
    FIRST = "first"  # in its first HEADER_BYTES
    PARTS = "parts"  # where its codec looks for them; also of formats with `ranged_from`


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One format that the library reads."""

    name: str  # in messages: "JPEG"
    phrase: str  # fits into "the bytes are ...": "a JPEG"
    kind: MediaKind
    media_type: str
    suffixes: tuple[str, ...]  # lower case, with the dot, at most eight bytes; the usual one first
    opt_in_suffixes: tuple[str, ...] = ()  # as these, but they select objects only where a datasource opts in
    magic: Magic
    codec: Callable[[], Codec]  # loads the decoder
    max_bytes: int = MAX_OBJECT_BYTES  # that are held at once; larger objects are refused unread if they need that
    header: HeaderPlace = HeaderPlace.WHOLE  # of objects with more than HEADER_BYTES, if only their facts are wanted
    ranged_from: int | None = None  # bytes from which only parts of an object are read; None: always all of it
    without_video: str | None = None  # the format of its files that have only sound
    absent: Callable[[], str | None] = codecs.never_absent  # why objects cannot be read here; loads no decoder


def _media(
    name: str,
    phrase: str,
    kind: MediaKind,
    media_type: str,
    *,
    suffixes: tuple[str, ...],
    magic: Magic,
    without_video: str | None = None,
) -> Format:
    """A row that FFmpeg reads."""
    codec = codecs.video(name) if kind is MediaKind.VIDEO else codecs.sound(name)
    return Format(
        name=name,
        phrase=phrase,
        kind=kind,
        media_type=media_type,
        suffixes=suffixes,
        magic=magic,
        codec=codec,
        max_bytes=MAX_MEDIA_BYTES,
        header=HeaderPlace.PARTS,
        ranged_from=RANGED_BYTES if kind is MediaKind.VIDEO else RANGED_SOUND_BYTES,
        without_video=without_video,
        absent=codecs.without_pyav,
    )


FORMATS: tuple[Format, ...] = (
    Format(
        name="JPEG",
        phrase="a JPEG",
        kind=MediaKind.IMAGE,
        media_type="image/jpeg",
        suffixes=(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),
        magic=starts_with(b"\xff\xd8"),
        codec=codecs.jpeg,
        header=HeaderPlace.FIRST,
    ),
    Format(
        name="PNG",
        phrase="a PNG",
        kind=MediaKind.IMAGE,
        media_type="image/png",
        suffixes=(".png", ".apng"),
        magic=starts_with(b"\x89PNG\r\n\x1a\n"),
        codec=codecs.png,
        header=HeaderPlace.PARTS,
    ),
    Format(
        name="BMP",
        phrase="a BMP",
        kind=MediaKind.IMAGE,
        media_type="image/bmp",
        suffixes=(".bmp", ".dib"),
        magic=is_bitmap,
        codec=codecs.bmp,
        header=HeaderPlace.FIRST,
    ),
    Format(
        name="WebP",
        phrase="a WebP",
        kind=MediaKind.IMAGE,
        media_type="image/webp",
        suffixes=(".webp",),
        magic=riff(b"WEBP"),
        codec=codecs.webp,
        header=HeaderPlace.PARTS,
    ),
    Format(
        name="AVIF",
        phrase="an AVIF",
        kind=MediaKind.IMAGE,
        media_type="image/avif",
        suffixes=(".avif",),
        magic=iso_media(b"avif", b"avis"),
        codec=codecs.avif,
        header=HeaderPlace.FIRST,
    ),
    Format(
        name="GIF",
        phrase="a GIF",
        kind=MediaKind.IMAGE,
        media_type="image/gif",
        suffixes=(".gif",),
        magic=starts_with(b"GIF87a", b"GIF89a"),
        codec=codecs.gif,
        header=HeaderPlace.FIRST,
    ),
    Format(
        name="TIFF",
        phrase="a TIFF",
        kind=MediaKind.IMAGE,
        media_type="image/tiff",
        suffixes=(".tif", ".tiff"),
        magic=is_tiff,
        codec=codecs.tiff,
        header=HeaderPlace.PARTS,
    ),
    Format(
        name="HEIC",
        phrase="a HEIC",
        kind=MediaKind.IMAGE,
        media_type="image/heic",
        suffixes=(".heic", ".heif", ".hif"),
        magic=is_heic,
        codec=codecs.heic,
        header=HeaderPlace.FIRST,
    ),
    Format(
        name="JPEG 2000",
        phrase="a JPEG 2000",
        kind=MediaKind.IMAGE,
        media_type="image/jp2",
        suffixes=(".jp2", ".j2k", ".j2c", ".jpc", ".jpx"),
        magic=starts_with(b"\x00\x00\x00\x0cjP  ", b"\xff\x4f\xff\x51"),
        codec=codecs.jpeg2000,
        header=HeaderPlace.FIRST,
    ),
    Format(
        name="SVG",
        phrase="an SVG",
        kind=MediaKind.IMAGE,
        media_type="image/svg+xml",
        suffixes=(".svg",),
        magic=is_drawing,
        codec=codecs.svg,
        max_bytes=MAX_DRAWING_BYTES,
    ),
    Format(
        name="PDF",
        phrase="a PDF",
        kind=MediaKind.DOCUMENT,
        media_type="application/pdf",
        suffixes=(".pdf",),
        magic=is_pdf,
        codec=codecs.pdf,
        header=HeaderPlace.PARTS,
        ranged_from=RANGED_BYTES,
    ),
    _media(
        "MP4",
        "an MP4",
        MediaKind.VIDEO,
        "video/mp4",
        suffixes=(".mp4", ".m4v"),
        magic=is_mp4,
        without_video="M4A",  # phones record sound under the brands of videos
    ),
    _media(
        "MOV",
        "a MOV",
        MediaKind.VIDEO,
        "video/quicktime",
        suffixes=(".mov", ".qt"),
        magic=is_mov,
        without_video="M4A",
    ),
    _media("WebM", "a WebM", MediaKind.VIDEO, "video/webm", suffixes=(".webm",), magic=matroska(b"webm")),
    _media("MKV", "an MKV", MediaKind.VIDEO, "video/matroska", suffixes=(".mkv",), magic=matroska(b"matroska")),
    _media("AVI", "an AVI", MediaKind.VIDEO, "video/vnd.avi", suffixes=(".avi",), magic=riff(b"AVI ")),
    _media("MPEG-TS", "an MPEG-TS", MediaKind.VIDEO, "video/mp2t", suffixes=(".ts", ".mts", ".m2ts"), magic=is_mpeg_ts),
    _media("WAV", "a WAV", MediaKind.AUDIO, "audio/wav", suffixes=(".wav",), magic=riff(b"WAVE")),
    _media("MP3", "an MP3", MediaKind.AUDIO, "audio/mpeg", suffixes=(".mp3",), magic=is_mp3),
    _media("FLAC", "a FLAC", MediaKind.AUDIO, "audio/flac", suffixes=(".flac",), magic=starts_with(b"fLaC")),
    _media(
        "OGG", "an OGG", MediaKind.AUDIO, "audio/ogg", suffixes=(".ogg", ".oga", ".opus"), magic=starts_with(b"OggS")
    ),
    _media("M4A", "an M4A", MediaKind.AUDIO, "audio/mp4", suffixes=(".m4a", ".m4b"), magic=is_m4a),
)

# Of these, only HTML and JSON are recognised by their bytes; names separate the others. The first match counts, after
# all formats above. A `.json` is usually the sidecar of other objects.
TEXTS: tuple[Format, ...] = (
    Format(
        name="HTML",
        phrase="an HTML page",
        kind=MediaKind.TEXT,
        media_type="text/html",
        suffixes=(".html", ".htm"),
        magic=is_html,
        codec=codecs.html,
        max_bytes=MAX_TEXT_BYTES,
        header=HeaderPlace.FIRST,
    ),
    Format(
        name="JSON",
        phrase="JSON text",
        kind=MediaKind.TEXT,
        media_type="application/json",
        suffixes=(".jsonl", ".ndjson", ".geojson"),
        opt_in_suffixes=(".json",),
        magic=is_json,
        codec=codecs.json,
        max_bytes=MAX_TEXT_BYTES,
        header=HeaderPlace.FIRST,
    ),
    Format(
        name="Markdown",
        phrase="Markdown",
        kind=MediaKind.TEXT,
        media_type="text/markdown",
        suffixes=(".md",),
        magic=is_text,
        codec=codecs.markdown,
        max_bytes=MAX_TEXT_BYTES,
        header=HeaderPlace.FIRST,
    ),
    Format(
        name="CSV",
        phrase="CSV text",
        kind=MediaKind.TEXT,
        media_type="text/csv",
        suffixes=(".csv",),
        magic=is_text,
        codec=codecs.csv,
        max_bytes=MAX_TEXT_BYTES,
        header=HeaderPlace.FIRST,
    ),
    Format(
        name="text",
        phrase="plain text",
        kind=MediaKind.TEXT,
        media_type="text/plain",
        suffixes=(".txt", ".text", ".log"),
        magic=is_text,
        codec=codecs.plain,
        max_bytes=MAX_TEXT_BYTES,
        header=HeaderPlace.FIRST,
    ),
)


def all_formats() -> tuple[Format, ...]:
    """Every format, texts last."""
    return (*FORMATS, *TEXTS)


@cache
def formats_by_suffix() -> Mapping[str, Format]:
    """The format of every suffix (lower case, with its dot) of an asset, also of those that need an opt-in. Sorted."""
    rows = ((suffix, one) for one in all_formats() for suffix in (*one.suffixes, *one.opt_in_suffixes))
    return dict(sorted(rows, key=lambda row: row[0]))


@cache
def suffixes_of(kinds: tuple[MediaKind, ...]) -> tuple[str, ...]:
    """The suffixes that always select objects of these kinds. Sorted."""
    return tuple(sorted(suffix for one in all_formats() if one.kind in kinds for suffix in one.suffixes))


@cache
def opt_in_suffixes_of(kinds: tuple[MediaKind, ...]) -> tuple[str, ...]:
    """The suffixes that select objects of these kinds only where a datasource opts in. Sorted."""
    return tuple(sorted(suffix for one in all_formats() if one.kind in kinds for suffix in one.opt_in_suffixes))


def format_named(name: str) -> Format:
    """The format with this name. Raises StopIteration for an unknown one."""
    return next(one for one in all_formats() if one.name == name)


def possible_kinds(found: Format) -> frozenset[MediaKind]:
    """The kinds of the objects that begin like this format."""
    return frozenset((found.kind, *(() if found.without_video is None else (format_named(found.without_video).kind,))))


def format_of_name(key: str) -> Format | None:
    """The format of a name's suffix; None if no format has it."""
    dot = key.rfind(".")
    suffix = key[dot:] if dot >= 0 else ""
    return formats_by_suffix().get(suffix.lower()) if suffix.isascii() else None


def is_ranged(key: str, size: int) -> bool:
    """Whether only parts of an object are read, by its name and size."""
    named = format_of_name(key)
    return named is not None and named.ranged_from is not None and size >= named.ranged_from


def has_header(key: str, size: int) -> bool:
    """Whether only parts of an object are read for its facts, by its name and size."""
    named = format_of_name(key)
    return size > HEADER_BYTES and named is not None and named.header is not HeaderPlace.WHOLE


def text_named(named: Format) -> Format:
    """The format of a text whose bytes are neither a whole HTML page nor JSON, under the name of this kind of text."""
    return TEXTS[-1] if named.magic is is_json else named  # a part of an HTML page is one too


def format_names(kinds: Collection[MediaKind] = tuple(MediaKind)) -> str:
    """All formats of these kinds in a sentence: "JPEG, PNG and WebP"."""
    *most, last = (one.name for one in all_formats() if one.kind in kinds)
    return f"{', '.join(most)} and {last}" if most else last


def load_codecs(kinds: Collection[MediaKind]) -> None:
    """Load all decoders of these kinds, so that the first object of a format does not wait for them."""
    for one in all_formats():
        if one.kind in kinds:
            one.codec()
