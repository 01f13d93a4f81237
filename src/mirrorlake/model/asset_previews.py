"""Previews of assets: pictures that are made on demand, larger than thumbnails or of more than one moment."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PreviewKind(StrEnum):
    """What a preview shows."""

    PICTURE = "picture"  # an image, one page of a document, or one frame of a video
    STRIP = "strip"  # frames of a video beside each other


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewOptions:
    """The preview that is wanted."""

    kind: PreviewKind = PreviewKind.PICTURE
    page: int = 1  # of a document


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetPreview:
    """A preview."""

    data: bytes  # WebP
    mark: str  # differs if the object or the wanted preview differs
