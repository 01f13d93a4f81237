"""Open a still picture: facts from its header first, pixels only when it is known to be harmless.

Loaders are called by name for the type that the bytes were found to be; every other loader of libvips is
blocked, so that no SVG, PDF or ImageMagick code is ever reached, whatever the bytes pretend to be.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import cast

import numpy as np
import pyvips
from numpy.typing import NDArray
from PIL import Image, WebPImagePlugin

from mirrorlake.core.text import count_noun
from mirrorlake.formats.bmp import open_bmp, reduced_bmp
from mirrorlake.formats.exif import camera_facts
from mirrorlake.formats.identify import MediaType
from mirrorlake.formats.placeholder import placeholder
from mirrorlake.formats.stages import Stage, UndecodableObject
from mirrorlake.model.assets import Scalar

MAX_SIDE = 65_535  # pixels; what JPEG and AVIF viewers can address, and far beyond any camera
MAX_PIXELS = 250_000_000  # decoded whole (interlaced PNG, AVIF) this is 1 to 2 GB: the most a worker may take
THUMBNAIL_SIDE = 320  # pixels, the longest side
ALPHA_SIDE = 100  # pixels, of what the placeholder of a picture with alpha is made of
THUMBNAIL_QUALITY = 78
THUMBNAIL_EFFORT = 2  # half the time of effort 4 for files about 3% larger

# One picture is decoded at a time and none twice: threads and caches of libvips would only cost memory.
pyvips.concurrency_set(1)  # pyright: ignore[reportAttributeAccessIssue]  missing from the stubs of 3.2
pyvips.cache_set_max(0)
pyvips.block_untrusted_set(True)  # noqa: FBT003  the signature is pyvips'
pyvips.operation_block_set("VipsForeignLoad", True)  # noqa: FBT003
for _family in ("Jpeg", "Png", "Webp", "Heif"):
    pyvips.operation_block_set(f"VipsForeignLoad{_family}", False)  # noqa: FBT003

# Now, not with the first picture, whose decoding is timed: saving loads the common formats of Pillow.
Image.preinit()

_LOADERS: dict[MediaType, str] = {
    MediaType.JPEG: "jpegload_buffer",
    MediaType.PNG: "pngload_buffer",
    MediaType.WEBP: "webpload_buffer",
    MediaType.AVIF: "heifload_buffer",
}
_COLOUR_SPACES = {"srgb": "rgb", "rgb": "rgb", "rgb16": "rgb", "scrgb": "rgb", "b-w": "grey", "grey16": "grey"}
_PROFILE_HEAD = 4096  # bytes of an ICC profile that hold its description
_SRGB_NAMES = (b"sRGB", "sRGB".encode("utf-16-be"))
_END_OF_JPEG = b"\xff\xd9"
_END_OF_PNG = b"IEND"
_CHECKSUM_BYTES = 4  # they follow the end marker

_Pixels = NDArray[np.uint8]  # height, width, bands


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What the header says. `width` and `height` are upright; nothing has been decoded yet."""

    media_type: MediaType
    width: int
    height: int
    orientation: int  # EXIF 1..8 as stored; AVIF carries its turning elsewhere and says 1
    facts: dict[str, Scalar]
    warnings: tuple[str, ...]

    @property
    def longest(self) -> int:
        """The longest side in pixels."""
        return max(self.width, self.height)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What was made of the pixels: a WebP of at most THUMBNAIL_SIDE, upright, sRGB, and its ThumbHash."""

    thumbnail: bytes
    placeholder: bytes
    warnings: tuple[str, ...]


def probe(data: bytes, kind: MediaType) -> Probe:
    """Read the header. Raises Unusable (stage probe) for one that is broken or asks for too many pixels."""
    return _probe_bmp(data) if kind is MediaType.BMP else _probe_vips(data, kind)


def render_thumbnail(data: bytes, header: Probe) -> Rendered:
    """Decode the whole picture and draw its thumbnail and placeholder.

    Raises Unusable (stage decode) for damaged or cut pixels. A picture that lacks nothing but its end
    marker, or whose decoder merely grumbled, is drawn with a warning.
    """
    try:
        if header.media_type is MediaType.BMP:
            pixels, warnings = _fit(reduced_bmp(data, at_least=2 * THUMBNAIL_SIDE)), ()
        else:
            pixels, warnings = _decode(data, header)
        return Rendered(thumbnail=encoded(pixels), placeholder=_placeholder(pixels), warnings=warnings)
    except pyvips.Error as error:
        raise UndecodableObject(
            Stage.DECODE, f"{_name(header.media_type)} pixels are damaged{_detail(error)}"
        ) from error


def _probe_bmp(data: bytes) -> Probe:
    header = open_bmp(data)
    _check_size(header.width, header.height)
    return Probe(
        media_type=MediaType.BMP,
        width=header.width,
        height=header.height,
        orientation=1,
        facts={
            "channels": header.channels,
            "bit_depth": 8,
            "colour_space": "grey" if header.channels == 1 else "rgb",
            "has_alpha": header.has_alpha,
            "has_icc": False,
        },
        warnings=header.warnings,
    )


def _probe_vips(data: bytes, kind: MediaType) -> Probe:
    try:
        image = _load(data, kind, fail_on="truncated")
    except pyvips.Error as error:
        raise UndecodableObject(Stage.PROBE, f"{_name(kind)} header is damaged{_detail(error)}") from error
    width, height = int(image.width), int(image.height)
    _check_size(width, height)
    orientation = _number(image, "orientation", 1)
    if not 1 <= orientation <= 8:  # noqa: PLR2004  EXIF knows eight
        orientation = 1
    turned = orientation >= 5  # noqa: PLR2004  5 to 8 lie on their side
    facts: dict[str, Scalar] = {
        "channels": int(image.bands),
        "bit_depth": _number(image, "bits-per-sample", 16 if image.format == "ushort" else 8),
        "colour_space": _COLOUR_SPACES.get(str(image.interpretation), str(image.interpretation)),
        "has_alpha": bool(image.hasalpha()),
        "has_icc": _has(image, "icc-profile-data"),
    }
    frames = _apng_frames(data) if kind is MediaType.PNG else _number(image, "n-pages", 1)
    if frames > 1:
        facts["frames"] = frames
    warnings: tuple[str, ...] = ()
    if _has(image, "exif-data"):
        block: object = image.get("exif-data")
        camera = camera_facts(block) if isinstance(block, bytes) else camera_facts(b"")
        facts.update(camera.values)
        warnings = camera.warnings
    if kind is MediaType.PNG and not 0 <= data.rfind(_END_OF_PNG) <= len(data) - len(_END_OF_PNG) - _CHECKSUM_BYTES:
        warnings = (*warnings, "the PNG lacks its end marker: it may have been cut")
    return Probe(
        media_type=kind,
        width=height if turned else width,
        height=width if turned else height,
        orientation=orientation,
        facts=facts,
        warnings=warnings,
    )


def _check_size(width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise UndecodableObject(Stage.PROBE, f"the picture has no pixels ({width} x {height})")
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise UndecodableObject(
            Stage.PROBE,
            f"the picture is {width:,} x {height:,} pixels; at most {MAX_SIDE:,} a side "
            f"and {MAX_PIXELS // 1_000_000} megapixels are decoded",
        )


def _decode(data: bytes, header: Probe) -> tuple[_Pixels, tuple[str, ...]]:
    """The upright thumbnail pixels. Strict first: a picture that passes has not a single complaint."""
    try:
        return _fit(_load_small(data, header, fail_on="warning")), ()
    except pyvips.Error as complaint:
        warning = f"the {_name(header.media_type)} is slightly damaged{_detail(complaint)}"
    try:
        return _fit(_load_small(data, header, fail_on="truncated")), (warning,)
    except pyvips.Error:
        if header.media_type is not MediaType.JPEG or data.endswith(_END_OF_JPEG):
            raise
    # With the marker put back, a decoder that still complains has missed picture data as well. A progressive
    # picture cut between two scans would not complain: there nothing proves that the rest was all.
    whole = data.removesuffix(_END_OF_JPEG[:1]) + _END_OF_JPEG
    strict = _load_small(whole, header, fail_on="warning")
    pixels = _fit(strict)
    if _has(strict, "jpeg-multiscan") and _number(strict, "jpeg-multiscan", 0):
        raise UndecodableObject(Stage.DECODE, "JPEG pixels are damaged: the file was cut")
    return pixels, ("the JPEG lacks only its end marker; it was imported whole",)


def _load_small(data: bytes, header: Probe, *, fail_on: str) -> pyvips.Image:
    """Open the picture, decoding fewer pixels where the format can, but at least twice as many as are drawn."""
    ratio = header.longest / THUMBNAIL_SIDE
    if header.media_type is MediaType.JPEG:
        shrink = 2 ** max(0, min(3, int(math.log2(ratio)) - 1)) if ratio > 1 else 1
        if shrink > 1:
            return _load(data, header.media_type, fail_on=fail_on, shrink=shrink)
    elif header.media_type is MediaType.WEBP and ratio > 2:  # noqa: PLR2004  below, there is little to save
        return _load(data, header.media_type, fail_on=fail_on, scale=2 / ratio)
    return _load(data, header.media_type, fail_on=fail_on)


def _load(data: bytes, kind: MediaType, *, fail_on: str, **options: float) -> pyvips.Image:
    loader: Callable[..., pyvips.Image] = getattr(pyvips.Image, _LOADERS[kind])
    return loader(data, access="sequential", fail_on=fail_on, **options)


def _fit(image: pyvips.Image) -> _Pixels:
    """Upright, at most THUMBNAIL_SIDE, sRGB with 8 bits and 3 or 4 bands: here the pixels are decoded."""
    if _needs_profile(image):
        small = image.thumbnail_image(THUMBNAIL_SIDE, height=THUMBNAIL_SIDE, size="down", output_profile="srgb")
    else:
        small = image.thumbnail_image(THUMBNAIL_SIDE, height=THUMBNAIL_SIDE, size="down")
    if small.interpretation != "srgb":
        small = small.colourspace("srgb")
    if small.format != "uchar":
        small = small.cast("uchar")
    if small.bands not in {3, 4}:
        raise UndecodableObject(
            Stage.DECODE, f"the picture has {count_noun(image.bands, 'channel')}, which mean no colours"
        )
    return array(small)


def array(image: pyvips.Image) -> _Pixels:
    """The pixels of an 8-bit image; decodes them where that was not done yet."""
    return np.frombuffer(image.write_to_memory(), np.uint8).reshape(image.height, image.width, image.bands)


def _needs_profile(image: pyvips.Image) -> bool:
    """Whether the colours mean something else than sRGB. Converting takes as long as a small picture's decoding."""
    if image.interpretation == "cmyk":
        return True
    if not _has(image, "icc-profile-data"):
        return False
    profile = cast("object", image.get("icc-profile-data"))
    head = profile[:_PROFILE_HEAD] if isinstance(profile, bytes) else b""
    return not any(name in head for name in _SRGB_NAMES)


