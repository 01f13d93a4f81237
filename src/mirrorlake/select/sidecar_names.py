"""Find sidecars that are named like their asset plus a suffix of the user's choice: `a.jpg.metadata.json`. Pure.

In byte order such a sidecar comes after its asset, and all keys between the two start with the asset's key. So
after a last key K only those assets wait that K starts with, and only while K sorts before their sidecar's key.
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
from mirrorlake.formats.registry import formats_by_suffix
from mirrorlake.model.columns import LISTING

_SIDECARS: list[pa.Field[Any]] = [LISTING.field(name) for name in ("key", "token", "size")]
SIDECARS = pa.schema(_SIDECARS)

_ASSET_SUFFIXES = [suffix.encode() for suffix in formats_by_suffix()]


class FullNames:
    """The sidecars of this form that are at hand, and the assets that may still get one."""

    def __init__(self, suffix: str) -> None:
        self._suffix = suffix.encode()
        self._sidecars = no_rows(SIDECARS)

    def add(self, sidecars: pa.RecordBatch) -> None:
        """Those (SIDECARS) of the listing's next batch."""
        self._sidecars = joined([self._sidecars, sidecars])

    def open_rows(self, assets: Column, last: bytes | None) -> Rows:
        """The rows (keys in order) whose sidecar may still be listed after `last`."""
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
        """The sidecar columns `served` of these assets, with this form in place of the other where it exists."""
        places = places_in(as_binary(assets), self._targets())
        mask = places >= 0
        if not mask.any():
            return served
        own = columns(take(self._sidecars, places))
        return [where(mask, mine, other) for mine, other in zip(own, served, strict=True)]

    def keep_for(self, *assets: Column) -> None:
        """Forget all sidecars but those of these assets, which are still held back."""
        targets = self._targets()
        needed = np.zeros(len(targets), dtype=np.bool_)
        for keys in assets:
            if len(keys) and len(targets):
                needed |= is_in(targets, as_binary(keys))
        self._sidecars = keep(self._sidecars, needed)

    def _targets(self) -> Column:
        return cut(as_binary(column(self._sidecars, "key")), 0, -len(self._suffix))


def straddles(rest: bytes, suffix: bytes) -> bool:
    """Whether a bound, of which `rest` follows a dot, parts an asset that ends there from its sidecar."""
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
