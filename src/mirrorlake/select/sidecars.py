"""Find, in a stream of keys in byte order, the JSON sidecar that serves each asset. Pure.

`a.json` serves every asset of its folder that is named `a` plus one suffix: `a.jpg` and `a.png`, not `a.b.jpg`.
The two share a stem, the key without its last suffix. Neighbours in key order need not share one: `a.jpg`,
`a.jpg/1.jpg`, `a.json`. What is true: a stem S has more to come after a last key K only if K starts with
S + ".", because all its members do. So an asset waits only while K says that its sidecar may still follow.

Suffixes ignore ASCII case. Where both `a.json` and `a.JSON` exist, the last in byte order serves: `a.json`.
A datasource may name a second form, `a.jpg` + suffix, which wins over the first (`select.fullnames`).
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import replace

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
    ends_with,
    equal_to,
    is_in,
    joined,
    keep,
    mask_of,
    no_rows,
    nulls,
    places_in,
    take,
    where,
)
from mirrorlake.formats.registry import formats_by_suffix
from mirrorlake.model.columns import CANDIDATES
from mirrorlake.model.objects import KeyRange
from mirrorlake.select.rules import TAKEN
from mirrorlake.select.sidecar_names import SIDECARS, FullNames, straddles
from mirrorlake.select.suffix_match import Endings

SIDECAR_SUFFIX = ".json"

# `skip` of a candidate whose sidecar is not known yet. The same key comes again, out of order, once it is:
# a long folder between `a.jpg` and `a.json` (`a.jpg/...`) would otherwise have to be held in memory whole.
DEFERRED = "deferred: its sidecar may still be listed"

HOLD_LIMIT = 50_000  # candidates held back for one that waits for its sidecar; about 10 MB

_WORDS = sorted([SIDECAR_SUFFIX[1:], *(suffix[1:] for suffix in formats_by_suffix())])
_LEAST = min(word.upper() for word in _WORDS).encode()  # the least and the greatest suffix of any family
_MOST = max(_WORDS).encode()
_SIDECAR_MOST = SIDECAR_SUFFIX[1:].encode()  # lower case sorts last

_SUFFIX_LENGTHS = sorted({len(word) + 1 for word in _WORDS})


class Pairing:
    """Joins assets with their sidecars, batch by batch of a listing in byte order."""

    def __init__(self, hold_limit: int, suffix: str | None = None) -> None:
        self._hold_limit = hold_limit
        self._full_names = None if suffix is None else FullNames(suffix)
        self._held = no_rows(TAKEN)  # assets from the first that waits for its sidecar on
        self._deferred = no_rows(TAKEN)  # assets already sent as DEFERRED
        self._kept = no_rows(SIDECARS)  # sidecars whose stem may still get assets

    def feed(
        self,
        assets: pa.RecordBatch,
        sidecars: pa.RecordBatch,
        last_key: bytes,
        full_named: pa.RecordBatch | None = None,
    ) -> list[pa.RecordBatch]:
        """Batches of CANDIDATES that are certain once the listing has come to `last_key`.

        `assets` (TAKEN) and `sidecars` (SIDECARS) are what the listing's next batch holds of each, in order;
        `full_named` (SIDECARS) are those that end in the suffix, where there is one. One may be in both.
        `skip` is DEFERRED or null. At most the last batch is out of order: it settles DEFERRED keys.
        """
        if self._full_names is not None and full_named is not None:
            self._full_names.add(full_named)
        return self._step(assets, sidecars, last_key)

    def finish(self) -> list[pa.RecordBatch]:
        """What was still waiting when the listing ended."""
        return self._step(no_rows(TAKEN), no_rows(SIDECARS), None)

    @property
    def held_from(self) -> bytes | None:
        """The first key that is held back; None where none is."""
        return bytes_at(column(self._held, "key"), 0) if self._held.num_rows else None

    @property
    def unsettled(self) -> int:
        """How many assets wait for their sidecar, or behind one that does."""
        return self._held.num_rows + self._deferred.num_rows

    def _step(self, assets: pa.RecordBatch, sidecars: pa.RecordBatch, last: bytes | None) -> list[pa.RecordBatch]:
        from_before = self._kept.num_rows
        assets, sidecars = joined([self._held, assets]), joined([self._kept, sidecars])
        stems, sidecar_stems = _stems(column(assets, "key")), _stems(column(sidecars, "key"))
        waiting = self._waiting(column(assets, "key"), stems, last)
        sure = int(waiting[0]) if len(waiting) else assets.num_rows
        serving = _Serving(sidecars, sidecar_stems)
        if assets.num_rows - sure <= self._hold_limit:
            self._held = assets.slice(sure)
            assets, stems, waiting = assets.slice(0, sure), stems.slice(0, sure), waiting[:0]
        else:
            self._held = no_rows(TAKEN)
        out: list[pa.RecordBatch] = []
        if assets.num_rows:
            served = serving.columns(stems, likely_from=from_before)
            out.append(_candidates(assets, self._final(served, assets), waiting))
        out += self._settle(serving, last)
        if len(waiting):
            self._deferred = joined([self._deferred, take(assets, waiting)])
        self._kept = take(sidecars, self._needed(sidecars, sidecar_stems, last))
        if self._full_names is not None:
            self._full_names.keep_for(column(self._held, "key"), column(self._deferred, "key"))
        return out

    def _waiting(self, keys: Column, stems: Column, last: bytes | None) -> Rows:
        """The rows whose sidecar, of either form, may still be listed."""
        rows = _open_rows(keys, stems, last, _SIDECAR_MOST)
        return rows if self._full_names is None else np.union1d(rows, self._full_names.open_rows(keys, last))

    def _final(self, served: list[Column], assets: pa.RecordBatch) -> list[Column]:
        """The sidecar columns of assets, of whichever form wins."""
        return served if self._full_names is None else self._full_names.over(served, column(assets, "key"))

    def _needed(self, sidecars: pa.RecordBatch, stems: Column, last: bytes | None) -> Rows:
        """Which sidecars may still serve: an asset to come, or one that is held back."""
        needed = _open_rows(column(sidecars, "key"), stems, last, _MOST)
        for back in (self._held, self._deferred):
            if back.num_rows:
                needed = np.union1d(needed, np.flatnonzero(is_in(stems, _stems(column(back, "key")))))
        return needed

    def _settle(self, serving: _Serving, last: bytes | None) -> list[pa.RecordBatch]:
        """Assets sent as DEFERRED before, for which no sidecar can follow any more."""
        if not self._deferred.num_rows:
            return []
        keys = column(self._deferred, "key")
        ready = np.ones(len(keys), dtype=np.bool_)
        ready[self._waiting(keys, _stems(keys), last)] = False
        settled = keep(self._deferred, ready)
        self._deferred = keep(self._deferred, ~ready)
        if not settled.num_rows:
            return []
        served = serving.columns(_stems(column(settled, "key")), likely_from=0)
        return [_candidates(settled, self._final(served, settled), NO_ROWS)]


class _Serving:
    """The sidecars at hand, looked up by the stem of an asset."""

    def __init__(self, sidecars: pa.RecordBatch, stems: Column) -> None:
        # Case variants of one sidecar name share a stem; the last in byte order counts, so look from the end.
        self._unique = bool(mask_of(ends_with(column(sidecars, "key"), SIDECAR_SUFFIX)).all())
        if not self._unique:
            sidecars = take(sidecars, np.arange(sidecars.num_rows - 1, -1, -1))
            stems = _stems(column(sidecars, "key"))
        self._sidecars = sidecars
        self._stems = stems

    def columns(self, stems: Column, *, likely_from: int) -> list[Column]:
        """`sidecar_key`, `sidecar_token` and `sidecar_size` for each stem, null where none serves it.

        The usual bucket has one sidecar for each asset; from the `likely_from`-th on, both then run in step.
        """
        if self._unique and stems.equals(self._stems.slice(likely_from, len(stems))):
            return columns(self._sidecars.slice(likely_from, len(stems)))
        if not len(self._stems):
            return columns(take(no_rows(SIDECARS), np.full(len(stems), -1)))
        return columns(take(self._sidecars, places_in(stems, self._stems)))


def safe_bound(key: str, suffix: str | None = None) -> str | None:
    """The longest beginning of `key` that no pair straddles; None if there is none.

    A listing may be cut at such a bound (`until=bound`, `after=bound`) and its parts paired apart: every stem
    has all its assets and sidecars on one side. A bound B could only separate a stem S where B starts with
    S + "."; so at every dot, what follows must sort before or after all suffixes we know. With a `suffix`,
    neither may an asset that B starts with have its full-named sidecar beyond B.
    """
    bound, full = key.encode(), None if suffix is None else suffix.encode()
    position = bound.find(b".")
    while position >= 0:
        rest = bound[position + 1 :]
        if _LEAST <= rest < _MOST or (full is not None and straddles(rest, full)):
            # Cutting here shortens what follows earlier dots, so those are judged again.
            bound, position = bound[:position], -1
        position = bound.find(b".", position + 1)
    return bound.decode() or None


def safe_ranges(ranges: Sequence[KeyRange], suffix: str | None = None) -> list[KeyRange]:
    """Neighbouring ranges in key order with their common bounds made safe; ranges left empty disappear."""
    if not ranges:
        return []
    bounds: list[str] = []
    lowest = max(ranges[0].prefix, ranges[0].after or "", key=str.encode)
    for part in ranges[:-1]:
        bound = safe_bound(part.until, suffix) if part.until is not None else None
        if bound is not None and bound.encode() > (bounds[-1] if bounds else lowest).encode():
            bounds.append(bound)
    afters = [ranges[0].after, *bounds]
    untils = [*bounds, ranges[-1].until]
    return [replace(ranges[0], after=after, until=until) for after, until in zip(afters, untils, strict=True)]


def _open_rows(keys: Column, stems: Column, last: bytes | None, most: bytes) -> Rows:
    """The rows (keys in order) whose stem may still get a key with a suffix up to `most` after `last`."""
    if last is None or not len(keys):
        return NO_ROWS
    raw = as_binary(keys)
    final = bytes_at(raw, len(raw) - 1)
    found: list[Rows] = []
    position = last.find(b".")
    while position >= 0:
        stem = last[:position]
        if last[position + 1 :] < most and final > last[: position + 1]:
            start = bisect.bisect_left(range(len(raw)), last[: position + 1], key=lambda row: bytes_at(raw, row))
            found.append(np.flatnonzero(equal_to(stems.slice(start), stem)) + start)
        position = last.find(b".", position + 1)
    return np.sort(np.concatenate(found)) if found else NO_ROWS


def _stems(keys: Column) -> Column:
    """Each key without its last suffix. Every key must have one of the suffixes we know."""
    raw = as_binary(keys)
    if not len(raw):
        return raw
    endings = Endings(keys)
    stems: Column | None = None
    for length in reversed(_SUFFIX_LENGTHS):  # the dot nearest to the end counts: `a..jpg` has two
        mask = endings.dot_at(length)
        if mask.any():
            shorter = cut(raw, 0, -length)
            stems = shorter if stems is None or mask.all() else where(mask, shorter, stems)
    if stems is None:
        raise ValueError("keys without a known suffix cannot be paired")
    return stems


def _candidates(assets: pa.RecordBatch, sidecar_columns: list[Column], deferred: Rows) -> pa.RecordBatch:
    skip = nulls(assets.num_rows, pa.string())
    if len(deferred):
        mask = np.zeros(assets.num_rows, dtype=np.bool_)
        mask[deferred] = True
        skip = where(mask, DEFERRED, skip)
    *listed, config = columns(assets)
    return pa.RecordBatch.from_arrays([*listed, *sidecar_columns, skip, config], schema=CANDIDATES)
