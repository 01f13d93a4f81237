"""Convert one page of the JSON API to one Arrow batch.

A typed decoder builds one small object per row, and each column is made of one attribute: about 0.5 CPU-seconds a
million rows, as much as cutting the columns out of a page of S3, and pages may have any layout.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import Any, cast

import msgspec
import pyarrow as pa

from mirrorlake.core.dates import read_date
from mirrorlake.core.errors import ListingBroken
from mirrorlake.model.columns import LISTING, TIME
from mirrorlake.model.objects import UnsupportedKey
from mirrorlake.storage.bucket_keys import NOT_TEXT
from mirrorlake.storage.listing_batches import clip_to_calendar, has_empty

FIELDS = "kind,nextPageToken,items(name,size,generation,updated,storageClass)"
FOLDER_FIELDS = "prefixes," + FIELDS
_KIND = "storage#objects"
_TOKEN_BYTES = 8192  # of a page token: it becomes part of the next address; a key of 1,024 bytes needs about 1,400
_FIX = "This listing was discarded. Try again; if the error persists, check the endpoint and any proxy."


class _Item(msgspec.Struct, rename="camel", gc=False):
    name: str
    size: str
    generation: str
    updated: str | None = None
    storage_class: str | None = None


class _Page(msgspec.Struct, rename="camel"):
    kind: str = ""
    next_page_token: str | None = None
    items: list[_Item] = []
    prefixes: list[str] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class GcsPage:
    """One response: objects, common prefixes (with a delimiter), and the token of the next page."""

    batch: pa.RecordBatch
    unsupported: tuple[UnsupportedKey, ...]
    prefixes: tuple[str, ...]
    next_token: str | None  # None = this was the last page


_decoder = msgspec.json.Decoder(_Page)


def read_page(body: bytes) -> GcsPage:
    """The page in `body`. Raises ListingBroken for anything but a complete listing page."""
    try:
        page = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ListingBroken(
            f"A page of the listing is not what Google Cloud Storage returns: {error}.", _FIX
        ) from error
    if page.kind != _KIND:  # an empty object would otherwise be an empty bucket
        raise ListingBroken("The server answered a listing with another document.", _FIX)
    token = page.next_page_token
    if token is not None and not 0 < len(token) <= _TOKEN_BYTES:
        raise ListingBroken("A page of the listing has a page token of an impossible length.", _FIX)
    items, unsupported = page.items, ()
    if any("\0" in item.name for item in items):
        shown = [item.name.replace("\0", "\\x00") for item in items if "\0" in item.name]
        unsupported = tuple(UnsupportedKey(shown=key, reason=NOT_TEXT) for key in shown)
        items = [item for item in items if "\0" not in item.name]
    prefixes = tuple(prefix for prefix in page.prefixes if prefix and "\0" not in prefix)
    return GcsPage(batch=_batch(items), unsupported=unsupported, prefixes=prefixes, next_token=token)


def _batch(items: list[_Item]) -> pa.RecordBatch:
    generations = _texts(items, "generation")
    try:
        generations.cast(pa.int64())  # only checked: the token is the text
        arrays = [
            _texts(items, "name"),
            _texts(items, "size").cast(pa.int64()),
            generations,
            _times(_texts(items, "updated")),
            _texts(items, "storage_class"),
        ]
        batch = pa.RecordBatch.from_arrays(cast("list[pa.Array[Any]]", arrays), schema=LISTING)
    except pa.ArrowInvalid as error:
        raise ListingBroken(f"A page of the listing contains an invalid value: {error}.", _FIX) from error
    except UnicodeEncodeError as error:
        raise ListingBroken("A page of the listing contains a name that is not UTF-8.", _FIX) from error
    if has_empty(arrays[0]):
        raise ListingBroken("A page of the listing contains an object without a name.", _FIX)
    return batch


def _texts(items: list[_Item], name: str) -> pa.Array[Any]:
    return cast("pa.Array[Any]", pa.array(list(map(attrgetter(name), items)), pa.string()))


def _times(texts: pa.Array[Any]) -> pa.Array[Any]:
    """The dates as times. An invalid date is null: dates are only shown, and no decision depends on them."""
    try:
        return clip_to_calendar(texts.cast(TIME))
    except pa.ArrowInvalid:
        return pa.array([None if text is None else read_date(text) for text in texts.to_pylist()], TIME)
