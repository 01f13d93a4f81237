"""Convert CHANGES rows to jobs, and results to PROCESSED columns."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pyarrow as pa

from mirrorlake.formats.registry import has_header, is_ranged
from mirrorlake.formats.stages import Stage
from mirrorlake.model.columns import CHANGES, PROCESSED
from mirrorlake.model.companions import ROLES, CompanionRole
from mirrorlake.model.looking import Depth, Looking
from mirrorlake.model.outcomes import Op, ResultKind
from mirrorlake.select.companion_readers import CompanionContent
from mirrorlake.storage.ranged import ReadLimits

HELD_BYTES = 2 * ReadLimits().cache  # of an object that is read in parts: its blocks, and what its decoder needs
_JOB_COLUMNS = ("op", "key", "size", "token")
_UNREAD_COLUMNS = {role.token: role for role in ROLES} | {role.size: role for role in ROLES}
_READ_WHOLE = (Op.NEW, Op.CHANGED)
_Row = tuple[int, str, int, str, "tuple[CompanionRef, ...] | None"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanionRef:
    """A companion to read."""

    role: CompanionRole
    key: str
    token: str | None
    size: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What to read of one object. Without `read_image`, only companions are read; none means that they were removed."""

    op: Op
    key: str
    size: int  # bytes, as listed
    token: str
    read_image: bool
    companions: tuple[CompanionRef, ...] = ()
    whole: bool = False  # read all of the object, even if parts of its format would do
    alone: bool = False  # hold nothing else meanwhile

    def in_parts(self, looking: Looking) -> bool:
        """Whether parts of the object may be enough, by its name and size."""
        if self.whole:
            return False
        by_header = looking.depth is Depth.HEADER and has_header(self.key, self.size)
        return by_header or is_ranged(self.key, self.size)

    def bytes_to_hold(self, looking: Looking) -> int:
        """The most bytes that are held of it at once."""
        if self.alone:
            return sys.maxsize
        held = min(self.size, HELD_BYTES) if self.in_parts(looking) else self.size
        return (held if self.read_image else 0) + sum(companion.size or 0 for companion in self.companions)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessedMedia:
    """Facts about the bytes of an object; the columns of PROCESSED with the same names."""

    kind: str  # MediaKind
    media_type: str
    width: int | None  # pixels, upright; None for content without a picture
    height: int | None
    orientation: int | None  # of images
    digest: bytes | None  # None if only parts were read
    sample_digest: bytes | None  # of those parts
    placeholder: bytes | None  # None if there is no thumbnail
    picture_hash: int | None  # of images and videos; None for a tiny one or a single colour
    facts: str  # JSON object
    version: str | None
    depth: int  # the number of a Depth


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanionResult:
    """The content of one companion; None if it is invalid.

    `unread` removes the companion's token from the row, not its key: the content of an earlier one is kept, and the
    next pass reads this one.
    """

    role: CompanionRole
    content: CompanionContent | None = None
    unread: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The result of one job. `media` is set exactly for PROCESSED, `stage` and `reason` exactly for failures."""

    result: ResultKind
    stage: Stage | None = None
    reason: str | None = None
    media: ProcessedMedia | None = None
    thumbnail: bytes | None = None  # a WebP, named by the digest of the media; the coordinator stores it
    policies: int | None = None  # the fingerprint of how it was read, if reading in another way may decide otherwise
    companions: tuple[CompanionResult, ...] = ()
    warnings: tuple[str, ...] = ()


def read_jobs(batch: pa.RecordBatch) -> list[Job]:
    """One job for each CHANGES row. Raises ValueError for a row that needs no reading."""
    columns = [cast("list[Any]", batch.column(name).to_pylist()) for name in _JOB_COLUMNS]
    return [_job(cast("_Row", row)) for row in zip(*columns, _companions(batch), strict=True)]


def _companions(batch: pa.RecordBatch) -> list[tuple[CompanionRef, ...] | None]:
    """The companions to read of each row; None if neither they nor the image need reading."""
    ops = cast("list[int]", batch.column("op").to_pylist())
    found: list[list[CompanionRef]] = [[] for _ in ops]
    needed = [op in _READ_WHOLE for op in ops]
    for role in ROLES:
        columns = [cast("list[Any]", batch.column(name).to_pylist()) for name in (role.key, role.token, role.size)]
        differs = cast("list[bool]", batch.column(role.differs).to_pylist())
        for row, (key, token, size) in enumerate(zip(*columns, strict=True)):
            needed[row] |= differs[row]
            if key is not None and (differs[row] or ops[row] in _READ_WHOLE):
                found[row].append(CompanionRef(role=role, key=key, token=token, size=size))
    return [tuple(some) if any_needed else None for some, any_needed in zip(found, needed, strict=True)]


def _job(row: _Row) -> Job:
    op, key, size, token, companions = row
    if companions is None:
        raise ValueError(f"{key!r} needs no reading ({Op(op).name})")
    return Job(op=Op(op), key=key, size=size, token=token, read_image=op in _READ_WHOLE, companions=companions)


def processed_batch(changes: pa.RecordBatch, results: Sequence[Result]) -> pa.RecordBatch:
    """The PROCESSED rows for CHANGES rows and the result of each, in the same order."""
    media = [one.media for one in results]
    values: dict[str, list[Any]] = {
        "result": [one.result.value for one in results],
        "stage": [one.stage for one in results],
        "reason": [one.reason for one in results],
        "policies": [one.policies for one in results],
        "warnings": [list(one.warnings) for one in results],
        "thumbnail": [one.thumbnail for one in results],
    }
    for name in ProcessedMedia.__dataclass_fields__:
        values[name] = [getattr(one, name) if one else None for one in media]
    for role in ROLES:
        contents = [_find_content(one, role) for one in results]
        values[role.values] = [content and content.values for content in contents]
        values[role.document] = [content and content.document for content in contents]
    fields = cast("list[pa.Field[Any]]", list(PROCESSED))
    arrays = [
        _array(values[field.name], field) if field.name in values else _copy_column(changes, field, results)
        for field in fields
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=PROCESSED)


def _find_content(results: Result, role: CompanionRole) -> CompanionContent | None:
    return next((companion.content for companion in results.companions if companion.role is role), None)


def _copy_column(changes: pa.RecordBatch, field: pa.Field[Any], results: Sequence[Result]) -> pa.Array[Any]:
    column = cast("pa.Array[Any]", changes.column(field.name))
    role = _UNREAD_COLUMNS.get(field.name)
    if role is None or not any(one.companions for one in results):
        return column
    unread = [any(companion.unread and companion.role is role for companion in one.companions) for one in results]
    if not any(unread):
        return column
    values = cast("list[Any]", column.to_pylist())
    return _array([None if gone else value for value, gone in zip(values, unread, strict=True)], field)


def _array(values: list[Any], field: pa.Field[Any]) -> pa.Array[Any]:
    return cast("pa.Array[Any]", pa.array(values, field.type))


def split_batches(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of at most `rows`, with exactly the CHANGES columns."""
    for batch in batches:
        plain = batch.select(CHANGES.names)
        for start in range(0, plain.num_rows, rows):
            yield plain.slice(start, rows)
