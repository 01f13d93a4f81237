"""Read images through one plug-in of Pillow: those that libvips does not read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np
import pyvips
from PIL import ExifTags, Image

from mirrorlake.formats.captions import read_captions
from mirrorlake.formats.codec import Probe, Rendered
from mirrorlake.formats.exif import NO_FACTS, read_camera_facts
from mirrorlake.formats.image import check_header_size, error_detail, image_facts
from mirrorlake.formats.pillow import DAMAGE, to_vips, with_profile
from mirrorlake.formats.profile import profile_name
from mirrorlake.formats.stages import Stage, UndecodableObject
from mirrorlake.formats.thumbnail import render_thumbnail, scale_pixels
from mirrorlake.model.media import ImageFacts

_PLAIN = frozenset({"L", "LA", "RGB", "RGBA"})
_ALPHA = frozenset({"LA", "PA", "RGBA", "La", "RGBa"})
_SPACES = {"1": "grey", "L": "grey", "LA": "grey", "CMYK": "cmyk", "YCbCr": "rgb", "LAB": "lab"}


def _load(image: Image.Image, _data: bytes) -> None:
    image.load()


def _depth_of_mode(image: Image.Image, _data: bytes) -> int:
    return 16 if image.mode.startswith("I") else 8


@dataclass(frozen=True, slots=True, kw_only=True)
class PillowImage:
    """The codec of an image format that a plug-in of Pillow reads."""

    name: str  # in messages
    supported: Callable[[], bool]
    open: Callable[[bytes], Image.Image]
    """Read the header. The plug-in itself instead of Image.open: no other format can be reached."""
    load: Callable[[Image.Image, bytes], None] = _load
    """Decode the pixels, or fewer of them, but well more a side than the thumbnail has."""
    bit_depth: Callable[[Image.Image, bytes], int] = _depth_of_mode
    exif: bool = True  # whether the format has a place for it

    def available(self) -> bool:
        """Whether the library that decodes the format is installed."""
        return self.supported()

    def probe(self, data: bytes) -> Probe:
        """Read the header. Raises UndecodableObject (stage probe) if it is damaged or too large."""
        image = self._open(data)
        check_header_size(*image.size)
        block: object = image.info.get("exif") if self.exif else None
        camera = read_camera_facts(block) if isinstance(block, bytes) and block else NO_FACTS
        xmp: object = image.info.get("xmp")
        profile: object = image.info.get("icc_profile")
        width, height = image.size
        orientation = self._orientation(image)
        turned = orientation >= 5  # noqa: PLR2004  5 to 8 are rotated by 90 degrees
        frames = int(getattr(image, "n_frames", 1))
        return Probe(
            facts=ImageFacts(
                width=height if turned else width,
                height=width if turned else height,
                orientation=orientation,
                channels=len(image.getbands()),
                bit_depth=self.bit_depth(image, data),
                colour_space=_SPACES.get(image.mode, "grey" if image.mode.startswith("I") else "rgb"),
                has_alpha=image.mode in _ALPHA,
                has_icc=bool(profile),
                colour_profile=profile_name(profile if isinstance(profile, bytes) else None),
                frames=frames if frames > 1 else None,
                camera={**camera.values, **read_captions(xmp if isinstance(xmp, bytes) else None, _iptc(image))},
            ),
            warnings=camera.warnings,
        )

    def render(self, data: bytes, probe: Probe) -> Rendered:
        """Decode and render the image. Raises UndecodableObject (stage decode) for damaged or cut pixels."""
        image = self._open(data)
        try:
            self.load(image, data)
            pixels = with_profile(to_vips(_plain(image)), image.info.get("icc_profile"))
            return render_thumbnail(*scale_pixels(pixels, image_facts(probe.facts).orientation))
        except DAMAGE as error:
            raise UndecodableObject(Stage.DECODE, f"{self.name} pixels are damaged: {error}") from error
        except pyvips.Error as error:
            raise UndecodableObject(Stage.DECODE, f"{self.name} pixels are damaged{error_detail(error)}") from error

    def _open(self, data: bytes) -> Image.Image:
        try:
            return self.open(data)
        except DAMAGE as error:
            raise UndecodableObject(Stage.PROBE, f"{self.name} header is damaged: {error}") from error

    def _orientation(self, image: Image.Image) -> int:
        """As Pillow has it after the plug-in: one that applies the rotation of the container has set it to 1."""
        if not self.exif:
            return 1
        try:
            found = image.getexif().get(ExifTags.Base.Orientation, 1)
        except DAMAGE:
            return 1
        return found if isinstance(found, int) and 1 <= found <= 8 else 1  # noqa: PLR2004  EXIF defines eight


def _iptc(image: Image.Image) -> bytes | None:
    """The block of IPTC, which libheif returns among other metadata."""
    found = cast("object", image.info.get("metadata"))
    for one in cast("list[object]", found) if isinstance(found, list) else []:
        match one:
            case {"type": "iptc", "data": bytes() as block}:
                return block
            case _:
                continue
    return None


def _plain(image: Image.Image) -> Image.Image:
    """The same with 8 bits in one of the modes that `to_vips` takes."""
    if image.mode in _PLAIN:
        return image
    if image.mode.startswith("I"):
        return Image.fromarray((np.asarray(image).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8))
    return image.convert("RGBA" if image.mode in _ALPHA or "transparency" in image.info else "RGB")
