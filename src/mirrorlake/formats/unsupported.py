"""Formats that the library recognises and refuses, so that messages can name them. Pure: no I/O, no decoder."""

from __future__ import annotations

from dataclasses import dataclass

from mirrorlake.formats.magic import Magic, iso_media, riff, starts_with


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsupportedFormat:
    """A format that the library does not read; `phrase` fits into "the bytes are ..."."""

    phrase: str
    magic: Magic


# Recognised, so that messages can name them. The first match counts, after all formats above.
UNSUPPORTED: tuple[UnsupportedFormat, ...] = tuple(
    UnsupportedFormat(phrase=phrase, magic=magic)
    for phrase, magic in (
        ("a raw photograph of Canon", starts_with(b"II*\0\x10\0\0\0CR")),
        ("an image or a video in a container of MPEG-4", iso_media()),
        ("an EBML file", starts_with(b"\x1aE\xdf\xa3")),
        ("a RIFF file", riff()),
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
        ("a program", starts_with(b"\x7fELF", b"MZ")),
        ("a Parquet file", starts_with(b"PAR1")),
        ("a Git LFS pointer (the file itself was never uploaded)", starts_with(b"version https://git-lfs")),
    )
)
