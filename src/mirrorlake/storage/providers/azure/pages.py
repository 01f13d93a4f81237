"""Convert one List Blobs response to one Arrow batch. The usual layout is cut into columns by `records`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import pyarrow as pa

from mirrorlake.core.dates import read_date
from mirrorlake.core.errors import ListingBroken
from mirrorlake.model.columns import LISTING, TIME
from mirrorlake.storage.etags import unquoted
from mirrorlake.storage.keys import decode_keys
from mirrorlake.storage.listing_batches import has_empty
from mirrorlake.storage.providers.azure.list_xml import Envelope, read_xml

_FIX = "This listing was discarded. Try again; if the error persists, check the endpoint and any proxy."


@dataclass(frozen=True, slots=True, kw_only=True)
class AzurePage:
    """One response: objects, common prefixes (with a delimiter), and the marker of the next page."""

    batch: pa.RecordBatch
    unsupported: tuple[str, ...]
    prefixes: tuple[str, ...]
    next_marker: str | None  # None = this was the last page


def read_page(body: bytes) -> AzurePage:
    """The page in `body`. Raises ListingBroken for anything but a complete listing page."""
    return general_page(body)


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


def page_of(envelope: Envelope, columns: dict[str, pa.Array[Any]]) -> AzurePage:
    """Check the page as a whole, and convert the columns to their types."""
    if envelope.root != "EnumerationResults":
        code = envelope.fields.get("Code", "")
        raise ListingBroken(
            f"The server answered a listing with <{envelope.root}>" + (f" ({code})." if code else "."), _FIX
        )
    # An empty NextMarker ends the listing; without the element, nothing tells whether the page is the last one.
    if not envelope.has_blobs or "NextMarker" not in envelope.fields:
        raise ListingBroken("A page of the listing does not specify whether it is the last one.", _FIX)
    prefixes = decode_keys(pa.array(envelope.prefixes, pa.binary()), percent=False)
    batch, unsupported = _typed(columns)
    return AzurePage(
        batch=batch,
        unsupported=unsupported + prefixes.unsupported,
        prefixes=tuple(cast("list[str]", prefixes.keys.to_pylist())),
        next_marker=envelope.fields["NextMarker"] or None,
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
