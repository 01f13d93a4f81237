"""Find, in a stream of keys in byte order, the companions that serve each asset. Pure.

`a.json` serves every asset of its folder that is named `a` plus one suffix: `a.jpg` and `a.png`, not `a.b.jpg`.
The two share a stem, the key without its last suffix. Neighbours in key order need not share one: `a.jpg`,
`a.jpg/1.jpg`, `a.json`. What is true: a stem S has more to come after a last key K only if K starts with
S + ".", because all its members do. So an asset waits only while, according to K, a companion may still follow.

Suffixes ignore ASCII case. Where both `a.json` and `a.JSON` exist, the last in byte order serves: `a.json`.
A second form, `a.jpg` + a suffix, wins over the first (`select.full_names`). A datasource may read no sidecars of the
first form; where a pattern asks for `.json` files, these are assets as well, and then serve others but no `.json`.
"""

from __future__ import annotations

import bisect
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

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
from mirrorlake.model.companions import ROLES, CompanionRole
from mirrorlake.model.objects import KeyRange
from mirrorlake.select.full_names import LISTED, FullNames, separates
from mirrorlake.select.rules import TAKEN, Rules
from mirrorlake.select.suffix_match import SuffixMatcher

# `skip` of a candidate whose companions are not known yet. The same key comes again, out of order, once they are:
# a long folder between `a.jpg` and `a.json` (`a.jpg/...`) would otherwise have to be held in memory whole.
DEFERRED = "deferred: a companion may still be listed"

HOLD_LIMIT = 50_000  # candidates held back for one that waits for a companion; about 10 MB

_WORDS = sorted({suffix[1:] for suffix in (*formats_by_suffix(), *(role.stem_suffix for role in ROLES)) if suffix})
_LEAST = min(word.upper() for word in _WORDS).encode()  # the least and the greatest suffix of any family
_MOST = max(_WORDS).encode()

_SUFFIX_LENGTHS = sorted({len(word) + 1 for word in _WORDS})


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCompanions:
    """What a batch of a listing holds of one role, in key order (LISTED). An object may be in both."""

    stemmed: pa.RecordBatch  # those with the role's stem suffix
    full_named: pa.RecordBatch  # those with its full-name suffix


class Pairing:
    """Joins assets with their companions, batch by batch of a listing in byte order."""

    def __init__(self, hold_limit: int, rules: Rules) -> None:
        self._hold_limit = hold_limit
        self._roles = {role: _RoleCompanions(rules.stem_suffix(role), rules.suffixes.get(role.name)) for role in ROLES}
        self._held = no_rows(TAKEN)  # assets from the first that waits for a companion on
        self._deferred = no_rows(TAKEN)  # assets already sent as DEFERRED

    def feed(
        self, assets: pa.RecordBatch, companions: Mapping[CompanionRole, ListedCompanions], last_key: bytes
    ) -> list[pa.RecordBatch]:
        """Batches of CANDIDATES that are certain once the listing has come to `last_key`.

        `assets` (TAKEN) and `companions` are what the listing's next batch holds of each, in order. `skip` is DEFERRED
        or null. At most the last batch is out of order: it settles DEFERRED keys.
        """
        for role, listed in companions.items():
            self._roles[role].add(listed)
        return self._step(assets, last_key)

    def finish(self) -> list[pa.RecordBatch]:
        """What was still waiting when the listing ended."""
        return self._step(no_rows(TAKEN), None)

    @property
    def held_from(self) -> bytes | None:
        """The first key that is held back; None where none is."""
        return bytes_at(column(self._held, "key"), 0) if self._held.num_rows else None

    @property
    def unsettled(self) -> int:
        """How many assets wait for a companion, or behind one that does."""
        return self._held.num_rows + self._deferred.num_rows

    def _step(self, assets: pa.RecordBatch, last: bytes | None) -> list[pa.RecordBatch]:
        assets = joined([self._held, assets])
        stems = _stems(column(assets, "key"))
        waiting = self._waiting(column(assets, "key"), stems, last)
        sure = int(waiting[0]) if len(waiting) else assets.num_rows
        if assets.num_rows - sure <= self._hold_limit:
            self._held = assets.slice(sure)
            assets, stems, waiting = assets.slice(0, sure), stems.slice(0, sure), waiting[:0]
        else:
            self._held = no_rows(TAKEN)
        out: list[pa.RecordBatch] = []
        if assets.num_rows:
            out.append(_candidates(assets, self._served(assets, stems, in_step=True), waiting))
        out += self._settle(last)
        if len(waiting):
            self._deferred = joined([self._deferred, take(assets, waiting)])
        held_back = [column(rows, "key") for rows in (self._held, self._deferred) if rows.num_rows]
        for companions in self._roles.values():
            companions.keep_for(held_back, last)
        return out

    def _waiting(self, keys: Column, stems: Column, last: bytes | None) -> Rows:
        """The rows of which a companion, of any role and form, may still be listed."""
        rows = [companions.open_rows(keys, stems, last) for companions in self._roles.values()]
        return rows[0] if len(rows) == 1 else np.unique(np.concatenate(rows))

    def _served(self, assets: pa.RecordBatch, stems: Column, *, in_step: bool) -> list[Column]:
        """The companion columns of assets, role by role."""
        keys = column(assets, "key")
        return [
            served for companions in self._roles.values() for served in companions.columns(keys, stems, in_step=in_step)
        ]

    def _settle(self, last: bytes | None) -> list[pa.RecordBatch]:
        """Assets sent as DEFERRED before, for which no companion can follow any more."""
        if not self._deferred.num_rows:
            return []
        keys = column(self._deferred, "key")
        ready = np.ones(len(keys), dtype=np.bool_)
        ready[self._waiting(keys, _stems(keys), last)] = False
        settled = keep(self._deferred, ready)
        self._deferred = keep(self._deferred, ~ready)
        if not settled.num_rows:
            return []
        stems = _stems(column(settled, "key"))
        return [_candidates(settled, self._served(settled, stems, in_step=False), NO_ROWS)]


