"""Which indexes are made and dropped follows from what searches cost and from what they used."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mirrorlake.model.search_indexes import IndexedValue, IndexSource, IndexState, SearchIndex
from mirrorlake.plan.hot_indexes import MOST_INDEXES, Use, plan_indexes

NOW = datetime(2026, 1, 31, tzinfo=UTC)
ASSETS = 10_000_000


def value(key: str) -> IndexedValue:
    return IndexedValue(IndexSource.METADATA, key)


def use(key: str, seconds: float = 5.0) -> Use:
    return Use(value=value(key), searches=2, seconds=seconds)


def index(key: str, *, idle_days: float = 0.0, state: IndexState = IndexState.READY) -> SearchIndex:
    made = NOW - timedelta(days=idle_days)
    return SearchIndex(
        id=abs(hash(key)), source=IndexSource.METADATA, key=key, state=state, bytes=1, why="because", created=made,
        built=made, last_used=None, uses=0, error=None,
    )  # fmt: skip


def plan(uses: list[Use], present: list[SearchIndex], assets: int = ASSETS) -> tuple[list[str], list[str]]:
    found = plan_indexes(uses, present, assets=assets, now=NOW)
    return [one.key for one in found.drop], [one.value.key for one in found.make]


def test_values_that_searches_waited_for_get_an_index_the_most_costly_first():
    assert plan([use("a", 2), use("b", 9), use("c", 0.4)], []) == ([], ["b", "a"])
    (made,) = plan_indexes([use("a", 2)], [], assets=ASSETS, now=NOW).make
    assert made.why == "2 searches took 2.0 s without it"


def test_a_small_library_needs_none():
    assert plan([use("a")], [], assets=1_000) == ([], [])


def test_an_index_that_exists_is_not_made_again():
    assert plan([use("a")], [index("a")]) == ([], [])


def test_an_index_that_no_search_used_for_a_month_is_dropped():
    assert plan([], [index("a", idle_days=31), index("b", idle_days=29)]) == (["a"], [])


def test_there_are_never_more_than_the_limit_and_the_least_used_makes_room():
    many = [index(f"k{n}", idle_days=n) for n in range(MOST_INDEXES)]
    assert plan([use("new")], many) == ([f"k{MOST_INDEXES - 1}"], ["new"])
    busy = [index(f"k{n}", idle_days=1) for n in range(MOST_INDEXES)]
    assert plan([use("new")], busy) == ([], [])
    assert len(plan([use(f"n{n}") for n in range(30)], [])[1]) == MOST_INDEXES


def test_an_interrupted_build_is_repeated_at_once_and_a_failed_one_after_a_day():
    building, failed = index("a", state=IndexState.BUILDING), index("b", state=IndexState.FAILED)
    assert plan([], [building, failed]) == (["a"], ["a"])
    assert plan([use("b")], [index("b", idle_days=2, state=IndexState.FAILED)]) == (["b"], ["b"])
