"""Decide which values need an index, from the searches that took long without one. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mirrorlake.model.search_indexes import IndexedValue, IndexState, SearchIndex

MIN_ASSETS = 100_000  # reading all of them takes a tenth of a second
HOT_SECONDS = 1.0  # that searches took together in the last month: one on ten million assets, or a few on a million
MOST_INDEXES = 12  # each costs about 0.3 GB for ten million assets, and time with every asset that is written
UNUSED = timedelta(days=30)  # after that, an index is dropped
REPLACEABLE = timedelta(days=7)  # after that, it makes room for another one
RETRY = timedelta(days=1)  # after an index could not be built


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What searches cost for want of an index on one value."""

    value: IndexedValue
    searches: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A value that gets an index, with the reason."""

    value: IndexedValue
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPlan:
    """Indexes to drop first, and to make then, the most needed one first."""

    drop: tuple[SearchIndex, ...]
    make: tuple[Choice, ...]


def plan_indexes(uses: Sequence[Use], present: Sequence[SearchIndex], *, assets: int, now: datetime) -> IndexPlan:
    """What to make and what to drop.

    An index is made for a value that searches spent `HOT_SECONDS` on, where `MOST_INDEXES` leaves room. One that was
    not used for a month is dropped, after a week already if another one needs its place. One whose build was
    interrupted is made again, and one that failed a day later.
    """
    stale = [one for one in present if one.state is IndexState.READY and _idle(one, now) > UNUSED]
    broken = [one for one in present if one.state is not IndexState.READY and _again(one, now)]
    kept = [one for one in present if one not in stale and one not in broken]
    known = {IndexedValue(one.source, one.key) for one in kept}
    hot = [] if assets < MIN_ASSETS else [use for use in uses if use.seconds >= HOT_SECONDS and use.value not in known]
    wanted = [Choice(value=use.value, why=_why(use)) for use in sorted(hot, key=lambda use: -use.seconds)]
    listed = {choice.value for choice in wanted}
    wanted += [
        Choice(value=value, why=one.why)
        for one in broken
        if (value := IndexedValue(one.source, one.key)) not in listed and assets >= MIN_ASSETS
    ]
    replaceable = sorted(
        (one for one in kept if one.state is IndexState.READY and _idle(one, now) > REPLACEABLE),
        key=lambda one: _idle(one, now),
    )
    room = MOST_INDEXES - len(kept)
    replaced: list[SearchIndex] = []
    while room < len(wanted) and replaceable:
        replaced.append(replaceable.pop())
        room += 1
    return IndexPlan(drop=(*stale, *broken, *replaced), make=tuple(wanted[: max(0, room)]))


def _why(use: Use) -> str:
    searches = "1 search" if use.searches == 1 else f"{use.searches} searches"
    return f"{searches} took {use.seconds:.1f} s without it"


def _idle(index: SearchIndex, now: datetime) -> timedelta:
    return now - max(moment for moment in (index.created, index.built, index.last_used) if moment is not None)


def _again(index: SearchIndex, now: datetime) -> bool:
    # Only one job builds indexes at a time: one that is still being built when it starts was interrupted.
    return index.state is IndexState.BUILDING or now - index.created > RETRY