def encoded(pixels: _Pixels) -> bytes:
    """Thumbnail pixels as WebP. By Pillow: the same bytes as from libvips, in three quarters of the time."""
    height, width, bands = pixels.shape
    # A picture made of pixels alone has no EXIF that could leak a place into its thumbnail.
    picture = Image.frombuffer("RGB" if bands == 3 else "RGBA", (width, height), pixels)  # noqa: PLR2004
    file = BytesIO()
    picture.save(file, WebPImagePlugin.WebPImageFile.format, quality=THUMBNAIL_QUALITY, method=THUMBNAIL_EFFORT)
    return file.getvalue()


def _placeholder(pixels: _Pixels) -> bytes:
    height, width, bands = pixels.shape
    if bands == 4:  # noqa: PLR2004  with alpha
        # Colours of transparent pixels must not bleed into their neighbours: thumbnailing knows that, adding up not.
        whole = pyvips.Image.new_from_memory(pixels.data, width, height, bands, "uchar").copy(interpretation="srgb")
        return placeholder(array(whole.thumbnail_image(ALPHA_SIDE, height=ALPHA_SIDE, size="down")))
    return placeholder(pixels)


def _apng_frames(data: bytes) -> int:
    control = data.find(b"acTL", 8, max(data.find(b"IDAT"), 0))
    return int.from_bytes(data[control + 4 : control + 8], "big") if control > 0 else 1


def _has(image: pyvips.Image, field: str) -> bool:
    return image.get_typeof(field) != 0


def _number(image: pyvips.Image, field: str, default: int) -> int:
    value: object = image.get(field) if _has(image, field) else default
    return value if isinstance(value, int) else default


def _name(kind: MediaType) -> str:
    return {MediaType.WEBP: "WebP"}.get(kind, kind.name)


def _detail(error: pyvips.Error) -> str:
    """What libvips said, after a colon: its last line is the innermost cause. Empty where it gave none."""
    lines = [line.strip() for line in str(error.detail).splitlines() if line.strip()]
    return ": " + lines[-1].removeprefix("VipsJpeg: ").removeprefix("vipspng: ")[:200] if lines else ""
