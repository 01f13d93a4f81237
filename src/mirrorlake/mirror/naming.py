"""Name assets by the strategy of their config: key, file name, token, or a metadata value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from mirrorlake.core.columnar import Column, as_binary, byte_lengths, column, columns, equal_to, nulls, where
from mirrorlake.model.assets import Scalar
from mirrorlake.model.companions import METADATA
from mirrorlake.model.outcomes import Op, ResultKind
from mirrorlake.model.sources import MirrorConfig, NamingStrategy

_READ_RESULTS = (ResultKind.PROCESSED, ResultKind.COMPANIONS_ONLY)
_NAME_COLUMNS = ("op", "key", "result", METADATA.key, METADATA.token, METADATA.values)
LONGEST_NAME = (
    1_024  # bytes; PostgreSQL's index on names refuses entries of more than 2,704, and the whole commit with one
)
_Row = tuple[int, str, int, str | None, str | None, str | None]


class AssetNamer:
    """The naming strategies of a datasource's configs, in their order."""

    def __init__(self, configs: Sequence[MirrorConfig]) -> None:
        self._other = {
            place: config for place, config in enumerate(configs) if config.naming is not NamingStrategy.FULL_PATH
        }

    def name_moved(self, rows: pa.RecordBatch) -> Column:
        """Names for CHANGES rows with `op` MOVED; null where the asset keeps its name."""
        names = column(rows, "key")
        for place, config in self._other.items():
            mask = equal_to(column(rows, "config"), place)
            if mask.any():
                names = where(mask, self._name_by_strategy(config, rows), names)
        return names

    def name_processed(self, rows: pa.RecordBatch) -> tuple[pa.RecordBatch, Column]:
        """PROCESSED rows, with a warning for each missing name in the metadata, and their names as in `name_moved`."""
        names = self.name_moved(rows)
        for place, config in self._other.items():
            mask = equal_to(column(rows, "config"), place)
            if config.naming is NamingStrategy.METADATA and mask.any():
                found, missing = _name_by_metadata(rows, str(config.naming_key))
                names = where(mask, found, names)
                reported = [bool(one) and without for one, without in zip(mask, missing, strict=True)]
                rows = _add_warning(
                    rows, reported, f"no usable metadata {config.naming_key!r}: named by its key instead"
                )
        return rows, names

    def _name_by_strategy(self, config: MirrorConfig, rows: pa.RecordBatch) -> Column:
        match config.naming:
            case NamingStrategy.FILE_NAME:
                return last_segments(column(rows, "key"))
            case NamingStrategy.ETAG:
                tokens = column(rows, "token")
                too_long = byte_lengths(as_binary(tokens)) > LONGEST_NAME
                return where(too_long, column(rows, "key"), tokens) if too_long.any() else tokens
            case NamingStrategy.METADATA:
                return nulls(rows.num_rows, pa.string())  # the asset keeps the name from its existing metadata
            case NamingStrategy.FULL_PATH:
                return column(rows, "key")


def last_segments(keys: Column) -> Column:
    """What follows the last slash of each key."""
    compute: Any = pc
    return compute.replace_substring_regex(keys, pattern=r"(?s)\A.*/", replacement="")


def _name_by_metadata(rows: pa.RecordBatch, key: str) -> tuple[Column, list[bool]]:
    """The name from each row's metadata, and whether it is missing: then the key. Null keeps the existing name."""
    names: list[str | None] = []
    missing: list[bool] = []
    values = [cast("list[Any]", column(rows, name).to_pylist()) for name in _NAME_COLUMNS]
    for row in zip(*values, strict=True):
        name, is_missing = _name(cast("_Row", row), key)
        names.append(name)
        missing.append(is_missing)
    return pa.array(names, pa.string()), missing


def _name(row: _Row, naming_key: str) -> tuple[str | None, bool]:
    op, key, result, metadata_key, metadata_token, metadata = row
    if result not in _READ_RESULTS:
        return None, False
    if metadata is not None:
        name = _format_name(cast("Mapping[str, Scalar]", orjson.loads(metadata)).get(naming_key))
        return (key, True) if name is None else (name, False)
    if op != Op.NEW and (metadata_key is not None or metadata_token is not None):
        return None, False  # no usable metadata was read: the existing metadata, and so the name, are kept
    return key, True


def _format_name(value: Scalar | None) -> str | None:
    if value is None:
        return None
    name = value if isinstance(value, str) else orjson.dumps(value).decode()
    return name if 0 < len(name.encode()) <= LONGEST_NAME else None


def _add_warning(rows: pa.RecordBatch, which: list[bool], warning: str) -> pa.RecordBatch:
    if not any(which):
        return rows
    existing = cast("list[list[str] | None]", column(rows, "warnings").to_pylist())
    warnings = [[*(one or []), warning] if reported else one for one, reported in zip(existing, which, strict=True)]
    place = rows.schema.get_field_index("warnings")
    arrays = columns(rows)
    arrays[place] = pa.array(warnings, pa.list_(pa.string()))
    return pa.RecordBatch.from_arrays(arrays, schema=rows.schema)
