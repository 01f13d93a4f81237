"""The names of label files as regular expressions: from the settings of a datasource, without any key. Pure.

labels/{split}/{name}.txt      ──▶  images/{split}/{name}     the image, or all but its suffix
images/{split}/{name}.{ext}    ──▶  labels/{split}/{name}.txt  its only label file
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import TypeAlias

from mirrorlake.core.errors import SettingsError
from mirrorlake.formats.registry import suffixes_of
from mirrorlake.model.label_sidecars import LabelSidecars, Naming
from mirrorlake.model.media import MediaKind

NAME = "name"  # the placeholder that both patterns must have
SUFFIX = "ext"  # stands for the suffix of an image, whatever it is
PATTERN_LIMIT = 1000  # characters
_PLACEHOLDER = re.compile(r"\{(?P<name>[a-z][a-z0-9_]*)(?P<deep>\*\*)?\}")


class Reach(Enum):
    """What is known of the image of a label file."""

    KEY = "its key"
    STEM = "its key without the suffix"
    FOLDER = "its folder, as all images in it"


@dataclass(frozen=True, slots=True)
class _Placeholder:
    name: str
    deep: bool  # whether it matches across folders


_Part: TypeAlias = "str | _Placeholder"


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Keys that match the RE2 pattern become the text of the template, whose numbers are those of groups."""

    regex: str
    tail: str  # what all matching keys end with
    template: tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrites:
    """From label files to images, and back."""

    reach: Reach
    to_image: Rewrite
    to_label: Rewrite


def folders_of(pattern: str) -> list[str]:
    """The folders on the way to what a pattern matches, from the root on, as far as they are the same for all keys."""
    literal = pattern.partition("{")[0]
    parts = literal.split("/")[:-1]
    return ["/".join(parts[:count]) + "/" if count else "" for count in range(len(parts) + 1)]


def rewrites(settings: LabelSidecars, prefix: str = "") -> Rewrites:
    """How the label files of these settings are named. `prefix` is that of the datasource: patterns follow it.

    Raises SettingsError for invalid patterns.
    """
    suffix = settings.full_suffix
    end = re.escape(suffix)
    match settings.naming:
        case Naming.FULL_NAME:
            image = f"(?i:{'|'.join(re.escape(each) for each in suffixes_of(tuple(MediaKind)))})"
            return Rewrites(
                reach=Reach.KEY,
                to_image=Rewrite(rf"(?s)\A(?P<g0>.*[^/]{image}){end}\z", suffix, (0,)),
                to_label=Rewrite(rf"(?s)\A(?P<g0>.*[^/]{image})\z", "", (0, suffix)),
            )
        case Naming.BASE_NAME:
            return Rewrites(
                reach=Reach.STEM,
                to_image=Rewrite(rf"(?s)\A(?P<g0>.*[^/]){end}\z", suffix, (0,)),
                to_label=Rewrite(r"(?s)\A(?P<g0>.*[^/])\.[^./]+\z", "", (0, suffix)),
            )
        case Naming.FOLDER:
            return Rewrites(
                reach=Reach.FOLDER,
                to_image=Rewrite(rf"(?s)\A(?P<g0>(?:.*/)?){end}\z", suffix, (0,)),
                to_label=Rewrite(r"(?s)\A(?P<g0>(?:.*/)?)[^/]+\z", "", (0, suffix)),
            )
        case Naming.PATTERNS:
            return _from_patterns(settings.image_pattern or "", settings.label_pattern or "", prefix)


def _from_patterns(image_pattern: str, label_pattern: str, prefix: str) -> Rewrites:
    image = _parse(image_pattern, "imagePattern")
    label = _parse(label_pattern, "labelPattern")
    any_suffix = any(part == _Placeholder(SUFFIX, deep=False) for part in image)
    if any_suffix:
        if image[-1] != _Placeholder(SUFFIX, deep=False) or not str(image[-2]).endswith("."):
            raise _wrong("imagePattern", image_pattern, "{ext} is the suffix of an image: it comes last, after a dot")
        image = [*image[:-2], str(image[-2])[:-1], image[-1]]
    ours = {part for part in image if isinstance(part, _Placeholder) and part.name != SUFFIX}
    theirs = {part for part in label if isinstance(part, _Placeholder)}
    if ours != theirs:
        names = sorted("{" + each.name + ("**" if each.deep else "") + "}" for each in ours ^ theirs)
        raise _wrong("labelPattern", label_pattern, f"imagePattern has other placeholders: {', '.join(names)} differ")
    if NAME not in {each.name for each in ours}:
        raise _wrong("imagePattern", image_pattern, "{name} is missing")
    numbers = {each: number for number, each in enumerate(sorted(ours, key=lambda each: each.name))}
    stem = image[:-1] if any_suffix else image
    ending = r"\.[^./]+" if any_suffix else ""
    return Rewrites(
        reach=Reach.STEM if any_suffix else Reach.KEY,
        to_image=Rewrite(_regex([prefix, *label], numbers), _tail(label), _template([prefix, *stem], numbers)),
        to_label=Rewrite(_regex([prefix, *stem], numbers, ending), "", _template([prefix, *label], numbers)),
    )


def _parse(pattern: str, where: str) -> list[_Part]:
    if not pattern or len(pattern) > PATTERN_LIMIT:
        raise _wrong(where, pattern, f"it can be a text of 1 to {PATTERN_LIMIT} characters")
    parts = list(_parts(pattern.removeprefix("/")))
    names = [part.name for part in parts if isinstance(part, _Placeholder)]
    if len(set(names)) < len(names):
        raise _wrong(where, pattern, "a placeholder is there twice")
    for one, following in pairwise(parts):
        if isinstance(one, _Placeholder) and isinstance(following, _Placeholder):
            raise _wrong(where, pattern, f"between {{{one.name}}} and {{{following.name}}} a text is needed")
    if any(isinstance(part, str) and ("{" in part or "}" in part or "*" in part) for part in parts):
        raise _wrong(where, pattern, "a placeholder is a lower-case name in braces, such as {name} or {name**}")
    return parts


def _parts(pattern: str) -> Iterator[_Part]:
    at = 0
    for found in _PLACEHOLDER.finditer(pattern):
        if found.start() > at:
            yield pattern[at : found.start()]
        yield _Placeholder(found["name"], found["deep"] is not None)
        at = found.end()
    if at < len(pattern):
        yield pattern[at:]


def _regex(parts: Sequence[_Part], numbers: dict[_Placeholder, int], ending: str = "") -> str:
    pieces = [
        re.escape(part) if isinstance(part, str) else f"(?P<g{numbers[part]}>{'.+' if part.deep else '[^/]+'})"
        for part in parts
    ]
    return rf"(?s)\A{''.join(pieces)}{ending}\z"


def _template(parts: Sequence[_Part], numbers: dict[_Placeholder, int]) -> tuple[str | int, ...]:
    return tuple(part if isinstance(part, str) else numbers[part] for part in parts)


def _tail(parts: Sequence[_Part]) -> str:
    return parts[-1] if isinstance(parts[-1], str) else ""


def _wrong(where: str, pattern: str, reason: str) -> SettingsError:
    return SettingsError(
        f"labels.{where} is {pattern[:100]!r}: {reason}.",
        'Write both, such as "images/{split}/{name}.{ext}" and "labels/{split}/{name}.txt".'
        " {name**} also matches across folders.",
        field=f"labels.{where}",
    )
