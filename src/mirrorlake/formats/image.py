"""Read images through libvips: facts from the header first, pixels only after the limits are checked.

Each format names its loader, and only that one is called for its bytes. All other loaders of libvips are blocked, so
that no PDF or ImageMagick code is ever reached, whatever the bytes are, and that of SVG only for what is one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyvips

from mirrorlake.formats.captions import read_captions
from mirrorlake.formats.codec import Content, Probe, RandomAccess, Rendered
from mirrorlake.formats.colour import PROFILE, Pixels, to_array
from mirrorlake.formats.damage import MAX_MISSING_SHARE, DamageMeasure, describe_share
from mirrorlake.formats.exif import NO_FACTS, CameraFacts, read_camera_facts
from mirrorlake.formats.parts import HeaderCopy
from mirrorlake.formats.profile import profile_name
from mirrorlake.formats.sides import reads_only_facts
from mirrorlake.formats.stages import Stage, TooManyPixels, UndecodableObject
from mirrorlake.formats.thumbnail import render_thumbnail, scale_pixels
from mirrorlake.model.media import ImageFacts, MediaFacts

MAX_SIDE = 65_535  # pixels; the limit of JPEG and AVIF viewers, far beyond any camera
MAX_PIXELS = 250_000_000  # decoded as a whole (interlaced PNG, AVIF) this takes 1 to 2 GB, the limit of a worker

# One image is decoded at a time, and none twice: threads and caches of libvips would only use memory.
pyvips.concurrency_set(1)  # pyright: ignore[reportAttributeAccessIssue]  missing from the stubs of 3.2
pyvips.cache_set_max(0)
pyvips.block_untrusted_set(True)  # noqa: FBT003  the signature is pyvips'
pyvips.operation_block_set("VipsForeignLoad", True)  # noqa: FBT003

_COLOUR_SPACES = {"srgb": "rgb", "rgb": "rgb", "rgb16": "rgb", "scrgb": "rgb", "b-w": "grey", "grey16": "grey"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """What is found in the parts of a file without decoding."""

    exif: bytes | None = None
    camera: CameraFacts | None = None  # if they were read already
    frames: int = 1
    warnings: tuple[str, ...] = ()


def page_count(image: pyvips.Image) -> int:
    """The pages or frames that the loader found."""
    return _number(image, "n-pages", 1)


def _inspect_header(_data: bytes, image: pyvips.Image) -> Structure:
    return Structure(exif=_block(image, "exif-data"), frames=page_count(image))


def _no_options(_longest: int) -> dict[str, float]:
    return {}


def _whole(data: bytes) -> bytes:
    return data


@dataclass(frozen=True, slots=True, kw_only=True)
class VipsImage:
    """The codec of an image format that libvips reads. Creating one unblocks its loader, if libvips trusts that."""

    name: str  # in messages
    operation: str  # the loader's name: "jpegload"
    family: str  # the loader's class among those of libvips: "Jpeg"
    reduce: Callable[[int], dict[str, float]] = _no_options
    """Options that make the loader decode fewer pixels, but well more a side than the thumbnail has. The argument is
    the longest side."""
    inspect: Callable[[bytes, pyvips.Image], Structure] = _inspect_header
    strip: Callable[[bytes], bytes] = _whole
    """The file without parts that would only slow the loader."""
    copy_header: Callable[[RandomAccess], HeaderCopy] | None = None
    """The header of an object that is read in parts; None if its first bytes have it."""
    untrusted: bool = False  # whether libvips counts the loader among those: it is blocked again after each call
    turns: bool = True  # whether the orientation of EXIF counts
    strict: str = "warning"  # from which complaint on the decoder refuses an image at first: "error", "warning"
    damage: DamageMeasure | None = None
    """None if the decoder returns nothing of a damaged picture."""

    def __post_init__(self) -> None:
        self._block(blocked=self.untrusted)

    def _block(self, *, blocked: bool) -> None:
        pyvips.operation_block_set(f"VipsForeignLoad{self.family}", blocked)

    def available(self) -> bool:
        """Whether this libvips has the loader."""
        return pyvips.type_find("VipsOperation", f"{self.operation}_buffer") != 0

    def probe(self, data: Content) -> Probe:
        """Read the header. Raises UndecodableObject (stage probe) if it is damaged or too large."""
        frames: int | None = None
        if not isinstance(data, bytes):
            copy = self._copy(data)
            data, frames = copy.data, copy.frames
        try:
            image = self.load(data, fail_on="truncated")
        except pyvips.Error as error:
            raise UndecodableObject(Stage.PROBE, f"{self.name} header is damaged{error_detail(error)}") from error
        width, height = int(image.width), int(image.height)
        check_header_size(width, height)
        structure = self.inspect(data, image)
        frames = frames or structure.frames
        camera = structure.camera or (NO_FACTS if structure.exif is None else read_camera_facts(structure.exif))
        orientation = camera.orientation if self.turns else 1
        turned = orientation >= 5  # noqa: PLR2004  5 to 8 are rotated by 90 degrees
        return Probe(
            facts=ImageFacts(
                width=height if turned else width,
                height=width if turned else height,
                orientation=orientation,
                channels=int(image.bands),
                bit_depth=_bit_depth(image),
                colour_space=_COLOUR_SPACES.get(str(image.interpretation), str(image.interpretation)),
                has_alpha=bool(image.hasalpha()),
                has_icc=_has(image, PROFILE),
                colour_profile=profile_name(_block(image, PROFILE)),
                frames=frames if frames > 1 else None,
                camera={**camera.values, **read_captions(_block(image, "xmp-data"), _block(image, "iptc-data"))},
            ),
            warnings=(*camera.warnings, *structure.warnings),
        )

    def render(self, data: bytes, probe: Probe) -> Rendered:
        """Decode the whole image and render its thumbnail and placeholder.

        Raises UndecodableObject (stage decode) for an image of which too much is missing.
        """
        facts = image_facts(probe.facts)
        options = self.reduce(max(facts.width, facts.height))
        data = data if self.damage is None else self.damage.prepare(data)
        try:
            return render_thumbnail(*scale_pixels(self.load(data, fail_on=self.strict, **options), facts.orientation))
        except pyvips.Error as error:
            detail = error_detail(error)
        if self.damage is None:
            raise self._damaged(detail)
        try:
            warning = self._check_damage(data, detail, self.damage)
            pixels, warnings = scale_pixels(self.load(data, fail_on="none", **options), facts.orientation)
        except pyvips.Error as error:
            raise self._damaged(error_detail(error)) from error
        finally:
            # The errors that this mode ignores would be reported with the next image. Reading them removes them.
            pyvips.Error("")
        return render_thumbnail(pixels, (warning, *warnings))

    def _check_damage(self, data: bytes, detail: str, damage: DamageMeasure) -> str:
        """A warning about a damaged image. Raises UndecodableObject if too much of it is missing."""
        share = damage.missing_share(data, self._decode)
        if share > MAX_MISSING_SHARE:
            raise self._damaged(f"{detail}; {describe_share(share)} of the picture is missing")
        if share == 0 and damage.lacks_end(data):
            return f"the {self.name} lacks only its end marker; it was imported completely"
        missing = f"; {describe_share(share)} of the picture is missing" if share else ""
        return f"the {self.name} is slightly damaged{detail}{missing}"

    def _copy(self, data: RandomAccess) -> HeaderCopy:
        if self.copy_header is None:
            raise TypeError(f"a {self.name} is not read in parts")
        return self.copy_header(data)

    def _damaged(self, detail: str) -> UndecodableObject:
        return UndecodableObject(Stage.DECODE, f"{self.name} pixels are damaged{detail}")

    def _decode(self, data: bytes, **options: float) -> Pixels:
        return to_array(self.load(data, fail_on="none", **options))

    def load(self, data: bytes, *, fail_on: str, **options: float) -> pyvips.Image:
        """The header of an image, whose pixels are decoded as they are used. Raises pyvips.Error."""
        loader: Callable[..., pyvips.Image] = getattr(pyvips.Image, f"{self.operation}_buffer")
        if not self.untrusted:
            return loader(self.strip(data), access="sequential", fail_on=fail_on, **options)
        self._block(blocked=False)
        try:
            return loader(self.strip(data), access="sequential", fail_on=fail_on, **options)
        finally:
            self._block(blocked=True)


def check_header_size(width: int, height: int) -> None:
    """As `check_size`, without its limits where only facts are read: no pixel is decoded then."""
    if not reads_only_facts():
        check_size(width, height)
    _check_pixels(width, height)


def _check_pixels(width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise UndecodableObject(Stage.PROBE, f"the image has no pixels ({width} x {height})")


def check_size(width: int, height: int) -> None:
    """Raise UndecodableObject (stage probe) if the image has no pixels, TooManyPixels beyond the limits."""
    _check_pixels(width, height)
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise TooManyPixels(
            Stage.PROBE,
            f"the image is {width:,} x {height:,} pixels; at most {MAX_SIDE:,} a side "
            f"and {MAX_PIXELS // 1_000_000} megapixels are decoded",
        )


def image_facts(facts: MediaFacts) -> ImageFacts:
    """The facts of an image. Raises TypeError for those of another kind."""
    if not isinstance(facts, ImageFacts):
        raise TypeError(f"an image has the facts of one, not {type(facts).__name__}")
    return facts


def _bit_depth(image: pyvips.Image) -> int:
    if _has(image, "palette"):
        return 8  # of its colours: the bits of a sample are those of an index
    return _number(image, "bits-per-sample", 16 if image.format == "ushort" else 8)


def _block(image: pyvips.Image, field: str) -> bytes | None:
    block: object = image.get(field) if _has(image, field) else None
    return block if isinstance(block, bytes) else None


def _has(image: pyvips.Image, field: str) -> bool:
    return image.get_typeof(field) != 0


def _number(image: pyvips.Image, field: str, default: int) -> int:
    value: object = image.get(field) if _has(image, field) else default
    return value if isinstance(value, int) else default


def error_detail(error: pyvips.Error) -> str:
    """The message of libvips, after a colon: its last line is the innermost cause. Empty if there is none."""
    lines = [line.strip() for line in str(error.detail).splitlines() if line.strip()]
    return ": " + lines[-1].removeprefix("VipsJpeg: ").removeprefix("vipspng: ")[:200] if lines else ""
