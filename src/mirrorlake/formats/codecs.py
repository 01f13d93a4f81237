"""Load the codec of each format when it is first used. This module imports no decoder."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

from mirrorlake.formats.codec import Codec


def jpeg() -> Codec:
    """JPEG."""
    from mirrorlake.formats import jpeg as module  # noqa: PLC0415  loads libvips

    return module.CODEC


def png() -> Codec:
    """PNG."""
    from mirrorlake.formats import png as module  # noqa: PLC0415  loads libvips

    return module.CODEC


def bmp() -> Codec:
    """BMP."""
    from mirrorlake.formats import bmp as module  # noqa: PLC0415  loads libvips and Pillow

    return module.CODEC


def webp() -> Codec:
    """WebP."""
    from mirrorlake.formats import webp as module  # noqa: PLC0415  loads libvips

    return module.CODEC


def avif() -> Codec:
    """AVIF."""
    from mirrorlake.formats import avif as module  # noqa: PLC0415  loads libvips

    return module.CODEC


def gif() -> Codec:
    """GIF."""
    from mirrorlake.formats import gif as module  # noqa: PLC0415  loads libvips

    return module.CODEC


def tiff() -> Codec:
    """TIFF."""
    from mirrorlake.formats import tiff_image as module  # noqa: PLC0415  loads libvips

    return module.CODEC


def heic() -> Codec:
    """HEIC."""
    from mirrorlake.formats import heic as module  # noqa: PLC0415  loads libheif and Pillow

    return module.CODEC


def jpeg2000() -> Codec:
    """JPEG 2000."""
    from mirrorlake.formats import jpeg2000 as module  # noqa: PLC0415  loads Pillow

    return module.CODEC


def svg() -> Codec:
    """SVG."""
    from mirrorlake.formats import svg as module  # noqa: PLC0415  loads libvips

    return module.CODEC


def pdf() -> Codec:
    """PDF."""
    from mirrorlake.formats import pdf as module  # noqa: PLC0415  loads PDFium

    return module.CODEC


def html() -> Codec:
    """HTML."""
    from mirrorlake.formats import text as module  # noqa: PLC0415  loads a parser

    return module.HTML


def json() -> Codec:
    """JSON."""
    from mirrorlake.formats import text as module  # noqa: PLC0415  loads a parser

    return module.JSON


def markdown() -> Codec:
    """Markdown."""
    from mirrorlake.formats import text as module  # noqa: PLC0415  loads a parser

    return module.MARKDOWN


def csv() -> Codec:
    """CSV."""
    from mirrorlake.formats import text as module  # noqa: PLC0415  loads a parser

    return module.CSV


def plain() -> Codec:
    """Plain text."""
    from mirrorlake.formats import text as module  # noqa: PLC0415  loads a parser

    return module.PLAIN


def never_absent() -> str | None:
    """For formats whose decoder is always installed."""
    return None


def without_pyav() -> str | None:
    """A sentence that names the extra with PyAV if it is not installed. Loads nothing.

    It is an extra because its wheels contain codecs under the GPL (decision record 0032).
    """
    if find_spec("av") is not None:
        return None
    return "video and sound need the package PyAV: install mirrorlake[video]"


def _with_pyav(load: Callable[[], Codec]) -> Callable[[], Codec]:
    def codec() -> Codec:
        reason = without_pyav()
        if reason is None:
            return load()
        from mirrorlake.formats.absent import AbsentCodec  # noqa: PLC0415  only where it is needed

        return AbsentCodec(reason)

    return codec


def video(name: str) -> Callable[[], Codec]:
    """The video format with this name in the registry."""

    def load() -> Codec:
        from mirrorlake.formats import video as module  # noqa: PLC0415  loads FFmpeg

        codecs: dict[str, Codec] = {
            "MP4": module.MP4,
            "MOV": module.MOV,
            "WebM": module.WEBM,
            "MKV": module.MKV,
            "AVI": module.AVI,
            "MPEG-TS": module.MPEG_TS,
        }
        return codecs[name]

    return _with_pyav(load)


def sound(name: str) -> Callable[[], Codec]:
    """The format of sound with this name in the registry."""

    def load() -> Codec:
        from mirrorlake.formats import sound as module  # noqa: PLC0415  loads FFmpeg

        codecs: dict[str, Codec] = {
            "WAV": module.WAV,
            "MP3": module.MP3,
            "FLAC": module.FLAC,
            "OGG": module.OGG,
            "M4A": module.M4A,
        }
        return codecs[name]

    return _with_pyav(load)
