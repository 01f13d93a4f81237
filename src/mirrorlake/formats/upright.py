"""Write an image again with its pixels turned by its EXIF orientation, for programs that do not read EXIF."""

from __future__ import annotations

from typing import Final

import pyvips

from mirrorlake.formats.identify import identify, unsupported_message
from mirrorlake.formats.image import VipsImage, error_detail, image_facts
from mirrorlake.formats.magic import HEAD_BYTES
from mirrorlake.formats.stages import Stage, UndecodableObject
from mirrorlake.formats.unsupported import UnsupportedFormat

QUALITY: Final = 95  # of lossy formats; from 90 on, JPEG keeps the resolution of colours

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
        return image.autorot().write_to_buffer(suffix, **_options(found.name, data))
    except pyvips.Error as error:
        raise UndecodableObject(Stage.DECODE, f"{found.phrase} is damaged{error_detail(error)}") from error


def _options(name: str, data: bytes) -> dict[str, object]:
    match name:
        case "JPEG":
            return {"Q": QUALITY, "optimize_coding": True}
        case "WebP":
            lossless = b"VP8L" in data[:HEAD_BYTES]
            return {"lossless": True} if lossless else {"Q": QUALITY}
        case "TIFF":
            return {"compression": "deflate"}
        case _:
            return {}
