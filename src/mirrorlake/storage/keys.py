"""Decode the keys of listing pages: percent-decoded for a whole page at once, byte-exact, checked to be text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mirrorlake.core.errors import ListingBroken
from mirrorlake.storage.listing_batches import buffer_of

_PERCENT, _PLUS, _SPACE = 0x25, 0x2B, 0x20
_NO_DIGIT = 255


def _hex_values() -> npt.NDArray[np.uint8]:
    table = np.full(256, _NO_DIGIT, np.uint8)
    for digit in b"0123456789abcdefABCDEF":
        table[digit] = int(chr(digit), 16)
    return table


_HEX = _hex_values()


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedKeys:
    """Keys as text. `kept` marks the rows that are in `keys`; None means all rows."""

    keys: pa.StringArray
    unsupported: tuple[str, ...] = ()
    kept: pa.BooleanArray | None = None


def decode_keys(raw: pa.BinaryArray, *, percent: bool) -> DecodedKeys:
    """`raw` without its percent-encoding (if `percent`), as text; unsupported keys are returned separately.

    Raises ListingBroken for a malformed escape.
    """
    offsets, data = _buffers(raw)
    if percent:
        offsets, data = _percent_decode(offsets, data)
    column = pa.BinaryArray.from_buffers(pa.binary(), len(raw), [None, buffer_of(offsets), buffer_of(data)])
    if not (data == 0).any():
        try:
            return DecodedKeys(keys=cast("pa.StringArray", column.cast(pa.string())))
        except pa.ArrowInvalid:
            pass  # a key is not UTF-8: each key is checked below
    return _separate_invalid(cast("list[bytes]", column.to_pylist()))


def escaped(key: bytes) -> str:
    """A key that is not text, in readable form."""
    return key.decode("utf-8", "backslashreplace").replace("\0", "\\x00")


def _buffers(raw: pa.BinaryArray) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    _, offset_buffer, data_buffer = raw.buffers()
    if offset_buffer is None or data_buffer is None or not len(raw):
        return np.zeros(len(raw) + 1, np.int32), np.zeros(0, np.uint8)
    offsets = np.frombuffer(cast("Any", offset_buffer), np.int32)[raw.offset : raw.offset + len(raw) + 1]
    data = np.frombuffer(cast("Any", data_buffer), np.uint8)[offsets[0] : offsets[-1]]
    return np.ascontiguousarray(offsets - offsets[0]), data


def _percent_decode(
    offsets: npt.NDArray[np.int32], data: npt.NDArray[np.uint8]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """Application/x-www-form-urlencoded, as S3's `encoding-type=url` is: `+` is a space."""
    plus = data == _PLUS
    places = np.flatnonzero(data == _PERCENT)
    if not plus.any() and not len(places):
        return offsets, data
    decoded = np.where(plus, np.uint8(_SPACE), data)
    if not len(places):
        return offsets, decoded
    row_end = offsets[np.searchsorted(offsets, places, side="right")]
    if (places + 2 >= row_end).any():
        raise _malformed()
    high, low = _HEX[data[places + 1]], _HEX[data[places + 2]]
    if (high == _NO_DIGIT).any() or (low == _NO_DIGIT).any():
        raise _malformed()
    decoded[places] = high * np.uint8(16) + low
    keep = np.ones(len(data), np.bool_)
    keep[places + 1] = False
    keep[places + 2] = False
    shift = 2 * np.searchsorted(places, offsets)
    return (offsets - shift).astype(np.int32), decoded[keep]


def _malformed() -> ListingBroken:
    return ListingBroken(
        "A page of the listing contains a key with an invalid percent escape.",
        "Check that the endpoint supports encoding-type=url.",
    )


def _separate_invalid(keys: list[bytes]) -> DecodedKeys:
    texts: list[str] = []
    unsupported: list[str] = []
    kept: list[bool] = []
    for key in keys:
        try:
            text = key.decode()
        except UnicodeDecodeError:
            text = "\0"
        nameable = "\0" not in text
        kept.append(nameable)
        if nameable:
            texts.append(text)
        else:
            unsupported.append(escaped(key))
    return DecodedKeys(
        keys=pa.array(texts, pa.string()), unsupported=tuple(unsupported), kept=pa.array(kept, pa.bool_())
    )
