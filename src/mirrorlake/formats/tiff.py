"""Read a few tags of a TIFF directory, the structure of EXIF, from untrusted bytes. Pure: no I/O.

Only wanted tags are decoded, so that maker notes and previews cost nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Mapping
from dataclasses import dataclass

Numbers = tuple[int | float | None, ...]  # None for a fraction whose denominator is zero
Value = bytes | Numbers  # bytes for text and for types without a meaning of their own

MAX_TEXT_BYTES = 800  # of a value that are kept
MAX_NUMBERS = 16  # of a value that are kept

TIFF_MARKS = (b"II*\0", b"MM\0*")  # in the byte order of the block

_HEADER_BYTES = 8
_ENTRY_BYTES = 12
_INLINE_BYTES = 4  # a longer value is stored elsewhere, and the entry holds its offset
_PLAIN = frozenset({1, 2, 7})  # byte, text, undefined: kept as bytes
_FRACTIONS = frozenset({5, 10})
# The letter of `struct` for each type; a fraction has two.
_LETTERS = {1: "B", 2: "s", 3: "H", 4: "I", 5: "I", 6: "b", 7: "s", 8: "h", 9: "i", 10: "i", 11: "f", 12: "d", 13: "I"}


@dataclass(frozen=True, slots=True)
class Directory:
    """The wanted tags of one directory. `damaged` if some of it could not be read."""

    values: Mapping[int, Value]
    damaged: bool = False


class TiffBlock:
    """A block that begins with a TIFF header. Raises ValueError if it does not."""

    def __init__(self, block: bytes) -> None:
        if not block.startswith(TIFF_MARKS) or len(block) < _HEADER_BYTES:
            raise ValueError("it has no TIFF header")
        order = "<" if block.startswith(b"I") else ">"
        self.is_big_endian = order == ">"
        self._block = block
        self._order = order
        self.first: int = struct.unpack_from(order + "I", block, 4)[0]  # offset of the first directory

    def read(self, offset: int, wanted: Collection[int]) -> Directory:
        """The directory at `offset`. A tag that occurs twice counts once, the first time."""
        block, order = self._block, self._order
        if not _HEADER_BYTES <= offset <= len(block) - 2:
            return Directory({}, damaged=True)
        count: int = struct.unpack_from(order + "H", block, offset)[0]
        present = min(count, (len(block) - offset - 2) // _ENTRY_BYTES)
        damaged = present < count
        values: dict[int, Value] = {}
        entries = struct.iter_unpack(order + "HHII", block[offset + 2 : offset + 2 + present * _ENTRY_BYTES])
        for place, (tag, kind, length, pointer) in enumerate(entries):
            if tag not in wanted or tag in values:
                continue
            value = self._value(kind, length, pointer, offset + 2 + place * _ENTRY_BYTES + 8)
            if value is None:
                damaged = True
            else:
                values[tag] = value
        return Directory(values, damaged)

    def _value(self, kind: int, length: int, pointer: int, inline: int) -> Value | None:
        """A value; None if its type is unknown or it lies outside of the block."""
        letter = _LETTERS.get(kind)
        if letter is None:
            return None
        fields = 2 if kind in _FRACTIONS else 1
        size = struct.calcsize(self._order + letter) * fields
        start = inline if length * size <= _INLINE_BYTES else pointer
        if start + length * size > len(self._block):
            return None
        if kind in _PLAIN:
            return self._block[start : start + min(length, MAX_TEXT_BYTES)]
        kept = min(length, MAX_NUMBERS)
        numbers: tuple[int | float, ...] = struct.unpack_from(
            f"{self._order}{kept * fields}{letter}", self._block, start
        )
        if fields == 1:
            return numbers
        return tuple(over / under if under else None for over, under in zip(numbers[::2], numbers[1::2], strict=True))
