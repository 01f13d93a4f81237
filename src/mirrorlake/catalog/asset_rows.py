"""Stream assets as Arrow batches of `model.asset_columns`: one statement for all of them, in bounded memory."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast
from urllib.parse import quote

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import json as arrow_json

from mirrorlake.catalog.chosen_assets import ChosenAssets
from mirrorlake.catalog.statements import statement
from mirrorlake.core.columnar import fields_of
from mirrorlake.model.asset_columns import ANNOTATION, fact_kind, fact_name, metadata_key, schema_of
from mirrorlake.model.assets import STATE_NUMBERS
from mirrorlake.model.splits import SPLITS
from mirrorlake.postgres.pool import Catalog, limit_time
from mirrorlake.storage.address import stored_location

COUNT_TIMEOUT_S = 5  # a total is only for the progress
_pc: Final[Any] = pc  # the stubs cover few combinations of arrays and scalars
_ANNOTATIONS: Final = pa.list_(ANNOTATION)
_STATES: Final = pa.array([state.value for state in sorted(STATE_NUMBERS, key=lambda one: STATE_NUMBERS[one])])
_SPLITS: Final = pa.array([SPLITS[number].value for number in sorted(SPLITS)])
_PLAIN_KEY: Final = r"^[A-Za-z0-9/_.~-]*$"
# What is read for columns that are not simply columns of the table.
_SQL: Final[Mapping[str, str]] = {
    "id": "asset.id::text",
    "datasource": "asset.datasource_id",
    "digest": "encode(asset.digest, 'hex')",
    "split": "NULL::smallint",
    "metadata": "asset.metadata::text",
    "facts": "asset.facts::text",
}
_FRAGMENTS: Final = {"tags": "row_tags", "projects": "row_projects", "annotations": "row_annotations"}
_READ_FOR: Final[Mapping[str, tuple[str, ...]]] = {"uri": ("datasource", "key")}  # other columns than itself


@dataclass(frozen=True, slots=True)
class AssetRows:
    """Assets as batches of one schema."""

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]


def asset_rows(catalog: Catalog, chosen: ChosenAssets, fields: Sequence[str], project: str | None = None) -> AssetRows:
    """The chosen assets, all of one moment, with these columns; see `model.asset_columns.check_fields`.

    `split` is that in `project`. Close `batches`, or read them to the end: until then they hold a connection.
    """
    batches = _stream(catalog, chosen, fields, project)
    schema = next(batches)
    return AssetRows(cast("pa.Schema", schema), cast("Iterator[pa.RecordBatch]", batches))


def count_chosen(catalog: Catalog, chosen: ChosenAssets) -> int | None:
    """How many assets were chosen; None if counting takes long."""
    return _count(catalog, chosen, "count_chosen")


def count_chosen_missing(catalog: Catalog, chosen: ChosenAssets) -> int | None:
    """How many of the chosen assets are missing; None if counting takes long."""
    return _count(catalog, chosen, "count_chosen_missing")


def _count(catalog: Catalog, chosen: ChosenAssets, counting: str) -> int | None:
    query = _with_chosen(chosen) + statement(counting).query
    try:
        with catalog.read() as connection:
            limit_time(connection, COUNT_TIMEOUT_S)
            row = connection.execute(query, tuple(chosen.params), prepare=False).fetchone()
    except psycopg.errors.QueryCanceled:
        return None
    return 0 if row is None else int(row[0])


def has_project(catalog: Catalog, name: str) -> bool:
    """Whether a project with this name exists."""
    with catalog.read() as connection:
        return connection.execute(statement("project_by_name").query, {"name": name}).fetchone() is not None


def _stream(
    catalog: Catalog, chosen: ChosenAssets, fields: Sequence[str], project: str | None
) -> Iterator[pa.Schema | pa.RecordBatch]:
    """The schema, then the batches."""
    keys = [key for name in fields if (key := metadata_key(name)) is not None]
    with catalog.arrow() as connection, connection.cursor() as cursor:
        bind = _Binder(catalog)
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute(statement("row_sources").text)
        sources = {number: (name, uri) for number, name, uri in cast("list[tuple[int, str, str]]", cursor.fetchall())}
        kinds: dict[str, pa.DataType] = {key: pa.string() for key in keys}
        if keys:
            query = _with_chosen(chosen) + statement("row_metadata_types").query
            cursor.execute(bind(query, (*chosen.params, keys)))
            found = cast("list[tuple[str, list[str]]]", cursor.fetchall())
            kinds |= {key: _kind(types) for key, types in found}
        schema = schema_of(fields, kinds)
        yield schema
        names = statement("rows_in_place" if chosen.sorted else "rows_of_chosen").query
        read = list(dict.fromkeys(each for name in fields for each in _READ_FOR.get(name, (name,))))
        columns, values = _columns(read, kinds, project)
        query = _with_chosen(chosen) + b"SELECT " + columns + b" " + names
        cursor.execute(bind(query, (*chosen.params, *values)))
        convert = _Converter(schema, read, sources)
        with cursor.fetch_record_batch() as reader:
            for batch in reader:
                if batch.num_rows:
                    yield convert(batch)


def _with_chosen(chosen: ChosenAssets) -> bytes:
    return b"WITH chosen AS MATERIALIZED (" + chosen.select + b") "


class _Binder:
    """Writes values into a statement as quoted literals: ADBC leaves its fast path for a statement with parameters."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def __call__(self, query: bytes, params: Sequence[object]) -> str:
        with self._catalog.read() as connection:
            return psycopg.ClientCursor(connection).mogrify(query, tuple(params))


