"""AVIF: its header through libvips, its pixels through Pillow.

The decoder of libvips shows pictures without colour, and alpha channels, of limited range (16 to 235) as if they had
the full one, and takes twice the time.
"""

from __future__ import annotations

import io
from dataclasses import replace

import pyvips
from PIL import AvifImagePlugin, ExifTags

from mirrorlake.formats.codec import Probe, Rendered
from mirrorlake.formats.image import VipsImage, error_detail, image_facts
from mirrorlake.formats.magic import HEAD_BYTES, iso_media
from mirrorlake.formats.pillow import DAMAGE, to_vips, with_profile
from mirrorlake.formats.stages import Stage, UndecodableObject
from mirrorlake.formats.thumbnail import render_thumbnail, scale_pixels
from mirrorlake.model.media import pixel_size

AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # a worker process has one core

# Its decoder applies the rotation of the container, which is the one that counts.
_IS_SEQUENCE = iso_media(b"avis")
_VIPS = VipsImage(name="AVIF", operation="heifload", family="Heif", turns=False)


class AvifImage:
    """The codec of AVIF."""

    def available(self) -> bool:
        """Whether this libvips and this Pillow have the decoder."""
        return _VIPS.available() and AvifImagePlugin.SUPPORTED

    def probe(self, data: bytes) -> Probe:
        """Read the header. Raises UndecodableObject (stage probe)."""
        probe = _VIPS.probe(data)
        frames = _count_frames(data) if _IS_SEQUENCE(data[:HEAD_BYTES]) else 1
        return probe if frames == 1 else replace(probe, facts=replace(image_facts(probe.facts), frames=frames))

    def render(self, data: bytes, probe: Probe) -> Rendered:
        """Decode and render the image. Raises UndecodableObject (stage decode) for damaged or cut pixels."""
        decoded = _decode(data, pixel_size(probe.facts))
        if decoded is None:
            return _VIPS.render(data, probe)
        try:
            return render_thumbnail(*scale_pixels(*decoded))
        except pyvips.Error as error:
            raise UndecodableObject(Stage.DECODE, f"AVIF pixels are damaged{error_detail(error)}") from error


def _count_frames(data: bytes) -> int:
    """The frames of an animation, of which libvips sees one; 1 if they cannot be counted. Nothing is decoded."""
    try:
        return max(1, AvifImagePlugin.AvifImageFile(io.BytesIO(data)).n_frames)
    except DAMAGE:
        return 1


def _decode(data: bytes, size: tuple[int, int] | None) -> tuple[pyvips.Image, int] | None:
    """The pixels and how they must be turned; None if Pillow cannot read them, or reads another size than `size`."""
    try:
        image = AvifImagePlugin.AvifImageFile(io.BytesIO(data))
        # Pillow translates the rotation of the container into an orientation of EXIF.
        orientation = int(image.getexif().get(ExifTags.Base.Orientation, 1))
        turned = orientation >= 5  # noqa: PLR2004  5 to 8 are rotated by 90 degrees
        if (image.size[::-1] if turned else image.size) != size:
            return None  # for example with a crop, which only libvips applies
        image.load()
    except DAMAGE:
        return None
    return with_profile(to_vips(image), image.info.get("icc_profile")), orientation


CODEC = AvifImage()