class _RoleCompanions:
    """The companions of one role that are at hand, of both forms."""

    def __init__(self, stem_suffix: str | None, suffix: str | None) -> None:
        self._most = stem_suffix[1:].encode() if stem_suffix else None  # lower case sorts last
        self._stem_suffix = stem_suffix or ""
        self._full_names = None if suffix is None else FullNames(suffix)
        self._stemmed = no_rows(LISTED)  # those whose stem may still get assets
        self._stems = _stems(column(self._stemmed, "key"))
        self._from_before = 0  # how many of them earlier batches held
        self._serving: _Serving | None = None

    def add(self, listed: ListedCompanions) -> None:
        """Those of the listing's next batch."""
        if self._full_names is not None:
            self._full_names.add(listed.full_named)
        self._stemmed = joined([self._stemmed, listed.stemmed])
        self._stems = _stems(column(self._stemmed, "key"))
        self._serving = None

    def open_rows(self, keys: Column, stems: Column, last: bytes | None) -> Rows:
        """The rows (keys in order) whose companion, of either form, may still be listed after `last`."""
        rows = NO_ROWS if self._most is None else _open_rows(keys, stems, last, self._most)
        return rows if self._full_names is None else np.union1d(rows, self._full_names.open_rows(keys, last))

    def columns(self, keys: Column, stems: Column, *, in_step: bool) -> list[Column]:
        """Key, token and size of the companion of each asset, of whichever form wins; null where there is none.

        `in_step`: the assets are the next ones of the listing.
        """
        if self._serving is None:
            self._serving = _Serving(self._stemmed, self._stems, self._stem_suffix)
        served = self._serving.columns(stems, likely_from=self._from_before if in_step else 0)
        own = SuffixMatcher(keys).match(self._stem_suffix) if self._stem_suffix else None
        if own is not None and own.any():  # assets that are named like companions of this form have none
            served = [where(own, nulls(len(keys), each.type), each) for each in served]
        return served if self._full_names is None else self._full_names.over(served, keys)

    def keep_for(self, held_back: Sequence[Column], last: bytes | None) -> None:
        """Drop all but those that may still serve: an asset to come, or one of `held_back`."""
        needed = _open_rows(column(self._stemmed, "key"), self._stems, last, _MOST)
        for keys in held_back:
            needed = np.union1d(needed, np.flatnonzero(is_in(self._stems, _stems(keys))))
        self._stemmed = take(self._stemmed, needed)
        self._stems = _stems(column(self._stemmed, "key"))
        self._from_before = self._stemmed.num_rows
        self._serving = None
        if self._full_names is not None:
            self._full_names.keep_for(*held_back)


