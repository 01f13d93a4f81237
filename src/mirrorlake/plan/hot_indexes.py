"""Decide which values need an index: searches took long without one, or many assets have them. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mirrorlake.model.search_indexes import IndexedValue, IndexSource, IndexState, SearchIndex

MIN_ASSETS = 100_000  # reading all of them takes a tenth of a second
HOT_SECONDS = 1.0  # that searches took together in the last month: one on ten million assets, or a few on a million
MOST_INDEXES = 12  # each costs about 0.3 GB for ten million assets, and time with every asset that is written
MOST_IN_ADVANCE = 6  # of them before a search needs them
COLUMNS = ("created", "size", "width", "height", "modified")  # the first two before metadata, the others last
FEW_VALUES = 16  # of a key: searches for a range of them ask for each value
UNUSED = timedelta(days=30)  # after that, an index is dropped
REPLACEABLE = timedelta(days=7)  # after that, it makes room for another one
UNWANTED = timedelta(days=7)  # after that, one is dropped that was made in advance and never used
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
    in_advance: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """A value of many assets that an index answers: a number or date under a metadata key or fact, or a column."""

    value: IndexedValue
    assets: int  # that have it
    distinct: int  # about how many different values


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance:
    """What may be made before a search needs it, and what was."""

    common: Sequence[Common] = ()
    made: Collection[int] = ()  # ids of indexes that were made in advance
    declined: Collection[IndexedValue] = ()  # whose index was made in advance and dropped unused


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPlan:
    """Indexes to drop first, and to make then, the most needed one first."""

    drop: tuple[SearchIndex, ...]
    make: tuple[Choice, ...]


NOTHING_IN_ADVANCE = Advance()


def plan_indexes(
    uses: Sequence[Use],
    present: Sequence[SearchIndex],
    *,
    assets: int,
    now: datetime,
    advance: Advance = NOTHING_IN_ADVANCE,
) -> IndexPlan:
    """What to make and what to drop.

    An index is made for a value that searches spent `HOT_SECONDS` on, where `MOST_INDEXES` leaves room, and for up to
    `MOST_IN_ADVANCE` values that most assets have. One that was not used for a month is dropped, or for a week if
    another one needs its place. One that was made in advance and never used is dropped after a week, or at once if
    another one needs its place. One whose build was interrupted is made again, and one that failed a day later.
    """
    stale = [one for one in present if one.state is IndexState.READY and _is_stale(one, advance, now)]
    broken = [one for one in present if one.state is not IndexState.READY and _again(one, now)]
    kept = [one for one in present if one not in stale and one not in broken]
    known = {IndexedValue(one.source, one.key) for one in kept}
    hot = [] if assets < MIN_ASSETS else [use for use in uses if use.seconds >= HOT_SECONDS and use.value not in known]
    wanted = [Choice(value=use.value, why=_why(use)) for use in sorted(hot, key=lambda use: -use.seconds)]
    listed = {choice.value for choice in wanted}
    wanted += [
        Choice(value=value, why=one.why, in_advance=one.id in advance.made)
        for one in broken
        if (value := IndexedValue(one.source, one.key)) not in listed and assets >= MIN_ASSETS
    ]
    replaceable = sorted(
        (one for one in kept if one.state is IndexState.READY and _is_replaceable(one, advance, now)),
        key=lambda one: (_is_untried(one, advance), _idle(one, now)),
    )
    room = MOST_INDEXES - len(kept)
    replaced: list[SearchIndex] = []
    while room < len(wanted) and replaceable:
        replaced.append(replaceable.pop())
        room += 1
    made = wanted[: max(0, room)]
    if not replaced and assets >= MIN_ASSETS:
        taken = known | {choice.value for choice in made} | {IndexedValue(one.source, one.key) for one in stale}
        before = sum(1 for one in kept if one.id in advance.made) + sum(1 for choice in made if choice.in_advance)
        most = min(room - len(made), MOST_IN_ADVANCE - before)
        made += _in_advance(advance, taken)[: max(0, most)]
    return IndexPlan(drop=(*stale, *broken, *replaced), make=tuple(made))


def _in_advance(advance: Advance, taken: Collection[IndexedValue]) -> list[Choice]:
    """The values to index before a search needs it, those first that most assets have."""
    found = [
        one
        for one in advance.common
        if one.assets >= MIN_ASSETS and one.value not in taken and one.value not in advance.declined
    ]
    found = [one for one in found if one.value.source is IndexSource.COLUMN or one.distinct > FEW_VALUES]
    found.sort(key=lambda one: (_rank(one.value), -one.assets, -one.distinct, one.value.key))
    return [Choice(value=one.value, why=f"{one.assets:,} assets have it", in_advance=True) for one in found]


def _rank(value: IndexedValue) -> int:
    """Metadata before facts; every library is sorted by creation and size, fewer are searched for the other columns."""
    if value.source is IndexSource.COLUMN:
        place = COLUMNS.index(value.key)
        return place - 2 if place < 2 else place  # noqa: PLR2004
    return 0 if value.source in (IndexSource.METADATA, IndexSource.METADATA_TEXT) else 1


def _is_stale(index: SearchIndex, advance: Advance, now: datetime) -> bool:
    return _idle(index, now) > (UNWANTED if _is_untried(index, advance) else UNUSED)


def _is_replaceable(index: SearchIndex, advance: Advance, now: datetime) -> bool:
    return _is_untried(index, advance) or _idle(index, now) > REPLACEABLE


def _is_untried(index: SearchIndex, advance: Advance) -> bool:
    """Whether it was made in advance, and no search has used it yet."""
    return index.id in advance.made and index.last_used is None


def _why(use: Use) -> str:
    searches = "1 search" if use.searches == 1 else f"{use.searches} searches"
    return f"{searches} took {use.seconds:.1f} s without it"


def _idle(index: SearchIndex, now: datetime) -> timedelta:
    return now - max(moment for moment in (index.created, index.built, index.last_used) if moment is not None)


def _again(index: SearchIndex, now: datetime) -> bool:
    # Only one job builds indexes at a time: one that is still being built when it starts was interrupted.
    return index.state is IndexState.BUILDING or now - index.created > RETRY
