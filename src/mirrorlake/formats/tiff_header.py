"""Copy the first directory of a TIFF that is read in parts: a small TIFF in which a decoder finds the same facts.

Pixels, their places and previews are left out. Every offset and every count may be false: a value outside of the
object stays outside of the copy, and loops and endless chains of directories end.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from mirrorlake.formats.codec import FirstBytes, RandomAccess
from mirrorlake.formats.parts import HeaderCopy, Spread, read_part

MAX_ENTRIES = 4096  # of a directory that are read
MAX_VALUE_BYTES = 4 << 20  # of a value that is copied: colour profiles and XMP have less
MAX_CAMERA_BYTES = 4096  # of a value of EXIF: longer ones are no facts
MAX_COPY_BYTES = 16 << 20  # of all values together, which may overlap in the object
MAX_DIRECTORIES = 65_535  # that are counted, as by libtiff

_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825
_STARTS, _LENGTHS = frozenset({273, 324}), frozenset({279, 325})  # of strips and tiles
# What describes pixels and file, and what people and cameras wrote: of a value elsewhere in the file, only these.
_WANTED = frozenset(
    {
        *range(254, 272), *range(274, 279), *range(280, 302), *range(305, 324), *range(330, 342), 347, 512,
        *range(529, 533), 700, 33723, 34377, 34675,
    }
)  # fmt: skip
# The bytes of one value of each type.
_WIDTHS = {
    1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8,
}  # fmt: skip
_LONG = 4  # the type of offsets in the copy
_OFFSETS = frozenset({_LONG, 13})


@dataclass(frozen=True, slots=True)
class _Layout:
    """How numbers are written: in which order, and in a BigTIFF of 8 bytes."""

    order: str
    big: bool

    @property
    def inline(self) -> int:
        """The most bytes of a value that an entry holds; also those of an offset."""
        return 8 if self.big else 4

    @property
    def entry(self) -> struct.Struct:
        """A tag, a type, a count, and the value or its offset."""
        return struct.Struct(self.order + ("HHQ8s" if self.big else "HHI4s"))

    @property
    def count(self) -> struct.Struct:
        """How many entries a directory has."""
        return struct.Struct(self.order + ("Q" if self.big else "H"))

    @property
    def offset(self) -> struct.Struct:
        """A place in the file."""
        return struct.Struct(self.order + ("Q" if self.big else "I"))


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of a directory."""

    tag: int
    kind: int
    count: int
    field: bytes  # the value, or its offset

    @property
    def size(self) -> int:
        """Bytes of its value."""
        return _WIDTHS.get(self.kind, 1) * self.count


def copy_header(data: RandomAccess) -> HeaderCopy:
    """The first directory of a TIFF, and how many there are."""
    head = read_part(data, 0, 16)
    layout = _Layout("<" if head.startswith(b"II") else ">", b"+" in head[2:4])
    start = 8 if layout.big else 4
    if len(head) < start + layout.inline:
        return HeaderCopy(data=FirstBytes(head), frames=None)
    (first,) = layout.offset.unpack_from(head, start)
    copy = _Copy(data, layout, head[:start])
    copy.copy_first(first)
    return HeaderCopy(data=FirstBytes(copy.out), frames=_count_directories(data, layout, first))


class _Copy:
    """A TIFF to which directories are appended."""

    def __init__(self, data: RandomAccess, layout: _Layout, mark: bytes) -> None:
        self._data = data
        self._layout = layout
        self.out = bytearray(mark + bytes(layout.inline))

    def copy_first(self, offset: int) -> None:
        """Copy the directory at this offset, with those of EXIF that it points to, and make it the first."""
        entries: dict[int, _Entry] = {}  # of a tag that occurs twice, the first counts
        for one in _entries(self._data, self._layout, offset):
            copied = None if one.tag in entries else self._copy_entry(one)
            if copied is not None:
                entries[one.tag] = copied
        place = self._append(entries.values())
        self._layout.offset.pack_into(self.out, 8 if self._layout.big else 4, place)

    def _copy_entry(self, one: _Entry) -> _Entry | None:
        if one.tag in _STARTS | _LENGTHS:
            return self._number(one.tag, len(self.out))  # the decoder wants some; it does not read there
        if one.tag in {_EXIF_IFD, _GPS_IFD}:
            if self._layout.big or one.kind not in _OFFSETS or one.count != 1:
                return None
            (below,) = self._layout.offset.unpack(one.field)
            return self._number(one.tag, self._copy_directory(below))
        wanted = one.size <= self._layout.inline or (one.tag in _WANTED and one.size <= MAX_VALUE_BYTES)
        return one if wanted else None

    def _copy_directory(self, offset: int) -> int:
        entries = _entries(self._data, self._layout, offset)
        return self._append([one for one in entries if one.size <= MAX_CAMERA_BYTES])

    def _number(self, tag: int, value: int) -> _Entry:
        return _Entry(tag, _LONG, 1, struct.pack(self._layout.order + "I", value).ljust(self._layout.inline, b"\0"))

    def _append(self, entries: Collection[_Entry]) -> int:
        """Append a directory with its values. The place of the directory."""
        layout, out = self._layout, self.out
        copied = [self._with_value(one) for one in entries]
        out += bytes(len(out) % 2)
        place = len(out)
        out += layout.count.pack(len(copied))
        for one in copied:
            out += layout.entry.pack(one.tag, one.kind, one.count, one.field)
        out += bytes(layout.inline)  # no directory follows
        return place

    def _with_value(self, one: _Entry) -> _Entry:
        """The entry with a value that was copied; one that the object does not have is nowhere."""
        layout = self._layout
        if one.size <= layout.inline:
            return one
        (start,) = layout.offset.unpack(one.field)
        room = len(self.out) + one.size <= MAX_COPY_BYTES
        value = read_part(self._data, start, one.size) if room else b""
        if len(value) < one.size:
            return _Entry(one.tag, one.kind, one.count, b"\xff" * layout.inline)
        self.out += bytes(len(self.out) % 2)
        place = len(self.out)
        self.out += value
        return _Entry(one.tag, one.kind, one.count, layout.offset.pack(place))


def _entries(data: RandomAccess, layout: _Layout, offset: int) -> Iterator[_Entry]:
    """The entries of the directory at this offset, as far as the object has them."""
    head = read_part(data, offset, layout.count.size)
    if len(head) < layout.count.size:
        return
    (count,) = layout.count.unpack(head)
    size = layout.entry.size
    block = read_part(data, offset + len(head), min(count, MAX_ENTRIES) * size)
    for fields in layout.entry.iter_unpack(block[: len(block) // size * size]):
        yield _Entry(*fields)


def _count_directories(data: RandomAccess, layout: _Layout, first: int) -> int | None:
    """The directories of a chain; None if they are spread over too much of the object."""
    spread, seen = Spread(), set[int]()
    place = first
    while place and place not in seen and len(seen) < MAX_DIRECTORIES:
        if not spread.reaches(place):
            return None
        head = read_part(data, place, layout.count.size)
        (count,) = layout.count.unpack(head) if len(head) == layout.count.size else (0,)
        end = place + layout.count.size + count * layout.entry.size
        if count == 0 or end > len(data):
            break
        seen.add(place)
        if not spread.reaches(end):
            return None
        following = read_part(data, end, layout.inline)
        (place,) = layout.offset.unpack(following) if len(following) == layout.inline else (0,)
    return len(seen)
