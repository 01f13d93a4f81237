"""Join fine buckets into the few bars of a histogram whose ends are round numbers, days, months or years. Pure."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache

from mirrorlake.model.facets import Bin

MOST_BINS = 20
_WIDE = 1_000  # times the smallest number: beyond that, each bar is 2 to 2.5 times as wide as the one before
_EPOCH = date(1970, 1, 1)
_MAX_DAYS, _MAX_MONTHS = 31, 36  # in one histogram, one bar for each
_STEPS = (1.0, 2.0, 5.0)
_TINY = 1e-200  # and below: counted as zero, as in the buckets
_LARGEST = sys.float_info.max


def number_bins(buckets: Iterable[tuple[float, int]]) -> tuple[Bin, ...]:
    """Bars over numbers, from the lower ends of buckets with their counts."""
    found = sorted((low if abs(low) > _TINY else 0.0, assets) for low, assets in buckets if assets > 0)
    if not found:
        return ()
    low, high = found[0][0], found[-1][0]
    if low >= 0 and high > _WIDE * min((number for number, _ in found if number > 0), default=high):
        return _growing_bins(found)
    width = _round_up(high / MOST_BINS - low / MOST_BINS, at_least=_resolution(max(abs(low), abs(high))))
    counts: Counter[int] = Counter()
    for number, assets in found:
        place = number / width
        counts[math.floor(place + abs(place) * 1e-9)] += assets
    digits = max(0, -math.floor(math.log10(width)) + 1)
    return tuple(
        Bin(low=_end(place * width, digits), high=_end((place + 1) * width, digits), assets=counts[place])
        for place in sorted(counts)
    )


def day_bins(buckets: Iterable[tuple[float, int]]) -> tuple[Bin, ...]:
    """Bars over days since 1970-01-01: one for each day, month or year."""
    found = sorted((_EPOCH + timedelta(days=int(day)), assets) for day, assets in buckets if assets > 0)
    if not found:
        return ()
    first, last = found[0][0], found[-1][0]
    counts: Counter[date] = Counter()
    days = (last - first).days < _MAX_DAYS
    months = (last.year - first.year) * 12 + last.month - first.month < _MAX_MONTHS
    for day, assets in found:
        counts[day if days else day.replace(day=1) if months else day.replace(month=1, day=1)] += assets
    return tuple(
        Bin(low=day.isoformat(), high=_following(day, days=days, months=months), assets=counts[day])
        for day in sorted(counts)
    )


def _following(day: date, *, days: bool, months: bool) -> str:
    if days:
        return (day + timedelta(days=1)).isoformat() if day < date.max else day.isoformat()
    if months:
        return f"{day.year + day.month // 12:04d}-{day.month % 12 + 1:02d}-01"
    return f"{day.year + 1:04d}-01-01"


def _end(number: float, digits: int) -> float:
    """An end of a bar, which JSON can hold."""
    return round(max(-_LARGEST, min(number, _LARGEST)), digits)


def _growing_bins(found: list[tuple[float, int]]) -> tuple[Bin, ...]:
    counts: Counter[tuple[float, float]] = Counter()
    for number, assets in found:
        counts[_growing_bin(number)] += assets
    return tuple(Bin(low=low, high=min(high, _LARGEST), assets=counts[low, high]) for low, high in sorted(counts))


def _growing_bin(number: float) -> tuple[float, float]:
    if number <= 0:
        return 0.0, 0.0
    ends = _growing_ends(math.floor(math.log10(number) + 1e-12))
    place = max(i for i, end in enumerate(ends) if i == 0 or end <= number * (1 + 1e-9))
    place = min(place, len(_STEPS) - 1)
    return ends[place], ends[place + 1]


@cache
def _growing_ends(exponent: int) -> tuple[float, ...]:
    return tuple(float(f"{step:g}e{exponent}") for step in (*_STEPS, 10.0))


def _resolution(number: float) -> float:
    """The width of the bucket that contains a number."""
    return 10.0 ** (math.floor(math.log10(number)) - 2) if number > 0 else 1.0


def _round_up(width: float, *, at_least: float) -> float:
    """The next of 1, 2 and 5 times a power of ten."""
    width = max(width, at_least)
    exponent = math.floor(math.log10(width) + 1e-9)
    for step in (*_STEPS, 10.0):
        if step * 10.0**exponent >= width * (1 - 1e-9):
            return float(f"{step:g}e{exponent}")
    raise AssertionError("ten times the power of ten is larger")
