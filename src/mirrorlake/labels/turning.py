"""Turn labels that were drawn on a picture as it is stored, before its EXIF orientation is applied. Pure.

Tools that ignore the orientation state the size of the stored picture. Only orientations 5 to 8 exchange its sides, so
only they are seen from the size: labels drawn on a picture that is upside down look like any others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum, auto

from mirrorlake.labels import rle
from mirrorlake.labels.geometry import map_geometry
from mirrorlake.labels.mask_pixels import can_change, from_pixels, to_pixels
from mirrorlake.labels.records import BadLabels, ImageLabels, Label, Report, problem
from mirrorlake.model.labels import Box, Geometry, Mask, Point

SAME_RATIO = 0.02  # of an aspect ratio: sizes are rounded, and tools make smaller copies
_EXCHANGING = (5, 6, 7, 8)


class Fit(Enum):
    """How the size that a label file states fits the picture."""

    UPRIGHT = auto()  # as it is shown
    STORED = auto()  # as it is before the orientation is applied
    OTHER = auto()  # neither


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureSize:
    """The size of a picture, upright, in pixels, and its EXIF orientation, 1 to 8."""

    width: int
    height: int
    orientation: int


def fit(stated: tuple[int | None, int | None], picture: PictureSize | None) -> Fit:
    """How this size fits. A size that is not known fits."""
    width, height = stated
    if not width or not height or picture is None or not picture.width or not picture.height:
        return Fit.UPRIGHT
    upright = (picture.width, picture.height)
    exchanges = picture.orientation in _EXCHANGING
    if (width, height) == upright:
        return Fit.UPRIGHT
    if exchanges and (height, width) == upright:
        return Fit.STORED
    ratio = math.log(picture.width / picture.height)
    if abs(math.log(width / height) - ratio) <= SAME_RATIO:
        return Fit.UPRIGHT
    return Fit.STORED if exchanges and abs(math.log(height / width) - ratio) <= SAME_RATIO else Fit.OTHER


def turn_image(image: ImageLabels, orientation: int, report: Report) -> ImageLabels:
    """The labels of a picture as it is stored as labels of the upright one."""
    labels: list[Label] = []
    for label in image.labels:
        try:
            also = None if label.also is None else turn(label.also, orientation)
            labels.append(replace(label, geometry=turn(label.geometry, orientation), also=also))
        except BadLabels as error:
            report(problem(image.file, error, label.place))
    return replace(image, labels=tuple(labels), width=image.height, height=image.width)


def turn(geometry: Geometry, orientation: int) -> Geometry:
    """As `turn_image`, of one geometry. Raises BadLabels for a mask that is too large or invalid."""
    if isinstance(geometry, Mask):
        return _turn_mask(geometry, orientation)

    def point(xy: Point) -> Point:
        x, y = xy
        return (
            (x, y),
            (1 - x, y),
            (1 - x, 1 - y),
            (x, 1 - y),
            (y, x),
            (1 - y, x),
            (1 - y, 1 - x),
            (y, 1 - x),
        )[orientation - 1]

    def box(one: Box) -> Box:
        ends = point((one.x, one.y)), point((one.x + one.width, one.y + one.height))
        sides = (one.height, one.width) if orientation in _EXCHANGING else (one.width, one.height)
        return Box(min(x for x, _ in ends), min(y for _, y in ends), *sides)

    return map_geometry(geometry, point, box)


def _turn_mask(mask: Mask, orientation: int) -> Mask:
    if not can_change(mask, mask.width, mask.height):
        raise BadLabels("The mask is too large to be turned.")
    reason = rle.check(mask)
    if reason is not None:  # its runs could fill the memory, whatever its size
        raise BadLabels(reason)
    pixels = to_pixels(mask)
    if orientation in _EXCHANGING:
        pixels = pixels.T
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return from_pixels(pixels)


def misfit_note(image: ImageLabels, picture: PictureSize) -> str:
    """Why labels may be displaced."""
    return (
        f"The label file states {image.width}×{image.height} for {image.path}, but the picture has"
        f" {picture.width}×{picture.height}: the labels may be displaced."
    )
