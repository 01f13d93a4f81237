"""The rows of snapshots: their Parquet files, their digest, and their form as assets. Pure.

The digest of a snapshot is BLAKE3 over `mirrorlake snapshot 1` and a line feed, followed by the BLAKE3 of each asset in
the order of ids. That of an asset is of a JSON array in UTF-8, without blanks and with sorted members:

    [id, uri, name, digest of the bytes (or the change token), split, tags, metadata, annotations]

An annotation is [ontology, class, shape, [x, y, width, height] or null, geometry or null, attributes], and they are
sorted by their JSON. Who changed something when, and facts that follow from the bytes, are frozen but not part of the
digest: equal content has equal digests, also after a restore.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from typing import Any, Final, cast

import orjson
import pyarrow as pa
from blake3 import blake3
from psycopg.rows import TupleRow
from pyarrow import parquet

from mirrorlake.model.asset_columns import ANNOTATION, ASSETS
from mirrorlake.model.assets import STATE_NUMBERS
from mirrorlake.model.columns import TIME
from mirrorlake.model.splits import SPLITS
from mirrorlake.storage.address import stored_location

FORMAT: Final = b"mirrorlake snapshot 1\n"
CHUNK_ROWS: Final = 16_384  # at most; on average a fourth of this
CHUNK_BYTES: Final = 16 << 20  # of texts in a chunk, about
NO_SPLIT: Final = "none"
_BOUNDARY_BITS: Final = 12  # a chunk ends after one of 4,096 ids
_MIX: Final = 0x9E3779B97F4A7C15  # the golden ratio: neighbouring ids are spread evenly
_STATES: Final = {number: state.value for state, number in STATE_NUMBERS.items()}

# What is stored. Texts of JSON are canonical, so that comparing texts compares values.
_FIELDS: Final[list[pa.Field[Any]]] = [
    pa.field("id", pa.int64(), nullable=False),
    pa.field("split", pa.string()),
    pa.field("name", pa.string(), nullable=False),
    pa.field("key", pa.string(), nullable=False),
    pa.field("uri", pa.string(), nullable=False),
    pa.field("datasource", pa.string(), nullable=False),
    pa.field("kind", pa.string(), nullable=False),
    pa.field("media_type", pa.string(), nullable=False),
    pa.field("size", pa.int64(), nullable=False),
    pa.field("width", pa.int32()),
    pa.field("height", pa.int32()),
    pa.field("token", pa.string(), nullable=False),
    pa.field("version", pa.string()),
    pa.field("digest", pa.binary()),
    pa.field("state", pa.string(), nullable=False),
    pa.field("created", TIME, nullable=False),
    pa.field("updated", TIME, nullable=False),
    pa.field("modified", TIME),
    pa.field("tags", pa.list_(pa.string()), nullable=False),
    pa.field("metadata", pa.string(), nullable=False),
    pa.field("facts", pa.string(), nullable=False),
    pa.field("provenance", pa.string(), nullable=False),  # who set which metadata key, as asset.provenance
    pa.field("annotations", pa.string(), nullable=False),
    pa.field("annotators", pa.string(), nullable=False),  # [source, by, at] of each annotation
]
FROZEN: Final = pa.schema(_FIELDS)


class SnapshotDigest:
    """Adds up the digest of a snapshot, batch by batch in the order of ids."""

    def __init__(self) -> None:
        self._total = blake3(FORMAT)

    def add(self, rows: pa.RecordBatch) -> None:
        """Add some frozen rows."""
        columns = [column_values(rows, name) for name in _HASHED]
        for number, uri, name, digest, token, split, tags, metadata, labels in zip(*columns, strict=True):
            content = token if digest is None else digest.hex()
            fields = (number, uri, name, content, split, tags, orjson.Fragment(metadata), orjson.Fragment(labels))
            self._total.update(blake3(orjson.dumps(fields)).digest())

    def digest(self) -> bytes:
        """The digest of all rows so far."""
        return self._total.digest()


_HASHED: Final = ("id", "uri", "name", "digest", "token", "split", "tags", "metadata", "annotations")


def frozen_rows(rows: Sequence[TupleRow]) -> pa.RecordBatch:
    """The rows of the statement `rows_to_freeze` as FROZEN."""
    columns = dict(zip(_SELECTED, zip(*rows, strict=True), strict=True))
    locations = {uri: stored_location(uri) for uri in set(columns["source_uri"])}
    sources, keys = columns.pop("source_uri"), columns["key"]
    labels = [freeze_annotations(text) for text in columns["annotations"]]
    made: dict[str, Iterable[object]] = {
        **columns,
        "split": [None if number is None else SPLITS[number].value for number in columns["split"]],
        "uri": [locations[source].object_uri(key) for source, key in zip(sources, keys, strict=True)],
        "state": [_STATES[number] for number in columns["state"]],
        **{name: [canonical_json(text) for text in columns[name]] for name in ("metadata", "facts", "provenance")},
        "annotations": [content for content, _ in labels],
        "annotators": [people for _, people in labels],
    }
    return pa.RecordBatch.from_arrays(
        [pa.array(list(made[field.name]), field.type) for field in _FIELDS], schema=FROZEN
    )


# The columns of `rows_to_freeze`, in order.
_SELECTED: Final = (
    "id", "split", "name", "key", "source_uri", "datasource", "kind", "media_type", "size", "width", "height", "token",
    "version", "digest", "state", "created", "updated", "modified", "tags", "metadata", "facts", "provenance",
    "annotations",
)  # fmt: skip


def column_values(rows: pa.RecordBatch | pa.Table, name: str) -> list[Any]:
    """The values of a column."""
    return cast("Any", rows).column(name).to_pylist()


def read_entries(text: str) -> list[Any]:
    """The entries of a text of `annotations` or `annotators`."""
    return cast("list[Any]", orjson.loads(text))


def canonical_json(text: str) -> str:
    """The same JSON without blanks and with sorted members."""
    return text if text == "{}" else orjson.dumps(orjson.loads(text), option=orjson.OPT_SORT_KEYS).decode()


def freeze_annotations(text: str | None) -> tuple[str, str]:
    """The annotations of an asset and who made them, both in the order of the annotations' JSON."""
    if text is None:
        return "[]", "[]"
    pairs = sorted((orjson.dumps(one[:6], option=orjson.OPT_SORT_KEYS), one[6:]) for one in read_entries(text))
    return "[" + b",".join(content for content, _ in pairs).decode() + "]", orjson.dumps(
        [people for _, people in pairs]
    ).decode()


