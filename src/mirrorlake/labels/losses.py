"""What a label loses in a format that has its shape, but not all that belongs to it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mirrorlake.labels.records import Label
from mirrorlake.model.labels import Keypoints, Polygon

_VISIBLE = 2


def keeps_none(_label: Label, _name: str) -> bool:
    """For formats without attributes."""
    return False


def keeps_all(_label: Label, _name: str) -> bool:
    """For formats with any attributes."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What labels of a format can have besides a class and a shape."""

    attributes: Callable[[Label, str], bool] = keeps_none  # whether it keeps the attribute with this name
    rings: bool = False  # a polygon of several rings stays one label
    points: bool = True  # keypoints stay one label
    visibility: bool = False  # hidden keypoints stay hidden, and those that are not labelled keep their places


PLAIN = Abilities()


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """What one label loses."""

    split: bool  # it becomes several labels
    attributes: bool  # some of its attributes are left out
    visibility: bool  # its keypoints become visible, or are left out


def losses_of(label: Label, abilities: Abilities) -> Losses:
    """What a label, in a shape of the format, loses in it."""
    geometry = label.geometry
    rings = isinstance(geometry, Polygon) and len(geometry.rings) > 1 and not abilities.rings
    points = geometry.points if isinstance(geometry, Keypoints) else ()
    apart = not abilities.points and sum(1 for _, _, visible in points if visible) > 1
    return Losses(
        split=rings or apart,
        attributes=not all(abilities.attributes(label, name) for name in label.attributes),
        visibility=not abilities.visibility and any(visible != _VISIBLE for _, _, visible in points),
    )
