"""The law of equal objects that left and came: whatever their paths, they are paired as a plain search pairs them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.support.mirror_oracle import pair_by_search

from mirrorlake.plan.twins import MAX_PARTS, pair_by_path

KEYS = st.lists(st.sampled_from(["a", "b", "", "..", "ü"]), min_size=1, max_size=4).map("/".join)
OBJECTS = st.dictionaries(
    KEYS, st.tuples(st.sampled_from("12"), st.booleans()), max_size=12
)  # identity, whether it left


def paired(left: dict[str, str], right: dict[str, str]) -> dict[str, str]:
    def column(values: Iterable[str]) -> pa.Array:
        return pa.array(list(values), pa.string())

    ones, others = pair_by_path(column(left.values()), column(left), column(right.values()), column(right))
    keys, news = list(left), list(right)
    return {keys[one]: news[other] for one, other in zip(ones, others, strict=True)}


@given(OBJECTS)
@example({"old/a/1": ("1", True), "old/b/1": ("1", True), "new/a/1": ("1", False), "new/b/1": ("1", False)})
def test_twins_are_paired_by_the_longest_common_end_of_their_paths(objects):
    left = {key: identity for key, (identity, leaves) in objects.items() if leaves}
    right = {key: identity for key, (identity, leaves) in objects.items() if not leaves}
    assert paired(left, right) == pair_by_search(left, right)


@pytest.mark.parametrize(
    ("left", "right", "pairs"),
    [
        ("old/a/1 old/b/1", "new/a/1 new/b/1", {"old/a/1": "new/a/1", "old/b/1": "new/b/1"}),
        ("a/1 b/1", "c/a/1", {"a/1": "c/a/1"}),  # one of them is gone for good
        ("a/1", "c/1 c/2", {"a/1": "c/1"}),
        ("a/1 a/2", "b/1 b/3", {"a/1": "b/1", "a/2": "b/3"}),  # one keeps its name: the other was renamed
        ("a/1 b/1", "c/1 d/1", {}),
        ("a/1 b/1 x/2", "c/1 d/1 y/2", {"x/2": "y/2"}),
    ],
)
def test_what_paths_do_not_say_stays_ambiguous(left, right, pairs):
    assert paired(dict.fromkeys(left.split(), "t"), dict.fromkeys(right.split(), "t")) == pairs


def test_paths_without_an_end_are_compared_in_bounded_memory():
    deep = "x/" * 600
    left, right = ({f"{side}/{name}/{deep}": "t" for name in "ab"} for side in ("old", "new"))
    assert paired(left, right) == {}
    assert len(deep.split("/")) > MAX_PARTS
    count = 5000
    ids = pa.array(["t"] * count)
    keys = [pa.array([f"{side}/{number}/1.jpg" for number in range(count)]) for side in ("old", "new")]
    ones, others = pair_by_path(ids, keys[0], ids, keys[1])
    assert np.array_equal(ones, others)
    assert len(ones) == count
