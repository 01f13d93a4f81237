"""The interface of a format: probe the header cheaply, then render the whole object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from mirrorlake.model.media import MediaFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """The facts from the header; nothing is decoded."""

    facts: MediaFacts
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The thumbnail and placeholder of an object. Images always have them."""

    thumbnail: bytes  # WebP, upright, sRGB, at most THUMBNAIL_SIDE pixels a side
    placeholder: bytes  # ThumbHash, about 25 bytes
    warnings: tuple[str, ...] = ()


class Codec(Protocol):
    """Reads the objects of one format. Called with the whole object, by one thread of a worker process."""

    def available(self) -> bool:
        """Whether the libraries that decode the format are installed and can read it."""
        ...

    def probe(self, data: bytes) -> Probe:
        """Read the header. Raises UndecodableObject (stage probe) if it is damaged or exceeds the limits."""
        ...

    def render(self, data: bytes, probe: Probe, /) -> Rendered | None:
        """Decode the object and render its thumbnail; None for content without a picture.

        Raises UndecodableObject (stage decode) for damaged or cut content.
        """
        ...
