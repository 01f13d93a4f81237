"""Which indexes are made and dropped follows from what searches cost and from what they used."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from mirrorlake.model.search_indexes import IndexedValue, IndexSource, IndexState, SearchIndex
from mirrorlake.plan.hot_indexes import MOST_IN_ADVANCE, MOST_INDEXES, Advance, Common, Use, plan_indexes

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


def common(key: str, *, source: IndexSource = IndexSource.METADATA, assets: int = ASSETS, distinct: int = 99) -> Common:
    return Common(value=IndexedValue(source, key), assets=assets, distinct=distinct)


def ahead(
    found: list[Common], present: list[SearchIndex], *, uses: list[Use] | None = None, assets: int = ASSETS, **rest: Any
) -> tuple[list[str], list[str]]:
    planned = plan_indexes(uses or [], present, assets=assets, now=NOW, advance=Advance(common=found, **rest))
    return [one.key for one in planned.drop], [one.value.key for one in planned.make]


def test_what_most_assets_have_is_indexed_before_a_search_needs_it():
    found = [
        common("few", assets=200_000), common("rare", assets=50_000), common("flag", distinct=3), common("many"),
        common("iso", source=IndexSource.FACTS), common("width", source=IndexSource.COLUMN),
        common("size", source=IndexSource.COLUMN), common("day", source=IndexSource.METADATA_TEXT, assets=300_000),
    ]  # fmt: skip
    assert ahead(found, []) == ([], ["size", "many", "day", "few", "iso", "width"])
    assert ahead(found, [], assets=50_000) == ([], [])
    (made, *_) = plan_indexes([], [], assets=ASSETS, now=NOW, advance=Advance(common=found)).make
    assert (made.why, made.in_advance) == ("10,000,000 assets have it", True)


def test_indexes_in_advance_have_a_limit_and_leave_the_others_their_places():
    found = [common(f"k{number:02}") for number in range(30)]
    assert len(ahead(found, [])[1]) == MOST_IN_ADVANCE
    made = [index(f"k{number:02}") for number in range(4)]
    ids = [one.id for one in made]
    assert len(ahead(found, made, made=ids)[1]) == MOST_IN_ADVANCE - 4
    busy = [index(f"b{number}") for number in range(MOST_INDEXES - 1)]
    assert ahead(found, busy) == ([], ["k00"])
    assert ahead(found, busy, uses=[use("new")]) == ([], ["new"])


def test_an_unused_index_in_advance_makes_room_at_once_and_a_used_one_does_not():
    made = [index(f"k{number}", idle_days=1) for number in range(MOST_INDEXES)]
    used = replace(made[1], last_used=NOW)
    present = [made[0], used, *made[2:]]
    ids = [made[0].id, used.id]
    assert ahead([], present, uses=[use("new"), use("other")], made=ids) == (["k0"], ["new"])


def test_an_index_in_advance_that_no_search_used_goes_and_is_not_made_in_advance_again():
    found = [common("a"), common("b")]
    old, new = index("a", idle_days=8), index("a", idle_days=6)
    assert ahead(found, [old], made=[old.id]) == (["a"], ["b"])
    assert ahead(found, [new], made=[new.id]) == ([], ["b"])
    assert ahead(found, [replace(old, last_used=old.created)], made=[old.id]) == ([], ["b"])
    assert ahead(found, [], declined=[value("a")]) == ([], ["b"])
    assert ahead(found, [], declined=[value("a")], uses=[use("a")]) == ([], ["a", "b"])


def test_an_interrupted_index_in_advance_is_made_again_and_counts_as_one():
    found = [common(f"k{number:02}") for number in range(30)]
    building = index("k00", state=IndexState.BUILDING)
    planned = plan_indexes(
        [], [building], assets=ASSETS, now=NOW, advance=Advance(common=found, made=[building.id])
    ).make
    assert [one.in_advance for one in planned] == [True] * MOST_IN_ADVANCE
    assert planned[0].value.key == "k00"
