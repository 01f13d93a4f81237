"""Read images through libvips: facts from the header first, pixels only once they are known to be harmless.

Each format names its loader, and only that one is called for its bytes; every other loader of libvips stays blocked,
so that no SVG, PDF or ImageMagick code is ever reached, whatever the bytes pretend to be.
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

MAX_SIDE = 65_535  # pixels; what JPEG and AVIF viewers can address, and far beyond any camera
MAX_PIXELS = 250_000_000  # decoded whole (interlaced PNG, AVIF) this is 1 to 2 GB: the most a worker may take
THUMBNAIL_SIDE = 320  # pixels, the longest side
ALPHA_SIDE = 100  # pixels, of what the placeholder of a picture with alpha is made of
THUMBNAIL_QUALITY = 78
THUMBNAIL_EFFORT = 2  # half the time of effort 4 for files about 3% larger

# One image is decoded at a time and none twice: threads and caches of libvips would only cost memory.
pyvips.concurrency_set(1)  # pyright: ignore[reportAttributeAccessIssue]  missing from the stubs of 3.2
pyvips.cache_set_max(0)
pyvips.block_untrusted_set(True)  # noqa: FBT003  the signature is pyvips'
pyvips.operation_block_set("VipsForeignLoad", True)  # noqa: FBT003

# Now, not with the first image, whose decoding is timed: saving loads the common formats of Pillow.
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
    """The codec of an image format that libvips reads. Making one allows its loader."""

    name: str  # in messages
    operation: str  # the loader's name: "jpegload"
    family: str  # the loader's class among those of libvips: "Jpeg"
    reduce: Callable[[int], dict[str, float]] = _no_options
    """Options with which the loader decodes fewer pixels, but at least twice as many as are drawn; takes the longest
    side."""
    frames: Callable[[bytes, pyvips.Image], int] = _pages
    complaints: Callable[[bytes], tuple[str, ...]] = _no_warnings
    """Warnings about the file as a whole, found without decoding it."""
    repair: Callable[[bytes], bytes | None] = _no_repair
    """The whole of a file that lacks nothing but its end; None where there is nothing to repair."""

    def __post_init__(self) -> None:
        pyvips.operation_block_set(f"VipsForeignLoad{self.family}", False)  # noqa: FBT003  the signature is pyvips'

    def available(self) -> bool:
        """Whether this libvips has the loader."""
        return pyvips.type_find("VipsOperation", f"{self.operation}_buffer") != 0

    def probe(self, data: bytes) -> Probe:
        """Read the header. Raises UndecodableObject (stage probe) where it is damaged or too large."""
        try:
            image = self._load(data, fail_on="truncated")
        except pyvips.Error as error:
            raise UndecodableObject(Stage.PROBE, f"{self.name} header is damaged{error_detail(error)}") from error
        width, height = int(image.width), int(image.height)
        check_size(width, height)
        orientation = _number(image, "orientation", 1)
        if not 1 <= orientation <= 8:  # noqa: PLR2004  EXIF knows eight
            orientation = 1
        turned = orientation >= 5  # noqa: PLR2004  5 to 8 lie on their side
        frames = self.frames(data, image)
        camera, warnings = _read_camera(image)
        return Probe(
            facts=ImageFacts(
                width=height if turned else width,
                height=width if turned else height,
                orientation=orientation,  # AVIF carries its turning elsewhere and says 1
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
        """Decode the whole image and draw its thumbnail and placeholder.

        Raises UndecodableObject (stage decode) for damaged or cut pixels. An image that lacks nothing but its end
        marker, or whose decoder merely complained, is drawn with a warning.
        """
        try:
            pixels, warnings = self._decode(data, self.reduce(max(pixel_size(probe.facts) or (0, 0))))
            return render_thumbnail(pixels, warnings)
        except pyvips.Error as error:
            raise UndecodableObject(Stage.DECODE, f"{self.name} pixels are damaged{error_detail(error)}") from error

    def _decode(self, data: bytes, options: dict[str, float]) -> tuple[Pixels, tuple[str, ...]]:
        """The upright thumbnail pixels. Strict first: an image that passes has not a single complaint."""
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
        # With the marker put back, a decoder that still complains has missed image data as well. A progressive
        # image cut between two scans would not complain: there nothing proves that the rest was all.
        strict = self._load(whole, fail_on="warning", **options)
        pixels = scale_pixels(strict)
        if _has(strict, "jpeg-multiscan") and _number(strict, "jpeg-multiscan", 0):
            raise UndecodableObject(Stage.DECODE, f"{self.name} pixels are damaged: the file was cut")
        return pixels, (f"the {self.name} lacks only its end marker; it was imported whole",)

    def _load(self, data: bytes, *, fail_on: str, **options: float) -> pyvips.Image:
        loader: Callable[..., pyvips.Image] = getattr(pyvips.Image, f"{self.operation}_buffer")
        return loader(data, access="sequential", fail_on=fail_on, **options)


def render_thumbnail(pixels: Pixels, warnings: tuple[str, ...] = ()) -> Rendered:
    """The thumbnail and the placeholder of pixels that `fit` made."""
    return Rendered(thumbnail=encode_webp(pixels), placeholder=_placeholder(pixels), warnings=warnings)


def _read_camera(image: pyvips.Image) -> tuple[Mapping[str, Fact], tuple[str, ...]]:
    if not _has(image, "exif-data"):
        return {}, ()
    block: object = image.get("exif-data")
    camera = read_camera_facts(block if isinstance(block, bytes) else b"")
    return camera.values, camera.warnings


def check_size(width: int, height: int) -> None:
    """Refuse an image that has no pixels, or more than are decoded. Raises UndecodableObject (stage probe)."""
    if width < 1 or height < 1:
        raise UndecodableObject(Stage.PROBE, f"the image has no pixels ({width} x {height})")
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise UndecodableObject(
            Stage.PROBE,
            f"the image is {width:,} x {height:,} pixels; at most {MAX_SIDE:,} a side "
            f"and {MAX_PIXELS // 1_000_000} megapixels are decoded",
        )


def scale_pixels(image: pyvips.Image) -> Pixels:
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
            Stage.DECODE, f"the image has {count_noun(image.bands, 'channel')}, which mean no colours"
        )
    return to_array(small)


def to_array(image: pyvips.Image) -> Pixels:
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


def encode_webp(pixels: Pixels) -> bytes:
    """Thumbnail pixels as WebP. By Pillow: the same bytes as from libvips, in three quarters of the time."""
    height, width, bands = pixels.shape
    # A picture made of pixels alone has no EXIF that could leak a place into its thumbnail.
    picture = Image.frombuffer("RGB" if bands == 3 else "RGBA", (width, height), pixels)  # noqa: PLR2004
    file = BytesIO()
    picture.save(file, WebPImagePlugin.WebPImageFile.format, quality=THUMBNAIL_QUALITY, method=THUMBNAIL_EFFORT)
    return file.getvalue()


def _placeholder(pixels: Pixels) -> bytes:
    height, width, bands = pixels.shape
    if bands == 4:  # noqa: PLR2004  with alpha
        # Colours of transparent pixels must not bleed into their neighbours: thumbnailing knows that, adding up not.
        whole = pyvips.Image.new_from_memory(pixels.data, width, height, bands, "uchar").copy(interpretation="srgb")
        return placeholder(to_array(whole.thumbnail_image(ALPHA_SIDE, height=ALPHA_SIDE, size="down")))
    return placeholder(pixels)


def _has(image: pyvips.Image, field: str) -> bool:
    return image.get_typeof(field) != 0


def _number(image: pyvips.Image, field: str, default: int) -> int:
    value: object = image.get(field) if _has(image, field) else default
    return value if isinstance(value, int) else default


def error_detail(error: pyvips.Error) -> str:
    """The message of libvips, after a colon: its last line is the innermost cause. Empty where it gave none."""
    lines = [line.strip() for line in str(error.detail).splitlines() if line.strip()]
    return ": " + lines[-1].removeprefix("VipsJpeg: ").removeprefix("vipspng: ")[:200] if lines else ""
