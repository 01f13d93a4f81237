"""The rows of a snapshot in the columns of an export."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
import pyarrow as pa

from mirrorlake.catalog.asset_rows import AssetRows
from mirrorlake.core import columnar
from mirrorlake.library.snapshot_rows import column_values
from mirrorlake.library.snapshots import read_snapshot
from mirrorlake.model.asset_columns import ASSETS, metadata_key, schema_of
from mirrorlake.postgres.pool import Catalog


def snapshot_rows(catalog: Catalog, name: str, fields: Sequence[str]) -> AssetRows:
    """The assets of a snapshot as they were, with these columns; see `model.asset_columns.check_fields`.

    Raises NotFound, and CatalogError for a damaged chunk.
    """
    keys = [key for field in fields if (key := metadata_key(field)) is not None]
    schema = schema_of(fields, _kinds(catalog, name, keys))
    return AssetRows(schema, _batches(read_snapshot(catalog, name), schema))


def _kinds(catalog: Catalog, name: str, keys: Sequence[str]) -> dict[str, pa.DataType]:
    """The type of the values of each metadata key in the whole snapshot: numbers, booleans, else text."""
    found: dict[str, set[type]] = {key: set() for key in keys}
    if keys:
        for table in read_snapshot(catalog, name):
            for document in _documents(table, "metadata"):
                for key in keys:
                    value: object = document.get(key)
                    if value is not None:
                        found[key].add(type(value))
    return {key: _kind(types) for key, types in found.items()}


def _kind(types: set[type]) -> pa.DataType:
    if types and types <= {int, float}:
        return pa.float64()
    return pa.bool_() if types == {bool} else pa.string()


def _documents(table: pa.Table, column: str) -> list[dict[str, Any]]:
    return [orjson.loads(text) for text in column_values(table, column)]


def _batches(tables: Iterator[pa.Table], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    named = {
        field.name: field.name.partition(".") for field in columnar.fields(schema) if field.name not in ASSETS.names
    }
    for table in tables:
        documents = {name: _documents(table, name) for name in {column for column, _, _ in named.values()}}
        columns: list[Any] = []
        for field in columnar.fields(schema):
            if field.name in named:
                column, _, key = named[field.name]
                values = [_value(one.get(key), field.type) for one in documents[column]]
                columns.append(pa.array(values, field.type))
            else:
                columns.append(table.column(field.name))
        yield from pa.Table.from_arrays(columns, schema=schema).to_batches()


def _value(value: Any, kind: pa.DataType) -> object:
    if value is None or pa.types.is_boolean(kind):
        return value
    if pa.types.is_list(kind):  # keywords, which were one text in older versions
        return value.split("; ") if isinstance(value, str) else value
    if pa.types.is_floating(kind):
        return float(value)  # as a query does, also beyond 2^53
    if pa.types.is_integer(kind):
        return int(value)
    return value if isinstance(value, str) else orjson.dumps(value).decode()