def ends_chunk(asset_id: int) -> bool:
    """Whether a chunk ends after this asset. It depends on the id alone, so that snapshots share unchanged chunks."""
    return (asset_id * _MIX & 0xFFFFFFFFFFFFFFFF) >> (64 - _BOUNDARY_BITS) == 0


def split_into_chunks(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """The same rows in chunks, each of which ends after an id of `ends_chunk`, or where it becomes too large."""
    waiting: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        start = 0
        each = batch.nbytes // max(batch.num_rows, 1)
        for position, asset_id in enumerate(column_values(batch, "id"), 1):
            rows, size = rows + 1, size + each
            if ends_chunk(asset_id) or rows == CHUNK_ROWS or size >= CHUNK_BYTES:
                yield pa.Table.from_batches([*waiting, batch.slice(start, position - start)], FROZEN)
                waiting, start, rows, size = [], position, 0, 0
        if start < batch.num_rows:
            waiting.append(batch.slice(start))
    if waiting:
        yield pa.Table.from_batches(waiting, FROZEN)


def write_chunk(rows: pa.Table) -> bytes:
    """The Parquet file of some rows. Equal rows make equal files, unless another version of Arrow writes them."""
    out = BytesIO()
    parquet.write_table(rows.combine_chunks(), out, compression="zstd", compression_level=3, store_schema=False)
    return out.getvalue()


def read_chunk(content: bytes) -> pa.Table:
    """The rows of a Parquet file that `write_chunk` wrote."""
    return parquet.read_table(pa.BufferReader(content), use_threads=False).cast(FROZEN)


def read_ids(content: bytes) -> list[int]:
    """The ids of the assets in a Parquet file that `write_chunk` wrote; its other columns are not read."""
    return column_values(parquet.read_table(pa.BufferReader(content), columns=["id"], use_threads=False), "id")


def as_assets(rows: pa.Table, project: str) -> pa.Table:
    """Frozen rows in the form of exported assets."""
    count = rows.num_rows
    made: dict[str, pa.Array[Any] | pa.ChunkedArray[Any]] = {
        "id": rows.column("id").cast(pa.string()),
        "digest": pa.array(["" if one is None else one.hex() for one in column_values(rows, "digest")]),
        "projects": pa.array([[project]] * count, pa.list_(pa.string())),
        "annotations": _annotation_column(rows),
    }
    columns = [made[name] if name in made else rows.column(name) for name in ASSETS.names]
    return pa.Table.from_arrays(columns, schema=ASSETS)


def _annotation_column(rows: pa.Table) -> pa.Array[Any]:
    offsets, entries, sources = [0], list[Any](), list[str | None]()
    for text, made_by in zip(column_values(rows, "annotations"), column_values(rows, "annotators"), strict=True):
        entries.extend(read_entries(text))
        sources.extend(one[0] for one in read_entries(made_by))
        offsets.append(len(entries))
    boxes = [entry[3] or (None, None, None, None) for entry in entries]
    columns: list[list[Any]] = [
        *([entry[place] for entry in entries] for place in range(3)),
        *([box[place] for box in boxes] for place in range(4)),
        [None if entry[4] is None else orjson.dumps(entry[4]).decode() for entry in entries],
        [orjson.dumps(entry[5]).decode() for entry in entries],
        sources,
    ]
    kinds: list[pa.Field[Any]] = [ANNOTATION.field(place) for place in range(ANNOTATION.num_fields)]
    arrays: list[pa.Array[Any]] = [pa.array(each, kind.type) for each, kind in zip(columns, kinds, strict=True)]
    structs = pa.StructArray.from_arrays(arrays, fields=kinds)
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), structs, type=pa.list_(ANNOTATION))


def count_rows(rows: pa.Table, splits: dict[str, int], classes: dict[str, dict[str, int]]) -> None:
    """Add the assets by split, and the annotations by class and split, to these numbers."""
    for split, text in zip(column_values(rows, "split"), column_values(rows, "annotations"), strict=True):
        part = split or NO_SPLIT
        splits[part] = splits.get(part, 0) + 1
        if text != "[]":
            for entry in read_entries(text):
                counts = classes.setdefault(f"{entry[0]}/{entry[1]}", {})
                counts[part] = counts.get(part, 0) + 1
