"""Kinds of media, and the typed facts read from an object's bytes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, ClassVar, get_args, get_type_hints

FactType = type[str] | type[int] | type[float] | type[bool] | type[list[Any]]  # a list is one of texts
Fact = str | int | float | bool | tuple[str, ...]
LIST_FACTS = frozenset({"keywords"})  # those with several values, each of which searches find and count


class MediaKind(StrEnum):
    """The kind of an asset, independent of its format: a PDF is a document, its media type `application/pdf`."""

    IMAGE = "image"
    VIDEO = "video"
    DOCUMENT = "document"
    AUDIO = "audio"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    """A still or animated image. `width` and `height` are upright: after applying `orientation`."""

    kind: ClassVar[MediaKind] = MediaKind.IMAGE

    width: int  # pixels
    height: int
    orientation: int = 1  # EXIF 1 to 8, as stored in the file
    channels: int
    bit_depth: int
    colour_space: str
    has_alpha: bool
    has_icc: bool
    colour_profile: str | None = None  # the name of its ICC profile
    frames: int | None = None  # of an animation
    camera: Mapping[str, Fact] = field(default_factory=dict[str, Fact])  # recorded by the camera, and captions


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoFacts:
    """A video. `width` and `height` are upright."""

    kind: ClassVar[MediaKind] = MediaKind.VIDEO

    width: int  # pixels
    height: int
    duration_s: float | None = None
    frame_rate: float | None = None  # frames per second, on average
    frame_count: int | None = None  # as the header specifies it
    video_codec: str | None = None
    pixel_format: str | None = None  # FFmpeg's name: "yuv420p"
    major_brand: str | None = None  # of MP4 and MOV: "mp42"
    audio_codec: str | None = None
    audio_channels: int | None = None
    audio_rate: int | None = None  # hertz
    camera: Mapping[str, Fact] = field(default_factory=dict[str, Fact])  # recorded by the camera, and its title


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFacts:
    """A document of pages."""

    kind: ClassVar[MediaKind] = MediaKind.DOCUMENT

    pages: int
    title: str | None = None
    author: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioFacts:
    """A sound recording."""

    kind: ClassVar[MediaKind] = MediaKind.AUDIO

    duration_s: float | None = None
    sample_rate: int  # hertz
    channels: int
    audio_codec: str | None = None
    title: str | None = None
    artist: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFacts:
    """Plain text."""

    kind: ClassVar[MediaKind] = MediaKind.TEXT

    characters: int | None = None  # None if only its beginning was read
    lines: int | None = None
    encoding: str
    title: str | None = None
    language: str | None = None  # as the text itself specifies it, "de-AT", else as it was recognised: "de"
    first_lines: str | None = None


MediaFacts = ImageFacts | VideoFacts | DocumentFacts | AudioFacts | TextFacts

_IN_COLUMNS = frozenset({"width", "height"})  # of the table `asset`, not among its facts
_OF_CAMERAS: Mapping[str, FactType] = {
    "camera_make": str, "camera_model": str, "software": str, "lens": str, "taken_at": str, "iso": int,
    "aperture": float, "exposure_s": float, "focal_length_mm": float, "focal_length_35mm": float, "flash": bool,
    "white_balance": str, "latitude": float, "longitude": float, "altitude_m": float, "keywords": list, "caption": str,
    "title": str,
}  # fmt: skip
_KINDS = (ImageFacts, VideoFacts, DocumentFacts, AudioFacts, TextFacts)


def _declared(kind: type[MediaFacts], name: str) -> FactType:
    declared = get_type_hints(kind)[name]
    return next(one for one in get_args(declared) or (declared,) if one is not type(None))


FACT_TYPES: Mapping[str, FactType] = {
    one.name: _declared(kind, one.name)
    for kind in _KINDS
    for one in fields(kind)
    if one.name not in _IN_COLUMNS | {"camera"}
} | _OF_CAMERAS
FACT_NAMES = frozenset(FACT_TYPES)


def facts_to_json(facts: MediaFacts) -> dict[str, Any]:
    """The public form: known facts only, without those that are fields of the asset (its size in pixels)."""
    document: dict[str, Any] = {}
    for one in fields(facts):
        value = getattr(facts, one.name)
        if one.name == "camera":
            document.update(value)
        elif value is not None and one.name not in _IN_COLUMNS:
            document[one.name] = value
    for name in LIST_FACTS & document.keys():
        document[name] = list(document[name])
    return document


def pixel_size(facts: MediaFacts) -> tuple[int, int] | None:
    """Width and height; None for media without a size."""
    return (facts.width, facts.height) if isinstance(facts, ImageFacts | VideoFacts) else None
