"""Bars of a histogram contain every number once, and have round ends."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorlake.search.histogram import day_bins, number_bins

NUMBERS = st.one_of(
    st.integers(-999, 999).map(float),
    st.integers(0, 10**12).map(float),
    st.sampled_from([0.001, 0.29, 0.5, 1e-9, 1e15]),
)


@given(st.lists(st.tuples(NUMBERS, st.integers(1, 9)), max_size=40))
def test_every_number_is_in_one_bar(buckets: list[tuple[float, int]]) -> None:
    bins = number_bins(buckets)
    assert sum(one.assets for one in bins) == sum(assets for _, assets in buckets)
    lows = [float(one.low) for one in bins]
    assert lows == sorted(set(lows))
    for number, _ in buckets:
        slack = abs(number) * 1e-6 + 1e-12
        assert any(float(one.low) - slack <= number <= float(one.high) + slack for one in bins)


@pytest.mark.parametrize("numbers", [[1e-322], [-1.5e308, 1.5e308], [1.0, 1.5e308], [-1e-300, 5.0], [1.7e308]])
def test_extreme_numbers_have_bars_that_json_can_hold(numbers: list[float]) -> None:
    bins = number_bins((number, 1) for number in numbers)
    assert sum(one.assets for one in bins) == len(numbers)
    assert all(math.isfinite(float(end)) for one in bins for end in (one.low, one.high))


def test_ends_are_round() -> None:
    ends = [(one.low, one.high, one.assets) for one in number_bins([(0, 1), (7, 2), (93, 4)])]
    assert ends == [(0, 5, 1), (5, 10, 2), (90, 95, 4)]
    sizes = [(one.low, one.high) for one in number_bins([(1_200, 1), (250_000, 1), (99_000_000, 1)])]
    assert sizes == [(1_000, 2_000), (200_000, 500_000), (50_000_000, 100_000_000)]
    assert number_bins([]) == ()


def test_days_become_days_months_or_years() -> None:
    assert [(one.low, one.high) for one in day_bins([(0, 1), (1, 1)])] == [
        ("1970-01-01", "1970-01-02"), ("1970-01-02", "1970-01-03"),
    ]  # fmt: skip
    assert [(one.low, one.high, one.assets) for one in day_bins([(0, 1), (30, 2), (340, 3)])] == [
        ("1970-01-01", "1970-02-01", 3), ("1970-12-01", "1971-01-01", 3),
    ]  # fmt: skip
    assert [(one.low, one.high) for one in day_bins([(0, 1), (20_000, 1)])] == [
        ("1970-01-01", "1971-01-01"), ("2024-01-01", "2025-01-01"),
    ]  # fmt: skip
