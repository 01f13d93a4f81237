"""A listing shows which patterns select nothing, and keeps examples of what they could have meant."""

from __future__ import annotations

import pytest
from tests.support.listings import Obj, listing, rows_of, taking

from mirrorlake.select.pattern_use import MAX_WATCHED
from mirrorlake.select.stream import MAX_EXAMPLES, Selection, select

KEYS = [f"p/{folder}/{number}.{suffix}" for folder in "abc" for number in range(9) for suffix in ("jpg", "txt")]


def listed(*patterns: str, names: list[str] = KEYS, cuts: range = range(0)) -> Selection:
    selection = select(listing(dict.fromkeys(names, Obj()), cuts), taking(*patterns, prefix="p/"))
    list(rows_of(selection))
    return selection


@pytest.mark.parametrize("cuts", [range(0), range(1, 54, 7), range(1, 54)])
def test_the_unused_patterns_are_those_that_match_no_object_wherever_the_listing_is_cut(cuts: range) -> None:
    selection = listed("a/**", "*.jpg", "b/1.jpg", "**/4.jpg", "d/**", "c/*.txt", cuts=cuts)
    # An object of no supported format is never selected.
    assert selection.use.unused == {(0, "*.jpg"), (0, "d/**"), (0, "c/*.txt")}
    assert (selection.listed, selection.supported) == (54, 27)


def test_nothing_is_watched_or_kept_without_patterns_or_when_all_are_used() -> None:
    for patterns in ((), ("**",), ("a/**", "**/1.jpg")):
        selection = listed(*patterns)
        assert selection.use.unused == frozenset()
        assert selection.examples == []


def test_many_patterns_are_not_watched_but_a_listing_that_selects_nothing_still_has_examples() -> None:
    selection = listed(*(f"none-{number}/**" for number in range(MAX_WATCHED + 1)))
    assert selection.use.unused == frozenset()
    assert set(selection.examples) == {key for key in KEYS if key.endswith(".jpg")}


def test_examples_come_from_the_whole_listing_and_stay_few() -> None:
    names = [f"p/{number:06d}.jpg" for number in range(30_000)]
    selection = listed("*.png", names=names, cuts=range(0, 30_000, 50))
    assert len(selection.examples) <= MAX_EXAMPLES
    assert {key[2:4] for key in selection.examples} == {"00", "01", "02"}
