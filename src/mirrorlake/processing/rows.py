"""Between columns and single objects: CHANGES rows become jobs, and results become PROCESSED columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pyarrow as pa

from mirrorlake.formats.stages import Stage
from mirrorlake.model.columns import CHANGES, PROCESSED
from mirrorlake.model.outcomes import Op, ResultKind

_JOB_COLUMNS = ("op", "key", "size", "token", "sidecar_key", "sidecar_token", "sidecar_size", "sidecar_changed")
_Row = tuple[int, str, int, str, str | None, str | None, int | None, bool]
_SIDECAR_COLUMNS = frozenset({"sidecar_token", "sidecar_size"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What to read of one object. With `read_image` false only its sidecar is read; no sidecar key: it left."""

    op: Op
    key: str
    size: int  # bytes, as listed
    token: str
    read_image: bool
    sidecar_key: str | None
    sidecar_token: str | None
    sidecar_size: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessedMedia:
    """What the bytes of an object are; the columns of PROCESSED with the same names."""

    kind: str  # MediaKind
    media_type: str
    width: int | None  # pixels, upright; None for what is not seen
    height: int | None
    orientation: int | None  # of images
    digest: bytes
    placeholder: bytes | None  # None where there is no thumbnail
    facts: str  # JSON object
    version: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How one job ended. `media` is there exactly for PROCESSED, stage and reason exactly for the bad ends.

    `sidecar_unread` takes the sidecar's token out of the row, not its key: what the library knows from an
    earlier sidecar stands, and the next pass reads this one.
    """

    result: ResultKind
    stage: Stage | None = None
    reason: str | None = None
    media: ProcessedMedia | None = None
    metadata: str | None = None
    sidecar: str | None = None
    warnings: tuple[str, ...] = ()
    sidecar_unread: bool = False


def jobs_of(batch: pa.RecordBatch) -> list[Job]:
    """One job for each CHANGES row. Raises ValueError for a row that asks for no reading at all."""
    columns = [cast("list[Any]", batch.column(name).to_pylist()) for name in _JOB_COLUMNS]
    return [_job(cast("_Row", row)) for row in zip(*columns, strict=True)]


def _job(row: _Row) -> Job:
    op, key, size, token, sidecar_key, sidecar_token, sidecar_size, sidecar_changed = row
    what = Op(op)
    read_image = what in (Op.NEW, Op.CHANGED)
    if not read_image and what is not Op.SIDECAR and not sidecar_changed:
        raise ValueError(f"nothing of {key!r} is to be read ({what.name})")
    return Job(
        op=what,
        key=key,
        size=size,
        token=token,
        read_image=read_image,
        sidecar_key=sidecar_key,
        sidecar_token=sidecar_token,
        sidecar_size=sidecar_size,
    )


def processed_batch(changes: pa.RecordBatch, seen: Sequence[Result]) -> pa.RecordBatch:
    """The PROCESSED rows for CHANGES rows and the result of each, in the same order."""
    media = [one.media for one in seen]
    told: dict[str, list[Any]] = {
        "result": [one.result.value for one in seen],
        "stage": [one.stage for one in seen],
        "reason": [one.reason for one in seen],
        "metadata": [one.metadata for one in seen],
        "sidecar": [one.sidecar for one in seen],
        "warnings": [list(one.warnings) for one in seen],
    }
    for name in ProcessedMedia.__dataclass_fields__:
        told[name] = [getattr(one, name) if one else None for one in media]
    unread = [one.sidecar_unread for one in seen]
    fields = cast("list[pa.Field[Any]]", list(PROCESSED))
    arrays = [
        _array(told[field.name], field) if field.name in told else _carried(changes, field, unread) for field in fields
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=PROCESSED)


def _carried(changes: pa.RecordBatch, field: pa.Field[Any], unread: Sequence[bool]) -> pa.Array[Any]:
    column = cast("pa.Array[Any]", changes.column(field.name))
    if field.name not in _SIDECAR_COLUMNS or not any(unread):
        return column
    values = cast("list[Any]", column.to_pylist())
    return _array([None if gone else value for value, gone in zip(values, unread, strict=True)], field)


def _array(values: list[Any], field: pa.Field[Any]) -> pa.Array[Any]:
    return cast("pa.Array[Any]", pa.array(values, field.type))


def chunked(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of at most `rows`, with exactly the CHANGES columns."""
    for batch in batches:
        plain = batch.select(CHANGES.names)
        for start in range(0, plain.num_rows, rows):
            yield plain.slice(start, rows)
