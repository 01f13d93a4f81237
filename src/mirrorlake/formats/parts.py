"""Read the header of an image in parts, as a small file in which its decoder finds the same facts."""

from __future__ import annotations

from dataclasses import dataclass

from mirrorlake.formats.codec import Content, FirstBytes

BLOCK_BYTES = 256 << 10  # of an object are read at once
MAX_BLOCKS = 32  # that are read to count pages or frames: each may cost a request


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderCopy:
    """The header of an image without its pixels."""

    data: FirstBytes
    frames: int | None = None  # where the copy does not have them; None if they were not counted


class Spread:
    """Counts the blocks in which something lies, so that a search ends before it has read most of an object."""

    def __init__(self) -> None:
        self._blocks: set[int] = set()

    def reaches(self, place: int) -> bool:
        """Whether this place may still be read."""
        self._blocks.add(place // BLOCK_BYTES)
        return len(self._blocks) <= MAX_BLOCKS


def read_part(data: Content, start: int, size: int) -> bytes:
    """`size` bytes from `start`; fewer at the end of the content."""
    if isinstance(data, bytes):
        return data[start : start + size]
    data.seek(start)
    return data.read(size)
