"""The Arrow kernels for selecting and planning, with precise types.

pyarrow's stubs cover few combinations of arrays and scalars. The casts are here once, not at every call.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Column: TypeAlias = "pa.Array[Any]"  # quoted: generic in the stubs only
BoolMask: TypeAlias = npt.NDArray[np.bool_]
Rows: TypeAlias = npt.NDArray[np.int64]

_pa: Any = pa
_pc: Any = pc

# More bytes than any value has: binary_slice without an end overflows (pyarrow 26: an error, or a crash).
LONGEST = 1 << 30
NO_ROWS: Rows = np.zeros(0, dtype=np.int64)


def column(batch: pa.RecordBatch, name: str) -> Column:
    """One column of a batch."""
    arrow: Any = batch
    return arrow.column(name)


def fields_of(schema: pa.Schema) -> list[pa.Field[Any]]:
    """The fields of a schema, in order."""
    arrow: Any = schema
    return list(arrow)


def columns(batch: pa.RecordBatch) -> list[Column]:
    """All columns of a batch."""
    arrow: Any = batch
    return arrow.columns


def as_binary(keys: Column) -> Column:
    """View a string column as UTF-8 bytes without copying. Comparing bytes gives byte order."""
    raw: Any = keys
    return raw.view(pa.binary()) if pa.types.is_string(keys.type) else keys


def bytes_at(raw: Column, row: int) -> bytes:
    """One value of a string or binary column as bytes; a negative row counts from the end."""
    value: Any = raw[row if row >= 0 else len(raw) + row].as_py()
    return value if isinstance(value, bytes) else value.encode()


def mask_of(values: Column) -> BoolMask:
    """Convert a boolean column to numpy; null becomes false."""
    filled: Any = _pc.fill_null(values, False) if values.null_count else values  # noqa: FBT003 - a value, not a flag
    return filled.to_numpy(zero_copy_only=False)


def from_numpy_mask(mask: BoolMask) -> Column:
    """Convert a numpy mask to a boolean column."""
    return pa.array(mask, type=pa.bool_())


def fields(schema: pa.Schema) -> list[pa.Field[Any]]:
    """The fields of a layout."""
    return list(schema)


def keep(batch: pa.RecordBatch, mask: BoolMask) -> pa.RecordBatch:
    """Keep the rows where `mask` is true."""
    arrow: Any = batch
    return arrow.filter(from_numpy_mask(mask))


def chosen(values: Column, mask: BoolMask) -> Column:
    """Keep the values where `mask` is true."""
    arrow: Any = values
    return arrow.filter(from_numpy_mask(mask))


def take(batch: pa.RecordBatch, rows: Rows) -> pa.RecordBatch:
    """Take the given rows; row -1 gives nulls."""
    arrow: Any = batch
    return arrow.take(pa.array(rows, mask=rows < 0))


def joined(batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    """Concatenate batches of one layout, at least one. Copies nothing if all but one are empty."""
    filled = [batch for batch in batches if batch.num_rows]
    if len(filled) < 2:  # noqa: PLR2004 - two are needed to join anything
        return filled[0] if filled else batches[0]
    return _pa.concat_batches(filled)


def concatenated(parts: Sequence[Column]) -> Column:
    """Concatenate columns of one type, at least one."""
    return _pa.concat_arrays(parts)


def take_values(values: Column, rows: npt.NDArray[np.integer[Any]]) -> Column:
    """Take the values of the given rows."""
    return _pc.take(values, pa.array(rows))


@cache
def no_rows(schema: pa.Schema) -> pa.RecordBatch:
    """An empty batch."""
    return pa.RecordBatch.from_arrays([pa.array([], type=field.type) for field in fields(schema)], schema=schema)


def nulls(length: int, kind: pa.DataType) -> Column:
    """A column of nulls."""
    return _pa.nulls(length, kind)


def filled(length: int, value: object, kind: pa.DataType) -> Column:
    """A column that repeats one value."""
    return _pa.repeat(_pa.scalar(value, type=kind), length)


def starts_with(raw: Column, prefix: str) -> Column:
    """Which values start with the UTF-8 bytes of `prefix`."""
    return _pc.starts_with(raw, prefix)


def ends_with(raw: Column, suffix: str) -> Column:
    """Which values end with the UTF-8 bytes of `suffix`, case-sensitively."""
    return _pc.ends_with(raw, suffix)


def matches_regex(raw: Column, pattern: str) -> Column:
    """Which values contain a match of the RE2 pattern; over bytes for a binary column."""
    return _pc.match_substring_regex(raw, pattern)


def byte_lengths(raw: Column) -> Rows:
    """The length of each value in bytes; 0 for null."""
    lengths: Any = _pc.fill_null(_pc.binary_length(raw), 0)
    return lengths.to_numpy(zero_copy_only=False)


def cut(raw: Column, start: int, stop: int = LONGEST) -> Column:
    """The bytes of each value from `start` to `stop`; negative positions count from the end."""
    return _pc.binary_slice(raw, start, stop)


def byte_content(values: Column) -> Iterator[bytes | memoryview]:
    """The content of a string column as bytes that equal those of equal columns only, if both have as many values."""
    if values.null_count:
        yield b"\1"
        yield np.packbits(present(values)).tobytes()
        if values.null_count == len(values):
            return
        values = _pc.fill_null(values, "")
    else:
        yield b"\0"
    raw: Any = values
    _, offsets, data = raw.buffers()
    bounds = np.frombuffer(offsets, np.int32)[raw.offset : raw.offset + len(raw) + 1]
    yield np.diff(bounds).tobytes()
    if data is not None:
        yield memoryview(data)[bounds[0] : bounds[-1]]


def is_in(values: Column, among: Column) -> BoolMask:
    """Which values occur in `among`. Null occurs if `among` contains null."""
    return mask_of(_pc.is_in(values, value_set=among))


def places_in(values: Column, among: Column) -> Rows:
    """The position in `among` where each value first occurs, -1 if it does not."""
    found: Any = _pc.fill_null(_pc.index_in(values, value_set=among), -1)
    return found.to_numpy(zero_copy_only=False).astype(np.int64)


def equal_to(values: Column, value: object) -> BoolMask:
    """Which values equal one given value; null is not equal."""
    return mask_of(_pc.equal(values, _pa.scalar(value, type=values.type)))


def greater(values: Column, bound: str) -> BoolMask:
    """Which texts follow `bound` in byte order; never a null."""
    return mask_of(_pc.greater(values, bound))


def equal(left: Column, right: Column) -> BoolMask:
    """Which values are equal row by row; null equals nothing."""
    return mask_of(_pc.equal(left, right))


def present(values: Column) -> BoolMask:
    """Which values are not null."""
    return mask_of(_pc.is_valid(values))


def same(left: Column, right: Column) -> BoolMask:
    """Which values are equal row by row, with two nulls equal as well."""
    both_null = mask_of(_pc.and_(_pc.is_null(left), _pc.is_null(right)))
    return equal(left, right) | both_null


def times(moments: Column) -> Rows:
    """Points in time as microseconds since 1970; null is the earliest."""
    numbers: Any = _pc.fill_null(_pc.cast(moments, pa.int64()), np.iinfo(np.int64).min)
    return numbers.to_numpy(zero_copy_only=False)


def latest(moments: Column) -> datetime | None:
    """The latest of some moments; None without any."""
    return _pc.max(moments).as_py()


def min_max(raw: Column) -> tuple[bytes | None, bytes | None]:
    """The smallest and the largest value in byte order; None if there is no value."""
    found: Any = _pc.min_max(raw)
    return found["min"].as_py(), found["max"].as_py()


def is_ascending(raw: Column) -> bool:
    """Whether every value is greater, in byte order, than its predecessor."""
    return len(raw) < 2 or mask_of(_pc.less(raw.slice(0, len(raw) - 1), raw.slice(1))).all().item()  # noqa: PLR2004


def where(mask: BoolMask, then: Column | str, otherwise: Column) -> Column:
    """Choose `then` where the mask is true, else `otherwise`."""
    left: Any = then if isinstance(then, pa.Array) else pa.scalar(then, type=pa.string())
    return _pc.if_else(from_numpy_mask(mask), left, otherwise)


def joined_text(parts: Sequence[Column | str], separator: str) -> Column:
    """Concatenate the parts of each row as text; null if a part is null."""
    scalars: list[Any] = [part if isinstance(part, pa.Array) else pa.scalar(part, type=pa.string()) for part in parts]
    return _pc.binary_join_element_wise(*scalars, separator)


def to_text(values: Column) -> Column:
    """Convert numbers to decimal text."""
    return _pc.cast(values, pa.string())


def in_order(raw: Column) -> Rows:
    """Sort the rows in ascending byte order of their values."""
    return _pc.sort_indices(raw).to_numpy().astype(np.int64)


def distinct(values: Column) -> Column:
    """Each value once, in the order of its first occurrence."""
    return _pc.unique(values)


def sum_where(values: Column, mask: BoolMask) -> int:
    """The sum of the values where `mask` is true; null counts as 0."""
    return _pc.sum(chosen(values, mask)).as_py() or 0