class _Serving:
    """Companions looked up by the stem of an asset."""

    def __init__(self, listed: pa.RecordBatch, stems: Column, suffix: str) -> None:
        # Case variants of one name share a stem; the last in byte order counts, so search from the end.
        self._unique = bool(mask_of(ends_with(column(listed, "key"), suffix)).all())
        if not self._unique:
            listed = take(listed, np.arange(listed.num_rows - 1, -1, -1))
            stems = _stems(column(listed, "key"))
        self._listed = listed
        self._stems = stems

    def columns(self, stems: Column, *, likely_from: int) -> list[Column]:
        """Key, token and size for each stem, null where no companion serves it.

        The usual bucket has one companion for each asset; from the `likely_from`-th on, both then run in step.
        """
        if self._unique and stems.equals(self._stems.slice(likely_from, len(stems))):
            return columns(self._listed.slice(likely_from, len(stems)))
        if not len(self._stems):
            return columns(take(no_rows(LISTED), np.full(len(stems), -1)))
        return columns(take(self._listed, places_in(stems, self._stems)))


def possible_keys(key: str, role: CompanionRole, rules: Rules) -> list[str]:
    """The keys of the companions that may serve an asset, the one that wins first; case variants left out."""
    full_names = [key + rules.suffixes[role.name]] if role.name in rules.suffixes else []
    suffix = rules.stem_suffix(role)
    if suffix is None or key.lower().endswith(suffix):
        return full_names
    return [*full_names, key[: key.rfind(".")] + suffix]


def safe_bound(key: str, suffixes: Iterable[str] = ()) -> str | None:
    """The longest beginning of `key` that separates no pair; None if there is none.

    A listing may be cut at such a bound (`until=bound`, `after=bound`) and its parts paired apart: every stem
    has all its assets and companions on one side. A bound B could only separate a stem S where B starts with
    S + "."; so at every dot, what follows must sort before or after all suffixes we know. Nor may an asset that B
    starts with have a companion beyond B that is named by one of the full-name `suffixes`.
    """
    bound, full_names = key.encode(), [suffix.encode() for suffix in suffixes]
    position = bound.find(b".")
    while position >= 0:
        rest = bound[position + 1 :]
        if _LEAST <= rest < _MOST or any(separates(rest, suffix) for suffix in full_names):
            # Cutting here shortens what follows earlier dots, so those are checked again.
            bound, position = bound[:position], -1
        position = bound.find(b".", position + 1)
    return bound.decode() or None


def safe_ranges(ranges: Sequence[KeyRange], suffixes: Collection[str] = ()) -> list[KeyRange]:
    """Neighbouring ranges in key order with their common bounds made safe; ranges left empty disappear."""
    if not ranges:
        return []
    bounds: list[str] = []
    lowest = max(ranges[0].prefix, ranges[0].after or "", key=str.encode)
    for part in ranges[:-1]:
        bound = safe_bound(part.until, suffixes) if part.until is not None else None
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
    endings = SuffixMatcher(keys)
    stems: Column | None = None
    for length in reversed(_SUFFIX_LENGTHS):  # the dot nearest to the end counts: `a..jpg` has two
        mask = endings.dot_at(length)
        if mask.any():
            shorter = cut(raw, 0, -length)
            stems = shorter if stems is None or mask.all() else where(mask, shorter, stems)
    if stems is None:
        raise ValueError("keys without a known suffix cannot be paired")
    return stems


def _candidates(assets: pa.RecordBatch, served: list[Column], deferred: Rows) -> pa.RecordBatch:
    skip = nulls(assets.num_rows, pa.string())
    if len(deferred):
        mask = np.zeros(assets.num_rows, dtype=np.bool_)
        mask[deferred] = True
        skip = where(mask, DEFERRED, skip)
    *listed, config = columns(assets)
    return pa.RecordBatch.from_arrays([*listed, *served, skip, config], schema=CANDIDATES)
