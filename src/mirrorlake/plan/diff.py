"""Decide what changed between a listing and the catalog: a merge of two streams in key order. Pure.

Both sides are cut to slices of equal length. Where a slice agrees column by column, as nearly all do in a pass
over an unchanged bucket, this takes a few nanoseconds per object. Where only its keys agree, the rows that differ are
found column by column too, and only they are compared one by one; only slices of different keys are joined by key.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mirrorlake.core.columnar import (
    BoolMask,
    Column,
    Rows,
    as_binary,
    bytes_at,
    column,
    columns,
    equal,
    equal_to,
    fields,
    filled,
    from_numpy_mask,
    in_order,
    is_ascending,
    is_in,
    joined,
    keep,
    no_rows,
    nulls,
    places_in,
    present,
    same,
    take,
    where,
)
from mirrorlake.core.errors import ListingBroken
from mirrorlake.model.columns import CANDIDATES, CHANGES, KNOWN
from mirrorlake.model.companions import ROLES, CompanionRole
from mirrorlake.model.objects import KnownState
from mirrorlake.model.outcomes import Op
from mirrorlake.plan.update_policy import UPDATE_EVERYTHING, UpdatePolicy
from mirrorlake.select.fingerprints import fingerprints, tokens_and_sizes
from mirrorlake.select.pairing import DEFERRED

_BATCH_ROWS = 4096  # changes in a batch; fewer at the end
_AWAY = pa.array([KnownState.MISSING, KnownState.TRASHED, KnownState.KEPT], pa.int16())
_COMPARED = ("key", "token", "size")
_UNCHANGED = -1  # not a value of Op
_ABOUT_COMPANIONS = (Op.COMPANION, Op.RETURNED)  # only their companions are read, if they differ

_Ops = npt.NDArray[np.int8]
_Before = Mapping[CompanionRole, tuple[Column, Column]]  # the remembered tokens and sizes


class Diff:
    """The changes of one pass (or one key range of it), to be iterated once. `unchanged` is live.

    Batches have the columns CHANGES and come in key order; rows that the selection deferred come late.
    """

    def __init__(
        self,
        candidates: Iterable[pa.RecordBatch],
        known: Iterable[pa.RecordBatch],
        frozen: UpdatePolicy,
        undecided_from: Callable[[], bytes | None],
    ) -> None:
        self._frozen = frozen
        self._undecided_from = undecided_from
        self._candidates = _Side(candidates, CANDIDATES, "The listing")
        self._known = _Side(known, KNOWN, "What the catalog knows")
        self._waiting = no_rows(CANDIDATES)  # deferred candidates: they come again with their companions
        self._waiting_known = no_rows(KNOWN)
        self._started = False
        self.unchanged = 0

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        if self._started:
            raise RuntimeError("a diff is read once")
        self._started = True
        found: list[pa.RecordBatch] = []
        for part in self._parts():
            found.append(part)
            if sum(batch.num_rows for batch in found) >= _BATCH_ROWS:
                yield joined(found)
                found = []
        if found:
            yield joined(found)
        if self._waiting.num_rows and self._undecided_from() is None:
            key = bytes_at(column(self._waiting, "key"), 0).decode()
            raise ListingBroken(f"The listing ended before it was known which sidecar serves {key!r}.", "Run it again.")

    def _parts(self) -> Iterator[pa.RecordBatch]:
        """Changes in pieces of any size, none of them empty."""
        while True:
            again = self._candidates.fill(self._waiting)
            self._known.fill(no_rows(KNOWN))
            if again is not None:
                changes = self._resolve_deferred(again)
            elif not self._candidates.rest.num_rows and not self._known.rest.num_rows:
                return
            elif (same_keys := self._same_keys()) is not None:
                ours, theirs = self._without_unchanged(*same_keys)
                if not ours.num_rows:
                    continue
                changes = self._compare(ours, theirs)
            elif not self._candidates.rest.num_rows and (end := self._undecided_from()) is not None:
                gone = self._known.take_to(end, inclusive=False)
                if not gone.num_rows:
                    return
                changes = self._compare(no_rows(CANDIDATES), gone)
            else:
                changes = self._compare(*self._to_common_key())
            if changes.num_rows:
                yield changes

    def _same_keys(self) -> tuple[pa.RecordBatch, pa.RecordBatch] | None:
        """Take the next rows of both sides if their keys are the same."""
        count = min(self._candidates.rest.num_rows, self._known.rest.num_rows)
        ours, theirs = self._candidates.rest.slice(0, count), self._known.rest.slice(0, count)
        if not count or not column(ours, "key").equals(column(theirs, "key")):
            return None
        self._candidates.step(count)
        self._known.step(count)
        return ours, theirs

    def _without_unchanged(self, ours: pa.RecordBatch, theirs: pa.RecordBatch) -> tuple[pa.RecordBatch, pa.RecordBatch]:
        """Rows of the same keys, without those that are equal in every column; these are only counted."""
        now = fingerprints(ours)
        if (
            column(ours, "skip").null_count == ours.num_rows
            and all(column(ours, name).equals(column(theirs, name)) for name in ("token", "size"))
            and not column(theirs, "state").to_numpy().any()
            and now.equals(column(theirs, "companions"))
        ):
            self.unchanged += ours.num_rows
            return ours.slice(0, 0), theirs.slice(0, 0)
        other = present(column(ours, "skip")) | (column(theirs, "state").to_numpy() != 0)
        other |= ~(_same_bytes(ours, theirs) & same(now, column(theirs, "companions")))
        self.unchanged += ours.num_rows - int(other.sum())
        return keep(ours, other), keep(theirs, other)

    def _to_common_key(self) -> tuple[pa.RecordBatch, pa.RecordBatch]:
        """Take the rows of both sides up to the smaller of their last keys."""
        sides = [side for side in (self._candidates, self._known) if side.rest.num_rows]
        bound = min(bytes_at(column(side.rest, "key"), -1) for side in sides)
        return self._candidates.take_to(bound), self._known.take_to(bound)

    def _compare(self, candidates: pa.RecordBatch, known: pa.RecordBatch) -> pa.RecordBatch:
        """The changes among rows of one range of keys, in key order."""
        places = places_in(column(candidates, "key"), column(known, "key"))
        gone = np.ones(known.num_rows, dtype=np.bool_)
        gone[places[places >= 0]] = False
        deferred = equal_to(column(candidates, "skip"), DEFERRED)
        if deferred.any():
            held = places[deferred]
            self._waiting = joined([self._waiting, keep(candidates, deferred)])
            self._waiting_known = joined([self._waiting_known, take(known, held[held >= 0])])
            candidates, places = keep(candidates, ~deferred), places[~deferred]
        changes = self._changes(candidates, known, places)
        if not gone.any():
            return changes
        both = joined([changes, _vanished(keep(known, gone))])
        return take(both, in_order(as_binary(column(both, "key")))) if changes.num_rows else both

    def _resolve_deferred(self, again: pa.RecordBatch) -> pa.RecordBatch:
        """The changes among deferred rows that are now complete."""
        keys = column(again, "key")
        places = places_in(keys, column(self._waiting_known, "key"))
        changes = self._changes(again, self._waiting_known, places)
        self._waiting = keep(self._waiting, ~is_in(column(self._waiting, "key"), keys))
        self._waiting_known = keep(self._waiting_known, ~is_in(column(self._waiting_known, "key"), keys))
        return changes

    def _changes(self, candidates: pa.RecordBatch, known: pa.RecordBatch, places: Rows) -> pa.RecordBatch:
        """Compare each candidate with the known row at its place (-1: none); unchanged ones are only counted."""
        remembered = take(known, places)
        before = tokens_and_sizes(column(remembered, "companions"))
        kept = _Kept.of(candidates, remembered, before, self._frozen) if self._frozen else None
        other = _other_companions(candidates, before, kept)
        ops = _classify(candidates, remembered, places >= 0, kept, other)
        differing = ops != _UNCHANGED
        self.unchanged += int(len(ops) - differing.sum())
        rows = candidates if kept is None else kept.restored(candidates, remembered, before)
        read_again = np.isin(ops, _ABOUT_COMPANIONS)
        differs = [(mask & read_again)[differing] for mask in other.values()]
        return _as_changes(ops[differing], keep(rows, differing), column(keep(remembered, differing), "state"), differs)


def diff(
    candidates: Iterable[pa.RecordBatch],
    known: Iterable[pa.RecordBatch],
    frozen: UpdatePolicy = UPDATE_EVERYTHING,
    undecided_from: Callable[[], bytes | None] = lambda: None,
) -> Diff:
    """The changes of a pass, from CANDIDATES and KNOWN batches in strict key order, of any sizes.

    `frozen` objects keep their known tokens, however the listing differs. `undecided_from` is called after the last
    candidate, and returns the first key that is not covered: no later key counts as vanished. Raises ListingBroken
    while iterating if either side is out of order.
    """
    return Diff(candidates, known, frozen, undecided_from)


class _Side:
    """One of the two streams: the rows that are not compared yet, with a check of their order."""

    def __init__(self, batches: Iterable[pa.RecordBatch], schema: pa.Schema, name: str) -> None:
        self._batches = iter(batches)
        self._name = name
        self._names = schema.names
        self._last: bytes | None = None
        self.rest = no_rows(schema)

    def fill(self, may_repeat: pa.RecordBatch) -> pa.RecordBatch | None:
        """Read the next batch if all rows are used; a batch of keys in `may_repeat` is returned instead."""
        while not self.rest.num_rows:
            batch = next(self._batches, None)
            if batch is None:
                return None
            if batch.schema.names != self._names:
                raise ValueError(f"expected the columns {self._names}, not {batch.schema.names}")
            if not batch.num_rows:
                continue
            keys = column(batch, "key")
            if may_repeat.num_rows and is_in(keys, column(may_repeat, "key")).all():
                return batch
            self._check_order(as_binary(keys))
            self.rest = batch
        return None

    def step(self, count: int) -> None:
        """Skip the first `count` rows."""
        self.rest = self.rest.slice(count)

    def take_to(self, bound: bytes, *, inclusive: bool = True) -> pa.RecordBatch:
        """Take the rows up to the key `bound`, with or without it."""
        keys = as_binary(column(self.rest, "key"))
        count = len(keys)
        if count and bytes_at(keys, -1) >= bound:
            cut = bisect.bisect_right if inclusive else bisect.bisect_left
            count = cut(range(count), bound, key=lambda row: bytes_at(keys, row))
        taken = self.rest.slice(0, count)
        self.step(count)
        return taken

    def _check_order(self, keys: Column) -> None:
        before, first = self._last, bytes_at(keys, 0)
        self._last = bytes_at(keys, -1)
        if before is not None and before >= first:
            raise self._out_of_order(before, first)
        if not is_ascending(keys):
            row = next(row for row in range(1, len(keys)) if bytes_at(keys, row - 1) >= bytes_at(keys, row))
            raise self._out_of_order(bytes_at(keys, row - 1), bytes_at(keys, row))

    def _out_of_order(self, before: bytes, after: bytes) -> ListingBroken:
        return ListingBroken(
            f"{self._name} is out of order: {after.decode()!r} came after {before.decode()!r}.",
            "Nothing was derived from it. If the endpoint does not list in byte order, set listingOrdered to false.",
        )


@dataclass(frozen=True, slots=True)
class _Kept:
    """Candidates whose image or companions are kept as they were read, whatever is listed now."""

    image: BoolMask
    companions: Mapping[CompanionRole, BoolMask]

    @classmethod
    def of(cls, candidates: pa.RecordBatch, remembered: pa.RecordBatch, before: _Before, frozen: UpdatePolicy) -> _Kept:
        config, state = column(candidates, "config"), column(remembered, "state")
        read = present(state) & ~equal_to(state, int(KnownState.REFUSED))  # refused objects were never imported
        companions = {role: read & frozen.kept_companion(role, config, token) for role, (token, _) in before.items()}
        # More can be read of an outdated object as long as it is the one that was read before.
        deeper = equal_to(state, int(KnownState.OUTDATED)) & _same_bytes(candidates, remembered)
        return cls(frozen.image(config) & read & ~deeper, companions)

    def restored(self, candidates: pa.RecordBatch, remembered: pa.RecordBatch, before: _Before) -> pa.RecordBatch:
        """The candidates with the known values in place of the listed ones.

        A kept companion has a token but no key: it is not read, and its content is kept.
        """
        now = dict(zip(candidates.schema.names, columns(candidates), strict=True))
        for name in ("token", "size"):
            now[name] = where(self.image, column(remembered, name), now[name])
        for role, (token, size) in before.items():
            mask = self.companions[role]
            now[role.token] = where(mask, token, now[role.token])
            now[role.size] = where(mask, size, now[role.size])
            now[role.key] = where(mask, nulls(candidates.num_rows, pa.string()), now[role.key])
        return pa.RecordBatch.from_arrays([*now.values()], schema=CANDIDATES)


def _other_companions(
    candidates: pa.RecordBatch, before: _Before, kept: _Kept | None
) -> Mapping[CompanionRole, BoolMask]:
    """For each role, which candidates have another companion than the known one."""
    found: dict[CompanionRole, BoolMask] = {}
    for role, (token, size) in before.items():
        found[role] = ~(same(column(candidates, role.token), token) & same(column(candidates, role.size), size))
        if kept is not None:
            found[role] &= ~kept.companions[role]
    return found


def _classify(
    candidates: pa.RecordBatch,
    remembered: pa.RecordBatch,
    known: BoolMask,
    kept: _Kept | None,
    other: Mapping[CompanionRole, BoolMask],
) -> _Ops:
    """The Op of each candidate (or _UNCHANGED)."""
    state = column(remembered, "state")
    to_read = ~_same_bytes(candidates, remembered) | equal_to(state, int(KnownState.OUTDATED))
    if kept is not None:
        to_read &= ~kept.image
    return np.select(
        [
            present(column(candidates, "skip")),
            ~known,
            to_read,
            equal_to(state, int(KnownState.REFUSED)),
            is_in(state, _AWAY),
            np.any([*other.values()], axis=0),
        ],
        [Op.SKIPPED, Op.NEW, Op.CHANGED, Op.REFUSED, Op.RETURNED, Op.COMPANION],
        _UNCHANGED,
    ).astype(np.int8)


def _same_bytes(candidates: pa.RecordBatch, remembered: pa.RecordBatch) -> BoolMask:
    """Which candidates have the remembered token and size."""
    same_token = equal(column(candidates, "token"), column(remembered, "token"))
    return same_token & equal(column(candidates, "size"), column(remembered, "size"))


def _vanished(known: pa.RecordBatch) -> pa.RecordBatch:
    """Known rows that are not listed, as changes. The companion columns have the known values."""
    count = known.num_rows
    now = {field.name: nulls(count, field.type) for field in fields(CANDIDATES)}
    now |= {name: column(known, name) for name in _COMPARED}
    for role, (token, size) in tokens_and_sizes(column(known, "companions")).items():
        now |= {role.token: token, role.size: size}
    rows = pa.RecordBatch.from_arrays([*now.values()], schema=CANDIDATES)
    ops = np.full(count, Op.VANISHED, dtype=np.int8)
    return _as_changes(ops, rows, column(known, "state"), [np.zeros(count, dtype=np.bool_) for _ in ROLES])


def _as_changes(ops: _Ops, rows: pa.RecordBatch, state: Column, differs: Sequence[BoolMask]) -> pa.RecordBatch:
    no_old_key = filled(len(ops), None, pa.string())
    outdated = equal_to(state, int(KnownState.OUTDATED))
    if outdated.any():  # whatever becomes of it, the object is one that the catalog shows
        state = where(outdated, filled(len(ops), int(KnownState.PRESENT), pa.int16()), state)
    arrays: list[Column] = [pa.array(ops), *columns(rows), state, *map(from_numpy_mask, differs), no_old_key]
    return pa.RecordBatch.from_arrays(arrays, schema=CHANGES)