def _columns(names: Sequence[str], kinds: Mapping[str, pa.DataType], project: str | None) -> tuple[bytes, list[str]]:
    """The list of columns of a SELECT, and the values in it."""
    texts: list[bytes] = []
    values: list[str] = []
    for name in names:
        key, fact = metadata_key(name), fact_name(name)
        if key is not None:
            text, uses = _value_sql(b"asset.metadata", kinds[key])
            texts.append(text)
            values += [key] * uses
        elif fact is not None:
            text, uses = _value_sql(b"asset.facts", fact_kind(fact))
            texts.append(text)
            values += [fact] * uses
        elif name == "split" and project is not None:
            texts.append(statement("row_split").query)
            values.append(project)
        elif name in _FRAGMENTS:
            texts.append(statement(_FRAGMENTS[name]).query)
        else:
            texts.append(_SQL.get(name, f"asset.{name}").encode())
    return b", ".join(text + b" AS c%d" % at for at, text in enumerate(texts)), values


def _value_sql(values: bytes, kind: pa.DataType) -> tuple[bytes, int]:
    """A column with the values of one metadata key or fact, and how often it names the key."""
    if kind == pa.string():
        return values + b" ->> %s::text", 1
    text = b"CASE jsonb_typeof(value) " + _AS_STORED[kind] + b" END"
    return text.replace(b"value", b"(" + values + b" -> %s::text)"), text.count(b"value")


# Of columns that are no texts: what is made of a JSON value of which type. Lists are keywords, which were one text in
# older versions.
_AS_STORED: Final[Mapping[pa.DataType, bytes]] = {
    pa.float64(): b"WHEN 'number' THEN value::float8",
    pa.int64(): b"WHEN 'number' THEN value::bigint",
    pa.bool_(): b"WHEN 'boolean' THEN value::boolean",
    pa.list_(pa.string()): b"WHEN 'array' THEN ARRAY(SELECT jsonb_array_elements_text(value))"
    b" WHEN 'string' THEN string_to_array(value #>> '{}', '; ')",
}


def _kind(types: Sequence[str]) -> pa.DataType:
    if len(types) != 1:
        return pa.string()
    return {"number": pa.float64(), "boolean": pa.bool_()}.get(types[0], pa.string())


class _Converter:
    """Makes batches of the schema from rows of the database."""

    def __init__(self, schema: pa.Schema, read: Sequence[str], sources: Mapping[int, tuple[str, str]]) -> None:
        self._schema = schema
        self._read = {name: at for at, name in enumerate(read)}
        numbers = sorted(sources)
        self._numbers = pa.array(numbers, pa.int32())
        self._names = pa.array([sources[each][0] for each in numbers], pa.string())
        self._roots = pa.array([stored_location(sources[each][1]).object_uri("") for each in numbers], pa.string())

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        arrays = [self._column(field, batch) for field in fields_of(self._schema)]
        return pa.RecordBatch.from_arrays(arrays, schema=self._schema)

    def _column(self, field: pa.Field[Any], batch: pa.RecordBatch) -> pa.Array[Any]:
        match field.name:
            case "uri":
                return self._uris(self._found(batch, "datasource"), self._found(batch, "key"))
            case "datasource":
                return self._names.take(_pc.index_in(self._found(batch, "datasource"), self._numbers))
            case "state":
                return _STATES.take(self._found(batch, "state"))
            case "split":
                return _SPLITS.take(self._found(batch, "split"))
            case "annotations":
                return _annotations(self._found(batch, "annotations"))
            case name:
                return self._found(batch, name).cast(field.type)

    def _found(self, batch: pa.RecordBatch, name: str) -> pa.Array[Any]:
        arrow: Any = batch
        return arrow.column(self._read[name])

    def _uris(self, numbers: pa.Array[Any], keys: pa.Array[Any]) -> pa.Array[Any]:
        plain = _pc.match_substring_regex(keys, _PLAIN_KEY)
        if not _pc.all(plain).as_py():
            unusual = _pc.invert(plain)
            encoded = [quote(key, safe="/-_.~") for key in cast("list[str]", keys.filter(unusual).to_pylist())]
            keys = _pc.replace_with_mask(keys, unusual, pa.array(encoded, pa.string()))
        return _pc.binary_join_element_wise(self._roots.take(_pc.index_in(numbers, self._numbers)), keys, "")


def _annotations(texts: pa.Array[Any]) -> pa.Array[Any]:
    """Lists of annotations from their JSON; null is none."""
    lines = [b'{"a":%s}' % (b"[]" if text is None else text) for text in texts.cast(pa.binary()).to_pylist()]
    data = b"\n".join(lines)
    if texts.null_count == len(texts):
        none: list[list[object]] = [[]] * len(texts)
        return pa.array(none, _ANNOTATIONS)
    table = arrow_json.read_json(
        io.BytesIO(data),
        read_options=arrow_json.ReadOptions(use_threads=False, block_size=len(data) + 1),  # one block: never a cut line
        parse_options=arrow_json.ParseOptions(explicit_schema=pa.schema([pa.field("a", _ANNOTATIONS)])),
    )
    return table.column("a").combine_chunks()
