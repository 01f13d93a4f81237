"""What of an inventory is listed again: the youngest blocks with their successors, apart, bounded, and the end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mirrorlake.model.objects import KeyRange
from mirrorlake.plan import recent_blocks
from mirrorlake.plan.recent_blocks import Block, recent_ranges

CREATED = datetime(2026, 11, 20, 3, tzinfo=UTC)
HOURS = st.none() | st.integers(0, 100)  # before the inventory


def ranges_of(ages: list[int | None], *, late: int = 5) -> list[KeyRange]:
    blocks = [
        Block(last=f"{place:03}", changed=None if age is None else CREATED - timedelta(hours=age))
        for place, age in enumerate(ages)
    ]
    return recent_ranges(blocks, "p/", created=CREATED, now=CREATED + timedelta(hours=late))


def test_a_recent_block_is_listed_with_the_one_that_follows_and_the_end_always() -> None:
    assert ranges_of([None, 2, 30, 30, 30]) == [
        KeyRange(prefix="p/", after="000", until="002"),
        KeyRange(prefix="p/", after="004"),
    ]
    assert ranges_of([30, 1]) == [KeyRange(prefix="p/", after="000")]
    assert ranges_of([]) == [KeyRange(prefix="p/")]


def test_an_older_inventory_is_listed_again_further_back() -> None:
    assert ranges_of([90, 30, 90, 90, 90], late=20) == [KeyRange(prefix="p/", after="004")]
    assert ranges_of([90, 30, 90, 90, 90], late=31)[0] == KeyRange(prefix="p/", after="000", until="002")


@given(st.lists(HOURS, max_size=30), st.integers(1, 60))
def test_ranges_are_apart_in_order_and_without_end_at_the_end(ages: list[int | None], late: int) -> None:
    found = ranges_of(ages, late=late)
    assert found[-1].until is None
    for left, right in pairwise(found):
        assert left.until is not None
        assert right.after is not None
        assert left.until < right.after


@given(st.lists(st.integers(0, 20), min_size=12, max_size=30))
def test_more_than_the_limit_leaves_out_the_oldest(ages: list[int]) -> None:
    usual = recent_blocks.MOST_BLOCKS
    recent_blocks.MOST_BLOCKS = 5
    try:
        found = ranges_of(list(ages))
    finally:
        recent_blocks.MOST_BLOCKS = usual
    listed = {place for place in range(len(ages)) if any(_holds(scope, f"{place:03}") for scope in found)}
    assert len(listed) <= 5
    # Whoever was left out is not younger than everybody who was taken for its own sake.
    youngest = min(range(len(ages)), key=lambda place: (ages[place], -place))
    assert youngest in listed


def _holds(scope: KeyRange, key: str) -> bool:
    return (scope.after is None or key > scope.after) and (scope.until is None or key <= scope.until)
