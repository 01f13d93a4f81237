"""The formats of exports that are one file: each writes Arrow batches to an open file, in bounded memory. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO, Final, cast

import orjson
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, ipc, parquet

from mirrorlake.core.columnar import columns, fields_of
from mirrorlake.model.asset_columns import ASSETS
from mirrorlake.model.columns import TIME
from mirrorlake.model.exports import ExportFormat

JSON_COLUMNS: Final = frozenset({"metadata", "facts"})  # JSON text that JSON Lines nest
ROW_GROUP_ROWS: Final = 64_000
PYTHON_ROWS: Final = 2_000  # that are Python objects at a time: they need many times the memory of Arrow
# What spreadsheets take for a formula, or skip before one: a cell that begins with it gets an apostrophe.
FORMULA: Final = "^[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
_GUARD: Final = "'"

_pc: Any = pc  # the stubs cover few combinations of arrays and scalars
Batches = Iterable[pa.RecordBatch]
Write = Callable[[pa.Schema, Batches, BinaryIO], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFormat:
    """A format of one file."""

    write: Write
    suffix: str
    fields: tuple[str, ...] | None = None  # that it needs, whatever a caller chose; None: those chosen


def write_parquet(schema: pa.Schema, batches: Batches, file: BinaryIO) -> None:
    """Parquet, compressed with zstd, in groups of about ROW_GROUP_ROWS rows."""
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for group in _groups(batches, ROW_GROUP_ROWS):
            writer.write_table(pa.Table.from_batches(group, schema), row_group_size=ROW_GROUP_ROWS)


def write_arrow(schema: pa.Schema, batches: Batches, file: BinaryIO) -> None:
    """An Arrow IPC stream."""
    with ipc.new_stream(cast("Any", file), schema) as writer:
        for batch in batches:
            writer.write_batch(batch)


def write_jsonl(schema: pa.Schema, batches: Batches, file: BinaryIO) -> None:
    """One JSON object a line."""
    for batch in batches:
        rows = json_rows(schema, batch)
        while some := list(islice(rows, PYTHON_ROWS)):
            file.write(b"".join([orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in some]))


def write_csv(schema: pa.Schema, batches: Batches, file: BinaryIO) -> None:
    """CSV with a header. No cell can be taken for a formula; lists are JSON text."""
    flat = pa.schema([pa.field(field.name, _flat_type(field)) for field in fields_of(schema)])
    options = csv.WriteOptions(quoting_style="needed")
    with csv.CSVWriter(cast("Any", file), flat, write_options=options) as writer:
        for batch in batches:
            arrays = [_flat(field, found) for field, found in zip(fields_of(schema), columns(batch), strict=True)]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=flat))


def write_list(schema: pa.Schema, batches: Batches, file: BinaryIO) -> None:
    """The address of each object, one a line: it is percent-encoded, so no address has a line end."""
    at = schema.get_field_index("uri")
    for batch in batches:
        uris = cast("list[str]", batch.column(at).to_pylist())
        file.write("".join(f"{uri}\n" for uri in uris).encode())


def json_rows(schema: pa.Schema, batch: pa.RecordBatch) -> Iterator[dict[str, object]]:
    """The rows of a batch as `orjson` takes them: metadata, facts and annotations are nested."""
    names, fields = schema.names, fields_of(schema)
    for start in range(0, batch.num_rows, PYTHON_ROWS):
        part = batch.slice(start, PYTHON_ROWS)
        values = [_json_values(field, found) for field, found in zip(fields, columns(part), strict=True)]
        for row in zip(*values, strict=True):
            yield dict(zip(names, row, strict=True))


FILES: Final[dict[ExportFormat, FileFormat]] = {
    ExportFormat.PARQUET: FileFormat(write=write_parquet, suffix=".parquet"),
    ExportFormat.ARROW: FileFormat(write=write_arrow, suffix=".arrow"),
    ExportFormat.JSONL: FileFormat(write=write_jsonl, suffix=".jsonl"),
    ExportFormat.CSV: FileFormat(write=write_csv, suffix=".csv"),
    ExportFormat.LIST: FileFormat(write=write_list, suffix=".txt", fields=("uri",)),
}


def _groups(batches: Batches, rows: int) -> Iterator[list[pa.RecordBatch]]:
    group: list[pa.RecordBatch] = []
    held = 0
    for batch in batches:
        group.append(batch)
        held += batch.num_rows
        if held >= rows:
            yield group
            group, held = [], 0
    if group:
        yield group


def _json_values(field: pa.Field[Any], found: pa.Array[Any]) -> Sequence[object]:
    if field.type == TIME:
        return cast("list[object]", _time_texts(found).to_pylist())
    if field.name in JSON_COLUMNS:
        return [None if text is None else orjson.Fragment(text) for text in cast("list[str | None]", found.to_pylist())]
    if field.name == "annotations" and field.type == ASSETS.field("annotations").type:
        return [[_annotation(one) for one in each] for each in cast("list[list[dict[str, Any]]]", found.to_pylist())]
    return cast("list[object]", found.to_pylist())


def _annotation(one: dict[str, Any]) -> dict[str, Any]:
    for name in ("geometry", "attributes"):
        if one[name] is not None:
            one[name] = orjson.Fragment(one[name])
    return one


def _time_texts(found: pa.Array[Any]) -> pa.Array[Any]:
    return _pc.strftime(found, format="%Y-%m-%dT%H:%M:%SZ")


def _flat_type(field: pa.Field[Any]) -> pa.DataType:
    return field.type if _is_number(field.type) else pa.string()


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)


def _flat(field: pa.Field[Any], found: pa.Array[Any]) -> pa.Array[Any]:
    """A column as numbers or as text that is no formula."""
    if _is_number(field.type):
        return found
    if field.type == TIME:
        return _time_texts(found)
    if pa.types.is_list(field.type):
        # JSON text begins with a bracket, so it is no formula.
        texts = [None if each is None else orjson.dumps(each).decode() for each in _json_values(field, found)]
        return pa.array(texts, pa.string())
    formula = _pc.match_substring_regex(found, FORMULA)
    if not _pc.any(formula).as_py():
        return found
    return _pc.if_else(formula, _pc.binary_join_element_wise(_GUARD, found, ""), found)
