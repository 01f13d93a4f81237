"""The interface of a format: probe the header cheaply, then render the whole object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

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
    picture_hash: int | None = None  # 64 bits, signed; None for a tiny picture or a single colour
    warnings: tuple[str, ...] = ()


class RandomAccess(Protocol):
    """An object that is read in parts, as a binary file is: what a decoder does not ask for is never fetched."""

    def __len__(self) -> int:
        """The size of the object in bytes."""
        ...

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move the position."""
        ...

    def tell(self) -> int:
        """The position."""
        ...

    def read(self, size: int = -1, /) -> bytes:
        """Bytes from the position; fewer than `size` only at the end, and once nothing more can be read."""
        ...

    def readinto(self, buffer: Any, /) -> int:
        """Fill a buffer from the position."""
        ...


class FirstBytes(bytes):
    """The first bytes of an object. That they end means nothing for the object."""


Content = bytes | RandomAccess
"""An object as a whole, or one that is read in parts."""


class RangedCodec(Protocol):
    """A codec that needs only parts of an object. Those of formats with `ranged_from` are such."""

    def probe(self, data: Content) -> Probe:
        """As a codec does."""
        ...

    def render(self, data: Content, probe: Probe, /) -> Rendered | None:
        """As a codec does."""
        ...


@runtime_checkable
class StartCodec(Protocol):
    """A codec that also shows the beginning of an object, without looking for another place in it."""

    def render_start(self, data: Content, /) -> Rendered:
        """Render the first picture. Raises UndecodableObject (stage decode)."""
        ...


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
