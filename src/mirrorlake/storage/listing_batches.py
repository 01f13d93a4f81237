"""Create, join and filter listing batches, with types that pyarrow's stubs lack."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mirrorlake.model.columns import LISTING, TIME
from mirrorlake.model.objects import KeyRange

# The years 1 to 9999, the range of Python's calendar, in microseconds since 1970.
EARLIEST, LATEST = -62_135_596_800_000_000, 253_402_300_800_000_000

_VERSION = ("key", "size", "token")  # what identifies one version of one object

_pc = cast("Any", pc)  # the stubs of the comparisons support neither texts nor their results


def listing_batch(
    keys: Sequence[str],
    sizes: Sequence[int],
    tokens: Sequence[str],
    modified: Sequence[int | None] | Sequence[datetime | None],
    storage_classes: Sequence[str | None] | None = None,
) -> pa.RecordBatch:
    """A batch of `model.columns.LISTING`; `modified` as datetimes or as microseconds since 1970."""
    columns: list[pa.Array[Any]] = [
        pa.array(keys, pa.string()),
        pa.array(sizes, pa.int64()),
        pa.array(tokens, pa.string()),
        pa.array(cast("Sequence[Any]", modified), TIME),
        pa.nulls(len(keys), pa.string()) if storage_classes is None else pa.array(storage_classes, pa.string()),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=LISTING)


def joined(batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    """One batch of all rows; at least one batch is needed."""
    return batches[0] if len(batches) == 1 else cast("pa.RecordBatch", cast("Any", pa).concat_batches(batches))


def key_column(batch: pa.RecordBatch) -> pa.StringArray:
    """The keys of a batch."""
    return cast("pa.StringArray", batch.column("key"))


def key_at(batch: pa.RecordBatch, place: int) -> str:
    """The key of one row; negative places count from the end."""
    return key_column(batch)[place % batch.num_rows].as_py()


def first_outside(batch: pa.RecordBatch, scope: KeyRange) -> int | None:
    """The first row whose key is not in `scope`, or None."""
    return _first_false(_inside(batch, scope))


def first_not_rising(batch: pa.RecordBatch) -> int | None:
    """The first row whose next key is not greater, or None."""
    keys = key_column(batch)
    return _first_false(_pc.less(keys[:-1], keys[1:]))


def without_repeats(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The rows of a batch, except for those whose key, size and token equal those of the row before."""
    columns = [cast("pa.Array[Any]", batch.column(name)) for name in _VERSION]
    same = [_pc.equal(column[:-1], column[1:]) for column in columns]
    repeated = _pc.and_(_pc.and_(same[0], same[1]), same[2])
    return batch.filter(pa.concat_arrays([pa.array([True]), _pc.invert(repeated)]))


def filter_range(batch: pa.RecordBatch, scope: KeyRange) -> pa.RecordBatch:
    """The rows whose keys are in `scope`."""
    return batch.filter(_inside(batch, scope))


def rows_within(batch: pa.RecordBatch, scope: KeyRange, *, ordered: bool) -> tuple[pa.RecordBatch, bool]:
    """The rows of `batch` within `scope`, and whether the end of the scope was reached."""
    if not ordered:
        return filter_range(batch, scope), False
    if scope.until is None or not batch.num_rows or key_at(batch, -1) <= scope.until:
        return batch, False
    return batch.slice(0, count_upto(batch, scope.until)), True


def rows_after(batch: pa.RecordBatch, after: str | None) -> pa.RecordBatch:
    """The rows whose keys are greater than `after`, in any order; all of them without one."""
    if after is None or not batch.num_rows:
        return batch
    return batch.filter(_pc.greater(key_column(batch), after))


def count_upto(batch: pa.RecordBatch, bound: str) -> int:
    """How many keys are at most `bound`."""
    return int(_pc.sum(_pc.less_equal(key_column(batch), bound)).as_py() or 0)


def fill_null(first: pa.Array[Any], second: pa.Array[Any]) -> pa.StringArray:
    """`first`, with nulls replaced from `second`."""
    return cast("pa.StringArray", _pc.coalesce(first, second))


def has_empty(texts: pa.Array[Any]) -> bool:
    """Whether any text is null or empty."""
    offsets = np.frombuffer(cast("Any", texts.buffers()[1] or b""), np.int32)[texts.offset :][: len(texts) + 1]
    return bool((offsets[1:] == offsets[:-1]).any())


def replace_empty(texts: pa.Array[Any]) -> pa.StringArray:
    """`texts` with null for empty ones."""
    return cast("pa.StringArray", _pc.if_else(_pc.equal(texts, ""), None, texts))


def clip_to_calendar(times: pa.Array[Any]) -> pa.Array[Any]:
    """`times`, in microseconds, with null for those before the year 1 or after 9999, which Python cannot represent."""
    # Read in place: for a page of a thousand rows, five Arrow kernels would cost as much as reading the page.
    since = np.frombuffer(cast("Any", times.buffers()[1] or b""), np.int64)[times.offset :][: len(times)]
    if not len(since) or (since.min() >= EARLIEST and since.max() < LATEST):
        return times
    inside = pa.array((since >= EARLIEST) & (since < LATEST))
    return cast("pa.Array[Any]", _pc.if_else(inside, times, None))


def smallest_size(batch: pa.RecordBatch) -> int:
    """The smallest size of the objects; 0 if there are none."""
    return int(_pc.min(cast("Any", batch).column("size")).as_py() or 0)


def split_by_length(batch: pa.RecordBatch, limit: int) -> tuple[pa.RecordBatch, list[str]]:
    """The rows whose keys have at most `limit` bytes, and the other keys."""
    lengths = _pc.binary_length(key_column(batch))
    if int(_pc.max(lengths).as_py() or 0) <= limit:
        return batch, []
    long = _pc.greater(lengths, limit)
    return batch.filter(_pc.invert(long)), cast("list[str]", key_column(batch).filter(long).to_pylist())


def split_by_size(batch: pa.RecordBatch, limit: int) -> tuple[pa.RecordBatch, list[str]]:
    """The rows of objects with at most `limit` bytes, and the keys of the others."""
    sizes = cast("Any", batch).column("size")
    if int(_pc.max(sizes).as_py() or 0) <= limit:
        return batch, []
    large = _pc.greater(sizes, limit)
    return batch.filter(_pc.invert(large)), cast("list[str]", key_column(batch).filter(large).to_pylist())


def buffer_of(array: npt.NDArray[np.generic]) -> pa.Buffer:
    """The shared memory of an array."""
    return pa.py_buffer(cast("Any", array))


def _inside(batch: pa.RecordBatch, scope: KeyRange) -> pa.BooleanArray:
    keys = key_column(batch)
    inside = _pc.starts_with(keys, scope.prefix)
    if scope.after is not None:
        inside = _pc.and_(inside, _pc.greater(keys, scope.after))
    if scope.until is not None:
        inside = _pc.and_(inside, _pc.less_equal(keys, scope.until))
    return cast("pa.BooleanArray", inside)


def _first_false(mask: pa.BooleanArray) -> int | None:
    place = int(_pc.index(mask, False).as_py())
    return place if place >= 0 else None
