"""Convert one ListObjectsV2 response to one Arrow batch: whole columns are cut out of the page, without a loop.

Servers format every object of a page in the same way, so the first one is the template: all positions of `<`
in the page are found at once, and all text between the values must equal that of the template. A page
that does not fit (attributes, comments, escapes, objects with different elements) is read by the
general parser. Both return the same batch, which the tests verify.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mirrorlake.core.dates import read_date
from mirrorlake.core.errors import ListingBroken
from mirrorlake.model.columns import LISTING, TIME
from mirrorlake.storage.etags import unquoted
from mirrorlake.storage.keys import decode_keys
from mirrorlake.storage.listing_batches import buffer_of, clip_to_calendar, fill_null, has_empty, replace_empty
from mirrorlake.storage.providers.s3.list_xml import Envelope, read_xml

_OPEN, _CLOSE = b"<Contents>", b"</Contents>"
_TAG = re.compile(rb"<[^<>]*>")
_ENCODING = re.compile(rb"""^<\?xml[^>]*encoding=["'](?!utf-8["'])""", re.IGNORECASE)
# AWS returns checksums and owners for only some objects of a page; without them all objects fit the template.
_SOMETIMES = re.compile(
    rb"<ChecksumAlgorithm>[\w-]*</ChecksumAlgorithm>|<ChecksumType>[\w-]*</ChecksumType>"
    rb"|<RestoreStatus>(?:<(\w+)>[\w :.-]*</\1>)*</RestoreStatus>|<Owner>(?:<(\w+)>[\w :.@/=+-]*</\2>)*</Owner>",
    re.ASCII,
)
# What precedes and follows the opaque part of an ETag; W/ marks a weak one.
_MARKS = tuple((weak + quote, quote) for weak in (b"", b"W/") for quote in (b"&quot;", b"&#34;", b'"'))
_NO_MARKS = (b"", b"")
_COUNT_DIGITS = 9
_VERSION = "version"  # whatever its element is called
_COLUMNS = ("Key", "Size", _VERSION, "LastModified", "StorageClass")
_LESS, _GREATER, _AND, _QUOTE, _SPACE, _LAST_PLAIN = (np.uint8(code) for code in b'<>&" ~')
_FIX = "This listing was discarded. Try again; if the error persists, check the endpoint and any proxy."


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Page:
    """One response: objects, common prefixes (with a delimiter), and the token of the next page."""

    batch: pa.RecordBatch
    unsupported: tuple[str, ...]
    prefixes: tuple[str, ...]
    next_token: str | None  # None = this was the last page
    version_1: bool = False  # of ListObjects, which the server knows instead: the token is a marker, the last key


def read_page(body: bytes, version: str = "ETag") -> S3Page:
    """The page in `body`. Raises ListingBroken for anything but a complete listing page.

    `version` is the element of an object that is its token.
    """
    first = body.find(_OPEN)
    if first < 0 or _ENCODING.match(body):
        return general_page(body, version)
    end = body.rfind(_CLOSE) + len(_CLOSE)
    try:
        # The general parser also reads the first object, because the template itself must be valid.
        envelope = read_xml(body[: body.find(_CLOSE) + len(_CLOSE)] + body[end:])
    except ListingBroken:
        return general_page(body, version)  # whose result is decisive
    region = pa.py_buffer(body).slice(first, max(0, end - first))
    columns = _split_records(region, version)
    if columns is None:
        columns = _split_records(pa.py_buffer(_SOMETIMES.sub(b"", body[first:end])), version)
    if columns is None or len(envelope.entries) != 1:
        return general_page(body, version)
    return _page(envelope, columns)


def general_page(body: bytes, version: str = "ETag") -> S3Page:
    """The result of `read_page`, using only the general parser."""
    envelope = read_xml(body)
    columns: dict[str, pa.BinaryArray] = {}
    for name in _COLUMNS:
        texts = [entry.get(version if name == _VERSION else name) for entry in envelope.entries]
        if name == _VERSION and version == "ETag":
            texts = [None if text is None else unquoted(text) for text in texts]
        columns[name] = cast("pa.BinaryArray", pa.array(texts, pa.string()).cast(pa.binary()))
    if columns["Key"].null_count:
        raise ListingBroken("A page of the listing contains an object without a key.", _FIX)
    return _page(envelope, columns)


def _page(envelope: Envelope, columns: dict[str, pa.BinaryArray]) -> S3Page:
    """Check the page as a whole, and convert the columns to their types."""
    if envelope.root != "ListBucketResult":
        error_code = envelope.fields.get("Code", "")
        raise ListingBroken(
            f"The server answered a listing with <{envelope.root}>" + (f" ({error_code})." if error_code else "."), _FIX
        )
    prefixes, odd_prefixes = _texts(envelope) if envelope.prefixes else ((), ())
    count = len(columns["Key"])
    _check_count(envelope.fields.get("KeyCount"), count, count + len(envelope.prefixes))
    batch, unsupported = _typed(columns, percent=envelope.encoding == "url")
    return S3Page(
        batch=batch,
        unsupported=unsupported + odd_prefixes,
        prefixes=prefixes,
        next_token=_next_token(envelope, columns["Key"], count + len(envelope.prefixes)),
        version_1=_is_version_1(envelope),
    )


def _is_version_1(envelope: Envelope) -> bool:
    return "Marker" in envelope.fields and "NextContinuationToken" not in envelope.fields


def _next_token(envelope: Envelope, keys: pa.BinaryArray, entries: int) -> str | None:
    token = envelope.fields.get("NextContinuationToken", "")
    truncated = envelope.fields.get("IsTruncated", "").strip().lower()
    if truncated == "" and (token or _is_short(envelope, entries)):
        truncated = "true" if token else "false"
    if truncated not in ("true", "false"):
        raise ListingBroken("A page of the listing does not specify whether it is the last one.", _FIX)
    if truncated == "true" and not token and _is_version_1(envelope):
        token = _next_marker(envelope, keys)
    if truncated == "true" and not token:
        raise ListingBroken("A page of the listing is truncated, but has no continuation token.", _FIX)
    return token if truncated == "true" else None


def _next_marker(envelope: Envelope, keys: pa.BinaryArray) -> str:
    """Where a listing of version 1 continues: after its marker, which may be omitted, or its last key or prefix."""
    texts = [envelope.fields.get("NextMarker", "").encode()]
    if not texts[0]:
        texts = [*cast("list[bytes]", keys[-1:].to_pylist()), *(text.encode() for text in envelope.prefixes[-1:])]
    decoded = decode_keys(pa.array(texts, pa.binary()), percent=envelope.encoding == "url")
    return "" if decoded.unsupported else max(cast("list[str]", decoded.keys.to_pylist()), default="")


def _is_short(envelope: Envelope, entries: int) -> bool:
    """Whether a page without IsTruncated states that it had room for more entries. One without a word is broken."""
    room = envelope.fields.get("MaxKeys", "").strip()
    return "Name" in envelope.fields and room.isascii() and room.isdigit() and entries < int(room[:_COUNT_DIGITS])


def _check_count(claimed: str | None, objects: int, all_entries: int) -> None:
    # AWS includes common prefixes in the count; some servers do not.
    if claimed is None or claimed.strip() in ("", str(objects), str(all_entries)):
        return
    raise ListingBroken(f"A page of the listing claims {claimed.strip()} entries but contains {all_entries}.", _FIX)


def _texts(envelope: Envelope) -> tuple[tuple[str, ...], tuple[str, ...]]:
    column = pa.array([text.encode() for text in envelope.prefixes], pa.binary())
    decoded = decode_keys(column, percent=envelope.encoding == "url")
    return tuple(cast("list[str]", decoded.keys.to_pylist())), decoded.unsupported


def _typed(columns: dict[str, pa.BinaryArray], *, percent: bool) -> tuple[pa.RecordBatch, tuple[str, ...]]:
    try:
        decoded = decode_keys(columns["Key"], percent=percent)
        modified = columns["LastModified"].cast(pa.string())
        token = columns[_VERSION].cast(pa.string())
        if token.null_count or has_empty(token):
            # Without an ETag, only the date in a listing shows a change.
            token = fill_null(replace_empty(token), modified)
        arrays: list[pa.Array[Any]] = [
            columns["Size"].cast(pa.string()).cast(pa.int64()),
            token,
            _dates(modified),
            columns["StorageClass"].cast(pa.string()),
        ]
        if decoded.kept is not None:
            arrays = [column.filter(decoded.kept) for column in arrays]
        batch = pa.RecordBatch.from_arrays([decoded.keys, *arrays], schema=LISTING)
    except pa.ArrowInvalid as error:
        raise ListingBroken(f"A page of the listing contains an invalid value: {error}.", _FIX) from error
    if batch.column("size").null_count or batch.column("token").null_count:
        raise ListingBroken("A page of the listing contains an object without a size or an ETag.", _FIX)
    return batch, decoded.unsupported


def _dates(texts: pa.Array[Any]) -> pa.Array[Any]:
    """The dates as times. An invalid date is null: dates are only shown, and no decision depends on them."""
    try:
        return clip_to_calendar(texts.cast(TIME))
    except pa.ArrowInvalid:  # more digits, no time zone, or the form of HTTP headers
        return pa.array([None if text is None else read_date(text) for text in texts.to_pylist()], TIME)


@dataclass(frozen=True, slots=True)
class _RecordTemplate:
    """The layout of one object: where values begin and end, relative to the `<` of its tags."""

    tags: int  # number of `<` in one object
    picks: npt.NDArray[np.intp]  # the `<` that each boundary is measured from
    shifts: npt.NDArray[np.int64]  # bytes between that `<` and the boundary
    values: dict[str, int]  # column -> its index among the segments of an object
    ampersands: int  # `&` in one object: those of quoted ETags
    quotes: int  # `"` in one object: those of ETags that are quoted without an escape


_Offsets = Any  # an int32 array of Arrow; the stubs do not support indexing
_Marks = tuple[bytes, bytes]  # what precedes and follows the opaque part of an ETag
_RecordLayout = tuple[tuple[bytes, ...], _Marks]  # the tags of an object, and the marks of its ETag


def _record_layout(region: memoryview) -> _RecordLayout | None:
    head = bytes(region[:8192])  # more than a key of 1,024 bytes can fill, escaped
    stop = head.find(_CLOSE)
    if stop < 0:
        return None
    entry = head[: stop + len(_CLOSE)]
    etag = entry.partition(b"<ETag>")[2].partition(b"<")[0]
    marks = next((marks for marks in _MARKS if _has_marks(etag, marks)), _NO_MARKS)
    return tuple(_TAG.findall(entry)), marks


def _has_marks(etag: bytes, marks: _Marks) -> bool:
    opening, closing = marks
    return len(etag) >= len(opening) + len(closing) and etag.startswith(opening) and etag.endswith(closing)


@lru_cache(maxsize=64)
def _record_template(shape: _RecordLayout, version: str) -> _RecordTemplate | None:
    tags, (opening, closing) = shape
    picks, shifts = [0], [0]
    values: dict[str, int] = {}
    for place, (tag, following) in enumerate(pairwise(tags)):
        name = tag[1:-1]
        if following != b"</" + name + b">":
            continue
        column = name.decode("ascii", "replace")
        before, after = (len(opening), len(closing)) if column == "ETag" else (0, 0)
        if column in values:
            return None
        values[column] = len(picks)
        picks += [place, place + 1]
        shifts += [len(tag) + before, -after]
    if not {"Key", "Size", version, "LastModified"} <= values.keys():
        return None
    values[_VERSION] = values[version]
    return _RecordTemplate(
        tags=len(tags),
        picks=np.array(picks, np.intp),
        shifts=np.array(shifts, np.int64),
        values={column: values[column] for column in _COLUMNS if column in values},
        ampersands=(opening + closing).count(b"&"),
        quotes=(opening + closing).count(b'"'),
    )


def _split_records(region: pa.Buffer, version: str) -> dict[str, pa.BinaryArray] | None:
    """The columns of the objects in `region`, or None if it does not fit a template exactly."""
    view = memoryview(cast("Any", region))
    shape = _record_layout(view)
    template = None if shape is None else _record_template(shape, version)
    if template is None:
        return None
    text = np.frombuffer(view, np.uint8)
    starts = np.flatnonzero(text == _LESS)
    count, rest = divmod(len(starts), template.tags)
    if rest or np.count_nonzero(text == _AND) != count * template.ampersands:
        return None
    if np.count_nonzero(text == _GREATER) != len(starts):
        return None
    if not template.ampersands and np.count_nonzero(text == _QUOTE) != count * template.quotes:
        return None  # an ETag has other quotes than the first one
    # The general parser handles white space between tags, raw UTF-8 and characters that XML forbids.
    if (text - _SPACE > _LAST_PLAIN - _SPACE).any():
        return None
    width = len(template.picks)
    bounds = np.empty(count * width + 1, np.int32)
    bounds[:-1].reshape(count, width)[:] = starts.reshape(count, template.tags)[:, template.picks] + template.shifts
    bounds[-1] = len(text)
    if (bounds[1:] < bounds[:-1]).any():
        return None
    segments = cast(
        "pa.BinaryArray",
        pa.BinaryArray.from_buffers(pa.binary(), count * width, [None, buffer_of(bounds), region]),
    )
    if not count:
        return None
    first = tuple(bytes(view[bounds[place] : bounds[place + 1]]) for place in range(0, width, 2))
    if not segments.take(_offsets(0, 2, width, count)).equals(_repeated(first, count)):
        return None
    columns = {name: segments.take(_offsets(place, 0, width, count)) for name, place in template.values.items()}
    if (
        template.ampersands
        and version == "ETag"
        and (np.frombuffer(cast("Any", columns[_VERSION].buffers()[2] or b""), np.uint8) == _QUOTE).any()
    ):
        return None  # an ETag has quotes inside its quotes
    columns.setdefault("StorageClass", pa.nulls(count, pa.binary()))
    return columns


@lru_cache(maxsize=64)
def _offsets(first: int, step: int, width: int, count: int) -> _Offsets:
    """The segment `first` of each of `count` objects of `width` segments; with a step, every `step`-th from there."""
    within = np.arange(first, width, step, dtype=np.int32) if step else np.array([first], np.int32)
    rows = np.arange(0, count * width, width, dtype=np.int32)
    return cast("_Offsets", pa.array((within + rows[:, None]).ravel()))


@lru_cache(maxsize=16)
def _repeated(texts: tuple[bytes, ...], count: int) -> pa.BinaryArray:
    """The text between the values of `count` objects with the layout of the first one."""
    return pa.array(list(texts) * count, pa.binary())
