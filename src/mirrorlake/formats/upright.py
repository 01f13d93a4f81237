"""Write an image again with its pixels turned by its EXIF orientation, for programs that do not read EXIF."""

from __future__ import annotations

from typing import Final

import pyvips

from mirrorlake.formats.identify import identify, unsupported_message
from mirrorlake.formats.image import VipsImage, error_detail, image_facts
from mirrorlake.formats.magic import HEAD_BYTES
from mirrorlake.formats.stages import Stage, UndecodableObject
from mirrorlake.formats.unsupported import UnsupportedFormat

# Better tables of codes make a JPEG a few percent smaller, but take four times its pixels in memory to find.
OPTIMISED_PIXELS: Final = 24_000_000
QUALITY: Final = 95  # of lossy formats; from 90 on, JPEG keeps the resolution of colours

_MIRRORED: Final = 2  # left to right: each row of the result needs only its own
_SAVERS: Final[dict[str, str]] = {"JPEG": ".jpg", "PNG": ".png", "TIFF": ".tif", "WebP": ".webp"}


def turn_upright(data: bytes, name: str = "") -> bytes | None:
    """The image in its own format with upright pixels and an orientation of 1; None if it is upright already.

    Colour profile and metadata stay, but for the camera tags of a TIFF. JPEG and lossy WebP are compressed again with a
    quality of 95. Raises UndecodableObject for what is no image, is damaged, has a format that is not written, or
    several pages.
    """
    found = identify(data[:HEAD_BYTES], name)
    if isinstance(found, UnsupportedFormat):
        raise UndecodableObject(Stage.IDENTIFY, unsupported_message(name, found))
    codec = found.codec()
    facts = image_facts(codec.probe(data).facts)
    if facts.orientation == 1:
        return None
    suffix = _SAVERS.get(found.name)
    if suffix is None or not isinstance(codec, VipsImage):
        raise UndecodableObject(Stage.DECODE, f"{found.phrase} is not written by mirrorlake, so it cannot be turned")
    if facts.frames is not None:
        raise UndecodableObject(
            Stage.DECODE, f"it has {facts.frames:,} pages or frames, and only single ones are turned"
        )
    try:
        # Not by the codec, which leaves out what only slows a thumbnail, such as EXIF.
        image = pyvips.Image.new_from_buffer(data, "", access="sequential", fail_on="truncated").copy()
        # Where EXIF is in a place that libvips does not read, such as behind the pixels, the image has no orientation.
        image.set_type(pyvips.GValue.gint_type, "orientation", facts.orientation)
        if facts.orientation != _MIRRORED:  # the first row of the result needs the last one, or all of them
            image = image.copy_memory()
        return image.autorot().write_to_buffer(suffix, **_options(found.name, data, facts.width * facts.height))
    except pyvips.Error as error:
        raise UndecodableObject(Stage.DECODE, f"{found.phrase} is damaged{error_detail(error)}") from error


def _options(name: str, data: bytes, pixels: int) -> dict[str, object]:
    match name:
        case "JPEG":
            return {"Q": QUALITY, "optimize_coding": pixels <= OPTIMISED_PIXELS}
        case "WebP":
            return {"lossless": True} if _is_lossless(data) else {"Q": QUALITY}
        case "TIFF":
            return {"compression": "deflate"}
        case _:
            return {}


def _is_lossless(webp: bytes) -> bool:
    """Whether the pixels of a WebP are in the lossless chunk, which comes after any colour profile."""
    place = 12  # after RIFF, a length and WEBP
    while place + 8 <= len(webp):
        name, length = webp[place : place + 4], int.from_bytes(webp[place + 4 : place + 8], "little")
        if name in {b"VP8L", b"VP8 "}:
            return name == b"VP8L"
        place += 8 + length + length % 2  # chunks begin at even places
    return False
