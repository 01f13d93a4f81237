"""Convert one List Blobs response to one Arrow batch. The usual layout is cut into columns by `records`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mirrorlake.core.dates import read_date
from mirrorlake.core.errors import ListingBroken
from mirrorlake.model.columns import LISTING, TIME
from mirrorlake.storage.etags import unquoted
from mirrorlake.storage.keys import decode_keys
from mirrorlake.storage.listing_batches import buffer_of, has_empty, replace_empty
from mirrorlake.storage.providers.azure.dates import http_dates
from mirrorlake.storage.providers.azure.list_xml import Envelope, read_xml
from mirrorlake.storage.providers.azure.records import Columns, cut

_OPEN, _CLOSE = b"<Blob>", b"</Blob>"
_BLOBS, _END = b"<Blobs>", b"</Blobs>"
_ENCODING = re.compile(rb"""^(?:\xef\xbb\xbf)?<\?xml[^>]*encoding=["'](?!utf-8["'])""", re.IGNORECASE)
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))  # in this order
_pc = cast("Any", pc)  # the stubs lack what these functions accept
_FIX = "This listing was discarded. Try again; if the error persists, check the endpoint and any proxy."


@dataclass(frozen=True, slots=True, kw_only=True)
class AzurePage:
    """One response: objects, common prefixes (with a delimiter), and the marker of the next page."""

    batch: pa.RecordBatch
    unsupported: tuple[str, ...]
    prefixes: tuple[str, ...]
    next_token: str | None  # None = this was the last page


def read_page(body: bytes) -> AzurePage:
    """The page in `body`. Raises ListingBroken for anything but a complete listing page."""
    first, end = body.find(_OPEN), body.rfind(_CLOSE) + len(_CLOSE)
    if first < 0 or not body.endswith(_BLOBS, 0, first) or not body.startswith(_END, end) or _ENCODING.match(body):
        return general_page(body)
    try:
        envelope = read_xml(body[:first] + body[end:])
    except ListingBroken:
        return general_page(body)  # whose result is decisive
    found = cut(body, first, end)
    columns = None if found is None else _columns(body, found)
    return general_page(body) if columns is None or envelope.names else page_of(envelope, columns)


def general_page(body: bytes) -> AzurePage:
    """The result of `read_page`, using only the general parser."""
    envelope = read_xml(body)
    # Directories of hierarchical namespaces are no objects; deleted blobs and snapshots are not asked for.
    kept = [place for place, entry in enumerate(envelope.entries) if _is_object(entry)]
    entries = [envelope.entries[place] for place in kept]
    names = pa.array([envelope.names[place] for place in kept], pa.binary())
    columns: dict[str, pa.Array[Any]] = {
        "Name": names,
        "Content-Length": pa.array([entry.get("Content-Length") for entry in entries], pa.string()),
        "Etag": pa.array([_token(entry.get("Etag")) for entry in entries], pa.string()),
        "Last-Modified": pa.array([read_date(entry.get("Last-Modified", "")) for entry in entries], TIME),
        "AccessTier": pa.array([entry.get("AccessTier") or None for entry in entries], pa.string()),
    }
    return page_of(envelope, columns)


def _columns(body: bytes, found: Columns) -> dict[str, pa.Array[Any]] | None:
    """The columns of the blobs in `body`; None if a value needs the general parser."""
    values = {name: _texts(body, *places) for name, places in found.places.items() if name != "Last-Modified"}
    if found.escaped and any(_has_any(texts, "&") for name, texts in values.items() if name != "Name"):
        return None
    if _has_any(values["Etag"], '"'):
        return None
    names, tiers = values["Name"], values.get("AccessTier")
    if found.escaped:
        for entity, char in _ENTITIES:
            names = _pc.replace_substring(names, entity, char)
    if tiers is not None and has_empty(tiers):
        tiers = replace_empty(tiers)
    columns: dict[str, pa.Array[Any]] = {
        "Name": names.cast(pa.binary()),
        "Content-Length": values["Content-Length"],
        "Etag": values["Etag"],
        "Last-Modified": http_dates(body, *found.places["Last-Modified"]),
        "AccessTier": pa.nulls(found.count, pa.string()) if tiers is None else tiers,
    }
    return _objects(columns, values)


