"""Read the data files of an S3 Inventory into columns: CSV, Parquet and ORC."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc

from mirrorlake.model.columns import LISTING, TIME
from mirrorlake.model.objects import UnsupportedKey
from mirrorlake.storage.base import ListPage
from mirrorlake.storage.inventories import InventoryRefused
from mirrorlake.storage.keys import decode_keys
from mirrorlake.storage.listing_batches import clip_to_calendar
from mirrorlake.storage.providers.s3.inventory_manifest import FileFormat, Manifest

_BATCH_ROWS = 32_000
_BLOCK_BYTES = 8 << 20  # of a CSV file, unpacked, at once
_pc: Any = pc
_pa: Any = pa
_UNSUPPORTED = "its key is not UTF-8 or contains a NUL character, which no catalog can hold"


def read_file(data: bytes, manifest: Manifest) -> Iterator[ListPage]:
    """The objects of one data file, without versions that are not the latest. Raises InventoryRefused."""
    rows = _csv_rows(data, manifest.columns) if manifest.format is FileFormat.CSV else _column_rows(data, manifest)
    try:
        for batch in rows:
            yield _as_page(batch, manifest)
    except (pa.ArrowException, OSError) as error:
        raise InventoryRefused(
            f"A file of the inventory cannot be read as {manifest.format.value}: {type(error).__name__}.",
            "Wait for the next inventory.",
        ) from error


def _csv_rows(data: bytes, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    from pyarrow import csv  # noqa: PLC0415  one of three formats

    if not _pa.input_stream(pa.py_buffer(data), compression="gzip").read(1):
        return  # Arrow takes an empty file for an error
    names = list(columns)
    reader = csv.open_csv(
        _pa.input_stream(pa.py_buffer(data), compression="gzip"),
        read_options=csv.ReadOptions(column_names=names, block_size=_BLOCK_BYTES),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.binary()), include_columns=[n for n in names if n in _WANTED]
        ),
    )
    yield from cast("Iterator[pa.RecordBatch]", reader)


def _column_rows(data: bytes, manifest: Manifest) -> Iterator[pa.RecordBatch]:
    source = pa.BufferReader(data)
    if manifest.format is FileFormat.PARQUET:
        from pyarrow import parquet  # noqa: PLC0415  as above

        file: Any = parquet.ParquetFile(source)
        names = [name for name in file.schema_arrow.names if name in _WANTED]
        yield from file.iter_batches(batch_size=_BATCH_ROWS, columns=names)
        return
    from pyarrow import orc  # noqa: PLC0415  as above

    stripes: Any = orc.ORCFile(source)
    names = [name for name in stripes.schema.names if name in _WANTED]
    for number in range(stripes.nstripes):
        stripe = stripes.read_stripe(number, columns=names)
        for start in range(0, stripe.num_rows, _BATCH_ROWS):
            yield stripe.slice(start, _BATCH_ROWS)


_WANTED = frozenset(
    ("bucket", "key", "is_latest", "is_delete_marker", "size", "last_modified_date", "e_tag", "storage_class")
)


def _as_page(batch: pa.RecordBatch, manifest: Manifest) -> ListPage:
    """The latest versions of a batch in the layout LISTING."""
    rows: Any = batch
    is_csv = manifest.format is FileFormat.CSV
    for name, value in (("is_latest", True), ("is_delete_marker", False)):
        if name in rows.schema.names:
            kept = _pc.equal(_flags(rows.column(name)), value)
            rows = rows.filter(_pc.fill_null(kept, True))  # noqa: FBT003 - without versions, there is one of each
    if "bucket" in rows.schema.names and rows.num_rows:
        buckets = _pc.unique(rows.column("bucket").cast(pa.binary())).to_pylist()
        if buckets != [manifest.bucket.encode()]:
            raise InventoryRefused(
                f"The inventory contains objects of another bucket than {manifest.bucket}.", "Wait for the next one."
            )
    decoded = decode_keys(rows.column("key").cast(pa.binary()), percent=is_csv)
    if decoded.kept is not None:
        rows = rows.filter(decoded.kept)
    sizes = rows.column("size").cast(pa.string()).cast(pa.int64()) if is_csv else rows.column("size").cast(pa.int64())
    tokens = _pc.utf8_trim(rows.column("e_tag").cast(pa.string()), '"')
    if sizes.null_count or tokens.null_count:
        raise InventoryRefused("The inventory lacks the size or the ETag of an object.", "Wait for the next one.")
    if (_pc.min(sizes).as_py() or 0) < 0 or _pc.any(_pc.match_substring(tokens, "\0")).as_py():
        raise InventoryRefused("The inventory contains an impossible size or ETag.", "Wait for the next one.")
    columns = [decoded.keys, sizes, tokens, clip_to_calendar(_times(rows)), _texts(rows, "storage_class")]
    return ListPage(
        batch=pa.RecordBatch.from_arrays(columns, schema=LISTING),
        cursor=None,
        unsupported=tuple(UnsupportedKey(shown=shown, reason=_UNSUPPORTED) for shown in decoded.unsupported),
    )


def _flags(values: Any) -> Any:
    """A column of true and false, which CSV writes as text; empty is null."""
    if pa.types.is_boolean(values.type):
        return values
    text = _pc.utf8_lower(values.cast(pa.string()))
    return _pc.if_else(_pc.equal(text, ""), None, _pc.equal(text, "true"))


def _times(rows: Any) -> Any:
    if "last_modified_date" not in rows.schema.names:
        return pa.nulls(rows.num_rows, TIME)
    values = rows.column("last_modified_date")
    if pa.types.is_timestamp(values.type):
        return values.cast(pa.timestamp("us")).cast(TIME) if values.type.tz is None else values.cast(TIME)
    if pa.types.is_integer(values.type):
        return values.cast(pa.timestamp("ms")).cast(TIME)
    text = values.cast(pa.string())
    return _pc.if_else(_pc.equal(text, ""), None, text).cast(TIME)


def _texts(rows: Any, name: str) -> Any:
    if name not in rows.schema.names:
        return pa.nulls(rows.num_rows, pa.string())
    text = rows.column(name).cast(pa.string())
    return _pc.if_else(_pc.equal(text, ""), None, text)
