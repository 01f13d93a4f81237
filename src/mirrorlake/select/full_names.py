"""Find companions that are named like their asset plus a suffix: `a.jpg.metadata.json`. Pure.

In byte order such a companion comes after its asset, and all keys between the two start with the asset's key. So
after a last key K only those assets wait that K starts with, and only while K sorts before their companion's key.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from mirrorlake.core.columnar import (
    NO_ROWS,
    Column,
    Rows,
    as_binary,
    bytes_at,
    column,
    columns,
    cut,
    is_in,
    joined,
    keep,
    no_rows,
    places_in,
    take,
    where,
)
from mirrorlake.formats.suffixes import MEDIA_TYPES
from mirrorlake.model.columns import LISTING

_LISTED: list[pa.Field[Any]] = [LISTING.field(name) for name in ("key", "token", "size")]
LISTED = pa.schema(_LISTED)  # what is listed of an object that may be a companion

_ASSET_SUFFIXES = [suffix.encode() for suffix in MEDIA_TYPES]


class FullNames:
    """The companions of one role and of this form that are at hand."""

    def __init__(self, suffix: str) -> None:
        self._suffix = suffix.encode()
        self._listed = no_rows(LISTED)

    def add(self, listed: pa.RecordBatch) -> None:
        """Those (LISTED) of the listing's next batch."""
        self._listed = joined([self._listed, listed])

    def open_rows(self, assets: Column, last: bytes | None) -> Rows:
        """The rows (keys in order) whose companion may still be listed after `last`."""
        if last is None or not len(assets):
            return NO_ROWS
        raw = as_binary(assets)
        found: list[int] = []
        for end in _asset_ends(last):
            if last[end:] >= self._suffix:
                continue
            row = bisect.bisect_left(range(len(raw)), last[:end], key=lambda row: bytes_at(raw, row))
            if row < len(raw) and bytes_at(raw, row) == last[:end]:
                found.append(row)
        return np.array(sorted(found), dtype=np.int64)

    def over(self, served: list[Column], assets: Column) -> list[Column]:
        """The companion columns `served` of these assets, with this form in place of the other where it exists."""
        places = places_in(as_binary(assets), self._targets())
        mask = places >= 0
        if not mask.any():
            return served
        own = columns(take(self._listed, places))
        return [where(mask, mine, other) for mine, other in zip(own, served, strict=True)]

    def keep_for(self, *assets: Column) -> None:
        """Drop all companions but those of these assets, which are still held back."""
        targets = self._targets()
        needed = np.zeros(len(targets), dtype=np.bool_)
        for keys in assets:
            if len(keys) and len(targets):
                needed |= is_in(targets, as_binary(keys))
        self._listed = keep(self._listed, needed)

    def _targets(self) -> Column:
        return cut(as_binary(column(self._listed, "key")), 0, -len(self._suffix))


def separates(rest: bytes, suffix: bytes) -> bool:
    """Whether a bound, of which `rest` follows a dot, separates an asset that ends there from its companion."""
    return any(rest[length - 1 :] < suffix for length in _ends_at_dot(rest))


def _ends_at_dot(rest: bytes) -> Iterator[int]:
    """The lengths, with the dot before `rest`, of the asset suffixes that it starts with."""
    lowered = b"." + rest.lower()
    return (len(suffix) for suffix in _ASSET_SUFFIXES if lowered.startswith(suffix))


def _asset_ends(key: bytes) -> Iterator[int]:
    """Where in `key` the key of an asset may end."""
    position = key.find(b".")
    while position >= 0:
        yield from (position + length for length in _ends_at_dot(key[position + 1 :]))
        position = key.find(b".", position + 1)
