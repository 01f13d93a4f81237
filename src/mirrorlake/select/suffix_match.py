"""Which keys of a column end with a suffix: vectorised, by integer arithmetic. Pure, columns only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mirrorlake.core.columnar import BoolMask, Column

_WORD = 8  # bytes at the end of a key that are compared at once; longer suffixes need another method


class Endings:
    """The last eight bytes of every key of a column, ready to be compared with many suffixes.

    One gather from the column's buffer serves all suffixes; comparing is then integer arithmetic of about a
    nanosecond a key. Case is folded for ASCII letters only, as file systems and people do for suffixes.
    """

    def __init__(self, keys: Column) -> None:
        offsets, data = _buffers(keys)
        self._lengths = np.diff(offsets)
        ends = offsets[1:]
        if len(data) < _WORD:
            data = np.concatenate([np.zeros(_WORD, dtype=np.uint8), data])
            ends = ends + _WORD
        words = np.ndarray((len(data) - _WORD + 1,), dtype="<u8", buffer=data.data, strides=(1,))
        self._words: npt.NDArray[np.uint64] = words[np.maximum(ends - _WORD, 0)]
        # Only a key that ends within the first bytes of the buffer has no full word before its end.
        early = int(np.searchsorted(ends, _WORD))
        if early:
            missing = (_WORD - ends[:early]).astype(np.uint64)
            self._words[:early] <<= missing * np.uint64(8)
        self._shortest = int(self._lengths.min()) if len(self._lengths) else 0

    def match(self, suffix: str) -> BoolMask:
        """Which keys end with `suffix`, ignoring the case of ASCII letters. At most eight bytes."""
        raw = suffix.lower().encode()
        if not 0 < len(raw) <= _WORD:
            raise ValueError(f"a suffix has 1 to {_WORD} bytes: {suffix!r}")
        fold = bytes(0x20 if bytes([byte]).isalpha() else 0 for byte in raw)  # bytes.isalpha knows ASCII only
        shift = np.uint64(8 * (_WORD - len(raw)))
        tail = self._words >> shift if shift else self._words
        mask: BoolMask = (tail | np.uint64(int.from_bytes(fold, "little"))) == np.uint64(int.from_bytes(raw, "little"))
        if self._shortest < len(raw):
            # The word of a key shorter than the suffix includes bytes of the key before it.
            mask &= self._lengths >= len(raw)
        return mask

    def dot_at(self, distance: int) -> BoolMask:
        """Which keys have a dot as their `distance`-th byte from the end, 1 to 8."""
        byte = (self._words >> np.uint64(8 * (_WORD - distance))) & np.uint64(0xFF)
        return (byte == np.uint64(ord("."))) & (self._lengths >= distance)

    def match_any(self, suffixes: Sequence[str]) -> BoolMask:
        """Which keys end with any of `suffixes`."""
        mask: BoolMask = np.zeros(len(self._lengths), dtype=np.bool_)
        for suffix in suffixes:
            mask |= self.match(suffix)
        return mask


def _buffers(keys: Column) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """The offsets (one more than keys) and the bytes of a string column, without copying."""
    if len(keys) == 0:
        return np.zeros(1, dtype=np.int32), np.zeros(0, dtype=np.uint8)
    buffers: list[Any] = keys.buffers()
    offsets = np.frombuffer(buffers[1], dtype=np.int32)[keys.offset : keys.offset + len(keys) + 1]
    data = np.zeros(0, dtype=np.uint8) if buffers[2] is None else np.frombuffer(buffers[2], dtype=np.uint8)
    return offsets, data
