"""Convert columns that PostgreSQL returns as the bytes of all their values into Arrow columns, without a loop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mirrorlake.model.columns import KNOWN
from mirrorlake.storage.listing_batches import buffer_of

_SEPARATOR = b"\0"  # between two texts
_NULL = b"\xff"  # marks a null text
_STATE_BYTES = 2

_pc = cast("Any", pc)  # the stubs contain few of its functions


@dataclass(frozen=True, slots=True)
class KnownChunk:
    """Known objects as returned by the statements `known_chunk` and `known_chunk_until`; at least one."""

    keys: bytes
    tokens: bytes
    sizes: bytes
    companions: bytes
    states: bytes

    @property
    def rows(self) -> int:
        """The number of objects."""
        return len(self.states) // _STATE_BYTES

    @property
    def last_key(self) -> str:
        """The last key; the next chunk begins after it."""
        return self.keys[self.keys.rfind(_SEPARATOR) + 1 :].decode()


def join_known(chunks: Sequence[KnownChunk]) -> pa.RecordBatch:
    """The objects of consecutive chunks as one KNOWN batch."""
    rows = sum(chunk.rows for chunk in chunks)
    arrays = [
        _texts([chunk.keys for chunk in chunks], rows),
        _texts([chunk.tokens for chunk in chunks], rows),
        pa.array(_numbers([chunk.sizes for chunk in chunks], ">i8")),
        _texts([chunk.companions for chunk in chunks], rows),
        pa.array(_numbers([chunk.states for chunk in chunks], ">i2")),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=KNOWN)


def _numbers(pieces: Sequence[bytes], kind: str) -> npt.NDArray[Any]:
    numbers = np.frombuffer(b"".join(pieces), kind)
    return numbers.astype(numbers.dtype.newbyteorder("="))


def _texts(pieces: Sequence[bytes], rows: int) -> pa.Array[Any]:
    joined = _SEPARATOR.join([*pieces, b""])  # including one after the last text
    values = _split_fixed_length(joined, rows)
    if values is None:
        values = _pc.split_pattern(pa.array([joined], pa.binary()), pattern=_SEPARATOR).values.slice(0, rows)
    if _NULL in joined:
        values = _pc.if_else(_pc.equal(values, _NULL), None, values)
    return values.view(pa.string())  # PostgreSQL has checked that it is UTF-8


def _split_fixed_length(joined: bytes, rows: int) -> pa.Array[Any] | None:
    """Split texts that all have the same length, as tokens usually do: several times faster than a search for each end.

    Texts contain no NUL. If every expected position contains one, there is none elsewhere.
    """
    length = joined.index(_SEPARATOR)
    if not length or len(joined) != rows * (length + 1):
        return None
    table = np.frombuffer(joined, np.uint8).reshape(rows, length + 1)
    if table[:, length].any():
        return None
    data = np.ascontiguousarray(table[:, :length])
    offsets = np.arange(0, data.size + 1, length, dtype=np.int32)
    return cast("Any", pa).BinaryArray.from_buffers(pa.binary(), rows, [None, buffer_of(offsets), buffer_of(data)])
