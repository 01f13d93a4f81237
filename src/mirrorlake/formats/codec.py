"""What the module of a format offers: a cheap reading of the header, then a rendering of the whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from mirrorlake.model.media import MediaFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What the header gives; nothing has been decoded yet."""

    facts: MediaFacts
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What people see of an object before they open it. Images always have it."""

    thumbnail: bytes  # WebP, upright, sRGB, at most THUMBNAIL_SIDE pixels a side
    placeholder: bytes  # ThumbHash, about 25 bytes
    warnings: tuple[str, ...] = ()


class Codec(Protocol):
    """Reads the objects of one format. Called with the whole object, by one thread of a worker process."""

    def available(self) -> bool:
        """Whether the libraries that decode the format are installed and can read it."""
        ...

    def probe(self, data: bytes) -> Probe:
        """Read the header. Raises UndecodableObject (stage probe) where it is damaged or goes beyond the limits."""
        ...

    def render(self, data: bytes, probe: Probe, /) -> Rendered | None:
        """Decode the object and draw its thumbnail; None for what has no picture.

        Raises UndecodableObject (stage decode) for damaged or cut content.
        """
        ...