def _objects(columns: dict[str, pa.Array[Any]], values: dict[str, pa.Array[Any]]) -> dict[str, pa.Array[Any]]:
    """The rows that are objects, see `_is_object`."""
    kept: Any = None
    for name, what in (("ResourceType", "directory"), ("Deleted", "true"), ("Snapshot", None)):
        if name in values:
            own = values[name]
            is_object = _pc.equal(own, "") if what is None else _pc.not_equal(_plain(own), what)
            kept = is_object if kept is None else _pc.and_(kept, is_object)
    return columns if kept is None else {name: _pc.filter(column, kept) for name, column in columns.items()}


def _plain(texts: pa.Array[Any]) -> pa.Array[Any]:
    return cast("pa.Array[Any]", _pc.utf8_lower(_pc.utf8_trim_whitespace(texts)))


def _has_any(texts: pa.Array[Any], char: str) -> bool:
    """Whether any text contains this character."""
    data = np.frombuffer(cast("Any", texts.buffers()[2] or b""), np.uint8)
    return bool((data == ord(char)).any())


def _texts(body: bytes, firsts: npt.NDArray[np.int64], lasts: npt.NDArray[np.int64]) -> pa.Array[Any]:
    """The texts between these places, which rise."""
    offsets = np.empty(2 * len(firsts) + 1, np.int32)
    offsets[:-1:2], offsets[1::2], offsets[-1] = firsts, lasts, len(body)
    segments = pa.StringArray.from_buffers(2 * len(firsts), buffer_of(offsets), pa.py_buffer(body))
    return cast("pa.Array[Any]", segments.take(cast("Any", pa.array(np.arange(0, 2 * len(firsts), 2, dtype=np.int32)))))


def page_of(envelope: Envelope, columns: dict[str, pa.Array[Any]]) -> AzurePage:
    """Check the page as a whole, and convert the columns to their types."""
    if envelope.root != "EnumerationResults":
        code = envelope.fields.get("Code", "")
        raise ListingBroken(
            f"The server answered a listing with <{envelope.root}>" + (f" ({code})." if code else "."), _FIX
        )
    # An empty NextMarker ends the listing; without the element, any page could be the last one.
    if not envelope.has_blobs or "NextMarker" not in envelope.fields:
        raise ListingBroken("A page of the listing does not specify whether it is the last one.", _FIX)
    prefixes = decode_keys(pa.array(envelope.prefixes, pa.binary()), percent=False)
    batch, unsupported = _typed(columns)
    return AzurePage(
        batch=batch,
        unsupported=unsupported + prefixes.unsupported,
        prefixes=tuple(cast("list[str]", prefixes.keys.to_pylist())),
        next_token=envelope.fields["NextMarker"] or None,
    )


def _typed(columns: dict[str, pa.Array[Any]]) -> tuple[pa.RecordBatch, tuple[str, ...]]:
    names = cast("pa.BinaryArray", columns["Name"])
    if names.null_count or has_empty(names):
        raise ListingBroken("A page of the listing contains an object without a key.", _FIX)
    try:
        decoded = decode_keys(names, percent=False)
        arrays: list[pa.Array[Any]] = [
            columns["Content-Length"].cast(pa.string()).cast(pa.int64()),
            columns["Etag"].cast(pa.string()),
            columns["Last-Modified"],
            columns["AccessTier"].cast(pa.string()),
        ]
        if decoded.kept is not None:
            arrays = [column.filter(decoded.kept) for column in arrays]
        batch = pa.RecordBatch.from_arrays([decoded.keys, *arrays], schema=LISTING)
    except pa.ArrowInvalid as error:
        raise ListingBroken(f"A page of the listing contains an invalid value: {error}.", _FIX) from error
    token = cast("pa.Array[Any]", batch.column("token"))
    if batch.column("size").null_count or token.null_count or has_empty(token):
        raise ListingBroken("A page of the listing contains an object without a size or an ETag.", _FIX)
    return batch, decoded.unsupported


def _is_object(entry: dict[str, str]) -> bool:
    directory = entry.get("ResourceType", "").strip().lower() == "directory"
    deleted = entry.get("Deleted", "").strip().lower() == "true"
    return not directory and not deleted and not entry.get("Snapshot")


def _token(etag: str | None) -> str | None:
    return None if etag is None else unquoted(etag)
