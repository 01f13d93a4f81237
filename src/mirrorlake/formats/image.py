"""Read images through libvips: facts from the header first, pixels only after the limits are checked.

Each format names its loader, and only that one is called for its bytes. All other loaders of libvips are blocked, so
that no SVG, PDF or ImageMagick code is ever reached, whatever the bytes are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import cast

import numpy as np
import pyvips
from numpy.typing import NDArray
from PIL import Image, WebPImagePlugin

from mirrorlake.core.text import count_noun
from mirrorlake.formats.codec import Probe, Rendered
from mirrorlake.formats.exif import read_camera_facts
from mirrorlake.formats.placeholder import placeholder
from mirrorlake.formats.stages import Stage, UndecodableObject
from mirrorlake.model.media import Fact, ImageFacts, pixel_size

MAX_SIDE = 65_535  # pixels; the limit of JPEG and AVIF viewers, far beyond any camera
MAX_PIXELS = 250_000_000  # decoded as a whole (interlaced PNG, AVIF) this takes 1 to 2 GB, the limit of a worker
THUMBNAIL_SIDE = 320  # pixels, the longest side
ALPHA_SIDE = 100  # pixels, the longest side from which the placeholder of an image with alpha is made
THUMBNAIL_QUALITY = 78
THUMBNAIL_EFFORT = 2  # half the time of effort 4 for files about 3% larger

# One image is decoded at a time, and none twice: threads and caches of libvips would only use memory.
pyvips.concurrency_set(1)  # pyright: ignore[reportAttributeAccessIssue]  missing from the stubs of 3.2
pyvips.cache_set_max(0)
pyvips.block_untrusted_set(True)  # noqa: FBT003  the signature is pyvips'
pyvips.operation_block_set("VipsForeignLoad", True)  # noqa: FBT003

# Saving loads the common formats of Pillow; done here, because decoding the first image is timed.
Image.preinit()

_COLOUR_SPACES = {"srgb": "rgb", "rgb": "rgb", "rgb16": "rgb", "scrgb": "rgb", "b-w": "grey", "grey16": "grey"}
_PROFILE_HEAD = 4096  # bytes of an ICC profile that hold its description
_SRGB_NAMES = (b"sRGB", "sRGB".encode("utf-16-be"))

Pixels = NDArray[np.uint8]  # height, width, bands


def _no_options(_longest: int) -> dict[str, float]:
    return {}


def _pages(_data: bytes, image: pyvips.Image) -> int:
    return _number(image, "n-pages", 1)


def _no_warnings(_data: bytes) -> tuple[str, ...]:
    return ()


def _no_repair(_data: bytes) -> bytes | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class VipsImage:
    """The codec of an image format that libvips reads. Creating one unblocks its loader."""

    name: str  # in messages
    operation: str  # the loader's name: "jpegload"
    family: str  # the loader's class among those of libvips: "Jpeg"
    reduce: Callable[[int], dict[str, float]] = _no_options
    """Options that make the loader decode fewer pixels, but at least twice as many as the thumbnail has. The argument
    is the longest side."""
    frames: Callable[[bytes, pyvips.Image], int] = _pages
    complaints: Callable[[bytes], tuple[str, ...]] = _no_warnings
    """Warnings about the file as a whole, found without decoding it."""
    repair: Callable[[bytes], bytes | None] = _no_repair
    """A file with its missing end marker added; None if there is nothing to repair."""

    def __post_init__(self) -> None:
        pyvips.operation_block_set(f"VipsForeignLoad{self.family}", False)  # noqa: FBT003  the signature is pyvips'

    def available(self) -> bool:
        """Whether this libvips has the loader."""
        return pyvips.type_find("VipsOperation", f"{self.operation}_buffer") != 0

    def probe(self, data: bytes) -> Probe:
        """Read the header. Raises UndecodableObject (stage probe) if it is damaged or too large."""
        try:
            image = self._load(data, fail_on="truncated")
        except pyvips.Error as error:
            raise UndecodableObject(Stage.PROBE, f"{self.name} header is damaged{error_detail(error)}") from error
        width, height = int(image.width), int(image.height)
        check_size(width, height)
        orientation = _number(image, "orientation", 1)
        if not 1 <= orientation <= 8:  # noqa: PLR2004  EXIF defines eight
            orientation = 1
        turned = orientation >= 5  # noqa: PLR2004  5 to 8 are rotated by 90 degrees
        frames = self.frames(data, image)
        camera, warnings = _read_camera(image)
        return Probe(
            facts=ImageFacts(
                width=height if turned else width,
                height=width if turned else height,
                orientation=orientation,  # 1 for AVIF, which stores its rotation elsewhere
                channels=int(image.bands),
                bit_depth=_number(image, "bits-per-sample", 16 if image.format == "ushort" else 8),
                colour_space=_COLOUR_SPACES.get(str(image.interpretation), str(image.interpretation)),
                has_alpha=bool(image.hasalpha()),
                has_icc=_has(image, "icc-profile-data"),
                frames=frames if frames > 1 else None,
                camera=camera,
            ),
            warnings=(*warnings, *self.complaints(data)),
        )

    def render(self, data: bytes, probe: Probe) -> Rendered:
        """Decode the whole image and render its thumbnail and placeholder.

        Raises UndecodableObject (stage decode) for damaged or cut pixels. An image that lacks only its end
        marker, or whose decoder only warned, is rendered with a warning.
        """
        try:
            pixels, warnings = self._decode(data, self.reduce(max(pixel_size(probe.facts) or (0, 0))))
            return render_thumbnail(pixels, warnings)
        except pyvips.Error as error:
            raise UndecodableObject(Stage.DECODE, f"{self.name} pixels are damaged{error_detail(error)}") from error

    def _decode(self, data: bytes, options: dict[str, float]) -> tuple[Pixels, tuple[str, ...]]:
        """The upright thumbnail pixels. The strict mode is tried first: it accepts only images without any warning."""
        try:
            return scale_pixels(self._load(data, fail_on="warning", **options)), ()
        except pyvips.Error as error:
            warning = f"the {self.name} is slightly damaged{error_detail(error)}"
        try:
            return scale_pixels(self._load(data, fail_on="truncated", **options)), (warning,)
        except pyvips.Error:
            whole = self.repair(data)
            if whole is None:
                raise
        # If the decoder still warns after the marker is added, image data is missing as well. A progressive image that
        # was cut between two scans causes no warning, so nothing proves that it is complete.
        strict = self._load(whole, fail_on="warning", **options)
        pixels = scale_pixels(strict)
        if _has(strict, "jpeg-multiscan") and _number(strict, "jpeg-multiscan", 0):
            raise UndecodableObject(Stage.DECODE, f"{self.name} pixels are damaged: the file was cut")
        return pixels, (f"the {self.name} lacks only its end marker; it was imported completely",)

    def _load(self, data: bytes, *, fail_on: str, **options: float) -> pyvips.Image:
        loader: Callable[..., pyvips.Image] = getattr(pyvips.Image, f"{self.operation}_buffer")
        return loader(data, access="sequential", fail_on=fail_on, **options)


def render_thumbnail(pixels: Pixels, warnings: tuple[str, ...] = ()) -> Rendered:
    """The thumbnail and the placeholder of pixels from `scale_pixels`."""
    return Rendered(thumbnail=encode_webp(pixels), placeholder=_placeholder(pixels), warnings=warnings)


def _read_camera(image: pyvips.Image) -> tuple[Mapping[str, Fact], tuple[str, ...]]:
    if not _has(image, "exif-data"):
        return {}, ()
    block: object = image.get("exif-data")
    camera = read_camera_facts(block if isinstance(block, bytes) else b"")
    return camera.values, camera.warnings


def check_size(width: int, height: int) -> None:
    """Raise UndecodableObject (stage probe) if the image has no pixels, or more than the limits."""
    if width < 1 or height < 1:
        raise UndecodableObject(Stage.PROBE, f"the image has no pixels ({width} x {height})")
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise UndecodableObject(
            Stage.PROBE,
            f"the image is {width:,} x {height:,} pixels; at most {MAX_SIDE:,} a side "
            f"and {MAX_PIXELS // 1_000_000} megapixels are decoded",
        )


def scale_pixels(image: pyvips.Image) -> Pixels:
    """Decode the pixels of a thumbnail: upright, at most THUMBNAIL_SIDE, 8-bit sRGB with 3 or 4 bands."""
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
            Stage.DECODE, f"the image has {count_noun(image.bands, 'channel')}, which is not a colour image"
        )
    return to_array(small)


def to_array(image: pyvips.Image) -> Pixels:
    """The pixels of an 8-bit image; decodes them if necessary."""
    return np.frombuffer(image.write_to_memory(), np.uint8).reshape(image.height, image.width, image.bands)


def _needs_profile(image: pyvips.Image) -> bool:
    """Whether the colours are not sRGB. Converting takes as long as decoding a small image."""
    if image.interpretation == "cmyk":
        return True
    if not _has(image, "icc-profile-data"):
        return False
    profile = cast("object", image.get("icc-profile-data"))
    head = profile[:_PROFILE_HEAD] if isinstance(profile, bytes) else b""
    return not any(name in head for name in _SRGB_NAMES)


def encode_webp(pixels: Pixels) -> bytes:
    """Encode thumbnail pixels as WebP, with Pillow: the same bytes as with libvips, in three quarters of the time."""
    height, width, bands = pixels.shape
    # An image made from pixels has no EXIF, so the thumbnail cannot leak a location.
    picture = Image.frombuffer("RGB" if bands == 3 else "RGBA", (width, height), pixels)  # noqa: PLR2004
    file = BytesIO()
    picture.save(file, WebPImagePlugin.WebPImageFile.format, quality=THUMBNAIL_QUALITY, method=THUMBNAIL_EFFORT)
    return file.getvalue()


def _placeholder(pixels: Pixels) -> bytes:
    height, width, bands = pixels.shape
    if bands == 4:  # noqa: PLR2004  with alpha
        # Scaling premultiplies alpha, so that colours of transparent pixels do not bleed into their neighbours.
        whole = pyvips.Image.new_from_memory(pixels.data, width, height, bands, "uchar").copy(interpretation="srgb")
        return placeholder(to_array(whole.thumbnail_image(ALPHA_SIDE, height=ALPHA_SIDE, size="down")))
    return placeholder(pixels)


def _has(image: pyvips.Image, field: str) -> bool:
    return image.get_typeof(field) != 0


def _number(image: pyvips.Image, field: str, default: int) -> int:
    value: object = image.get(field) if _has(image, field) else default
    return value if isinstance(value, int) else default


def error_detail(error: pyvips.Error) -> str:
    """The message of libvips, after a colon: its last line is the innermost cause. Empty if there is none."""
    lines = [line.strip() for line in str(error.detail).splitlines() if line.strip()]
    return ": " + lines[-1].removeprefix("VipsJpeg: ").removeprefix("vipspng: ")[:200] if lines else ""
