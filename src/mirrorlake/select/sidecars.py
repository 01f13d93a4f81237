"""Find, in a stream of keys in byte order, the JSON sidecar that serves each asset. Pure.

`a.json` serves every asset of its folder that is named `a` plus one suffix: `a.jpg` and `a.png`, not `a.b.jpg`.
The two share a stem, the key without its last suffix. Neighbours in key order need not share one: `a.jpg`,
`a.jpg/1.jpg`, `a.json`. What is true: a stem S has more to come after a last key K only if K starts with
S + ".", because all its members do. So an asset waits only while K says that its sidecar may still follow.

Suffixes ignore ASCII case. Where both `a.json` and `a.JSON` exist, the last in byte order serves: `a.json`.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mirrorlake.model.columns import CANDIDATES, LISTING
from mirrorlake.model.objects import KeyRange
from mirrorlake.select.formats import MEDIA_TYPES, Endings, IntColumn

SIDECAR_SUFFIX = ".json"

# `skip` of a candidate whose sidecar is not known yet. The same key comes again, out of order, once it is:
# a long folder between `a.jpg` and `a.json` (`a.jpg/...`) would otherwise have to be held in memory whole.
DEFERRED = "deferred: its sidecar may still be listed"

HOLD_LIMIT = 50_000  # candidates held back for one that waits for its sidecar; about 10 MB

_WORDS = sorted([SIDECAR_SUFFIX[1:], *(suffix[1:] for suffix in MEDIA_TYPES)])
_LEAST = min(word.upper() for word in _WORDS).encode()  # the least and the greatest suffix of any family
_MOST = max(_WORDS).encode()
_SIDECAR_MOST = SIDECAR_SUFFIX[1:].encode()  # lower case sorts last

_SUFFIX_LENGTHS = sorted({len(word) + 1 for word in _WORDS})

SIDECARS = pa.schema([LISTING.field("key"), LISTING.field("token"), LISTING.field("size")])


class Pairing:
    """Joins assets with their sidecars, batch by batch of a listing in byte order."""

    def __init__(self, hold_limit: int = HOLD_LIMIT) -> None:
        self._hold_limit = hold_limit
        self._held = _no_rows(LISTING)  # assets from the first that waits for its sidecar on
        self._deferred = _no_rows(LISTING)  # assets already sent as DEFERRED
        self._kept = _no_rows(SIDECARS)  # sidecars whose stem may still get assets

    def feed(self, assets: pa.RecordBatch, sidecars: pa.RecordBatch, last_key: str) -> list[pa.RecordBatch]:
        """Batches of CANDIDATES that are certain once the listing has come to `last_key`.

        `assets` (LISTING) and `sidecars` (SIDECARS) are what the listing's next batch holds of each, in order.
        `skip` is DEFERRED or null. At most the last batch is out of order: it settles DEFERRED keys.
        """
        return self._step(assets, sidecars, last_key.encode())

    def finish(self) -> list[pa.RecordBatch]:
        """What was still waiting when the listing ended."""
        return self._step(_no_rows(LISTING), _no_rows(SIDECARS), None)

    def _step(self, assets: pa.RecordBatch, sidecars: pa.RecordBatch, last: bytes | None) -> list[pa.RecordBatch]:
        from_before = self._kept.num_rows
        assets, sidecars = _joined(self._held, assets), _joined(self._kept, sidecars)
        stems, sidecar_stems = _stems(assets.column("key")), _stems(sidecars.column("key"))
        waiting = _open_rows(assets.column("key"), stems, last, _SIDECAR_MOST)
        sure = int(waiting[0]) if len(waiting) else assets.num_rows
        serving = _Serving(sidecars, sidecar_stems)
        if assets.num_rows - sure <= self._hold_limit:
            self._held = assets.slice(sure)
            assets, stems, waiting = assets.slice(0, sure), stems.slice(0, sure), waiting[:0]
        else:
            self._held = _no_rows(LISTING)
        out: list[pa.RecordBatch] = []
        if assets.num_rows:
            out.append(_candidates(assets, serving.columns(stems, likely_from=from_before), waiting))
        out += self._settle(serving, last)
        if len(waiting):
            self._deferred = _joined(self._deferred, assets.take(pa.array(waiting)))
        self._kept = sidecars.take(pa.array(self._needed(sidecars, sidecar_stems, last)))
        return out

    def _needed(self, sidecars: pa.RecordBatch, stems: pa.BinaryArray, last: bytes | None) -> IntColumn:
        """Which sidecars may still serve: an asset to come, or one that is held back."""
        needed = _open_rows(sidecars.column("key"), stems, last, _MOST)
        if not self._held.num_rows:
            return needed
        held = pc.is_in(stems, value_set=_stems(self._held.column("key")))
        return np.union1d(needed, np.flatnonzero(held.to_numpy(zero_copy_only=False)))

    def _settle(self, serving: _Serving, last: bytes | None) -> list[pa.RecordBatch]:
        """Assets sent as DEFERRED before, for which no sidecar can follow any more."""
        if not self._deferred.num_rows:
            return []
        keys = self._deferred.column("key")
        ready = np.ones(len(keys), dtype=np.bool_)
        ready[_open_rows(keys, _stems(keys), last, _SIDECAR_MOST)] = False
        settled = self._deferred.filter(pa.array(ready))
        self._deferred = self._deferred.filter(pa.array(~ready))
        if not settled.num_rows:
            return []
        columns = serving.columns(_stems(settled.column("key")), likely_from=0)
        return [_candidates(settled, columns, np.zeros(0, dtype=np.int64))]


class _Serving:
    """The sidecars at hand, looked up by the stem of an asset."""

    def __init__(self, sidecars: pa.RecordBatch, stems: pa.BinaryArray) -> None:
        keys = sidecars.column("key")
        # Case variants of one sidecar name share a stem; the last in byte order counts, so look from the end.
        self._unique = bool(pc.all(pc.ends_with(keys, SIDECAR_SUFFIX)).as_py() is not False)
        if not self._unique:
            backwards = pa.array(np.arange(len(keys) - 1, -1, -1))
            sidecars, stems = sidecars.take(backwards), cast("pa.BinaryArray", stems.take(backwards))
        self._sidecars = sidecars
        self._stems = stems

    def columns(self, stems: pa.BinaryArray, *, likely_from: int) -> list[pa.Array]:
        """`sidecar_key`, `sidecar_token` and `sidecar_size` for each stem, null where none serves it.

        The usual bucket has one sidecar for each asset; from the `likely_from`-th on, both then run in step.
        """
        if self._unique and stems.equals(self._stems.slice(likely_from, len(stems))):
            return self._sidecars.slice(likely_from, len(stems)).columns
        if not len(self._stems):
            return [pa.nulls(len(stems), field.type) for field in SIDECARS]
        return self._sidecars.take(pc.index_in(stems, value_set=self._stems)).columns


def safe_bound(key: str) -> str | None:
    """The longest beginning of `key` that no pair straddles; None if there is none.

    A listing may be cut at such a bound (`until=bound`, `after=bound`) and its parts paired apart: every stem
    has all its assets and sidecars on one side. A bound B could only separate a stem S where B starts with
    S + "."; so at every dot, what follows must sort before or after all suffixes we know.
    """
    bound = key.encode()
    position = bound.find(b".")
    while position >= 0:
        rest = bound[position + 1 :]
        if _LEAST <= rest < _MOST:
            # Cutting here shortens what follows earlier dots, so those are judged again.
            bound, position = bound[:position], -1
        position = bound.find(b".", position + 1)
    return bound.decode() or None


def safe_ranges(ranges: Sequence[KeyRange]) -> list[KeyRange]:
    """Neighbouring ranges in key order with their common bounds made safe; ranges left empty disappear."""
    if not ranges:
        return []
    bounds: list[str] = []
    lowest = max(ranges[0].prefix, ranges[0].after or "", key=str.encode)
    for part in ranges[:-1]:
        bound = safe_bound(part.until) if part.until is not None else None
        if bound is not None and bound.encode() > (bounds[-1] if bounds else lowest).encode():
            bounds.append(bound)
    afters = [ranges[0].after, *bounds]
    untils = [*bounds, ranges[-1].until]
    return [replace(ranges[0], after=after, until=until) for after, until in zip(afters, untils, strict=True)]


def _open_rows(keys: pa.StringArray, stems: pa.BinaryArray, last: bytes | None, most: bytes) -> IntColumn:
    """The rows (keys in order) whose stem may still get a key with a suffix up to `most` after `last`."""
    if last is None or not len(keys):
        return np.zeros(0, dtype=np.int64)
    raw = keys.view(pa.binary())
    final = _bytes_at(raw, len(raw) - 1)
    found: list[IntColumn] = []
    position = last.find(b".")
    while position >= 0:
        stem = last[:position]
        if last[position + 1 :] < most and final > last[: position + 1]:
            start = bisect.bisect_left(range(len(raw)), last[: position + 1], key=lambda row: _bytes_at(raw, row))
            same = pc.equal(stems.slice(start), pa.scalar(stem, type=pa.binary()))
            found.append(np.flatnonzero(same.to_numpy(zero_copy_only=False)) + start)
        position = last.find(b".", position + 1)
    return np.sort(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)


def _bytes_at(raw: pa.Array, row: int) -> bytes:
    return cast("bytes", raw[row].as_py())


def _stems(keys: pa.StringArray) -> pa.BinaryArray:
    """Each key without its last suffix. Every key must have one of the suffixes we know."""
    raw = keys.view(pa.binary())
    if not len(raw):
        return cast("pa.BinaryArray", raw)
    endings = Endings(keys)
    stems: pa.Array | None = None
    for length in reversed(_SUFFIX_LENGTHS):  # the dot nearest to the end counts: `a..jpg` has two
        mask = endings.dot_at(length)
        if mask.any():
            cut = pc.binary_slice(raw, 0, -length)
            stems = cut if stems is None or mask.all() else pc.if_else(pa.array(mask), cut, stems)
    if stems is None:
        raise ValueError("keys without a known suffix cannot be paired")
    return cast("pa.BinaryArray", stems)


def _candidates(assets: pa.RecordBatch, sidecar_columns: list[pa.Array], deferred: IntColumn) -> pa.RecordBatch:
    skip: pa.Array = pa.nulls(assets.num_rows, pa.string())
    if len(deferred):
        mask = np.zeros(assets.num_rows, dtype=np.bool_)
        mask[deferred] = True
        skip = pc.if_else(pa.array(mask), pa.scalar(DEFERRED, type=pa.string()), skip)
    return pa.RecordBatch.from_arrays([*assets.columns, *sidecar_columns, skip], schema=CANDIDATES)


def _joined(first: pa.RecordBatch, second: pa.RecordBatch) -> pa.RecordBatch:
    if not first.num_rows or not second.num_rows:
        return second if second.num_rows else first
    return pa.concat_batches([first, second])


def _no_rows(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([], type=field.type) for field in schema], schema=schema)
