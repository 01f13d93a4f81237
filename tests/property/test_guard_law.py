"""The guard's laws: it holds what FAILURES asks to hold, and names a list of removals whatever the way it comes."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorlake.plan.guard import OTHERS, SHOWN_PREFIXES, PlanHash, count_groups, groups, judge, shown_prefixes

PARTS = st.text(alphabet="aü\t\U0001f99d.", max_size=3)
KEYS = st.lists(PARTS, min_size=1, max_size=4).map("/".join)
COUNTS = st.dictionaries(
    st.sampled_from(["", "a/", "b/", "/", "c/"]), st.tuples(st.integers(0, 90), st.integers(0, 300))
)


def column(keys: list[str]) -> pa.Array:
    return pa.array(keys, pa.string())


def hashed(*parts: list[str]) -> str:
    plan = PlanHash()
    for part in parts:
        plan.add(column(part))
    return plan.hexdigest()


@given(st.lists(KEYS), st.sampled_from(["", "in/", "ü/"]))
def test_a_key_is_of_the_folder_right_below_the_prefix(keys, prefix):
    told = groups(column([prefix + key for key in keys]), prefix).to_pylist()
    assert told == [key.partition("/")[0] + "/" if "/" in key else "" for key in keys]
    counts: Counter[str] = Counter()
    count_groups(counts, column(told))
    assert counts == Counter(told)


@given(COUNTS, st.integers(0, 1))
def test_the_guard_holds_exactly_what_is_too_much(counts, listed):
    standing = {name: going + more for name, (going, more) in counts.items()}
    removals = {name: going for name, (going, _) in counts.items()}
    had, going = sum(standing.values()), sum(removals.values())
    everything = going > 0 and (listed == 0 or going > max(100, had / 10) or (had >= 10 and going > had / 2))
    folders = {name for name in removals if standing[name] >= 10 and removals[name] > standing[name] / 2}
    verdict = judge(standing, removals, listed=listed)
    assert verdict.everything == everything
    assert verdict.any == bool(verdict.reasons) == (everything or bool(folders))
    for name in removals:
        held = everything or name in folders
        assert verdict.holds(column([name])).tolist() == [held]


@pytest.mark.parametrize(
    ("had", "going", "held"),
    [
        (1000, 100, False), (1000, 101, True), (2000, 200, False), (2000, 201, True), (9, 9, False),
        (10, 5, False), (10, 6, True), (100_000, 10_000, False), (100_000, 10_001, True),
    ],
)  # fmt: skip
def test_the_limits_themselves_are_allowed(had, going, held):
    assert judge({"": had}, {"": going}, listed=1).any == held


def test_a_folder_that_is_lost_holds_itself_alone():
    verdict = judge({"a/": 20, "b/": 400}, {"a/": 20, "b/": 3}, listed=400)
    assert verdict.holds(column(["a/", "b/"])).tolist() == [True, False]
    assert verdict.reasons == ("20 of 20 objects below 'a/' would be removed, more than half.",)


def test_nothing_to_remove_is_never_held():
    assert not judge({"": 1000}, {}, listed=0).any
    assert not judge({}, {}, listed=0).any


@given(st.lists(KEYS, unique=True), st.integers(0, 10))
def test_a_plan_has_one_name_however_it_is_cut(keys, at):
    keys = sorted(keys, key=str.encode)
    assert hashed(keys) == hashed(keys[:at], keys[at:]) == hashed(*([key] for key in keys))


@given(st.lists(KEYS, unique=True), st.lists(KEYS, unique=True))
def test_two_plans_have_two_names(one, other):
    one, other = sorted(one, key=str.encode), sorted(other, key=str.encode)
    assert (hashed(one) == hashed(other)) == (one == other)


def test_a_slice_of_a_column_is_hashed_as_what_it_holds():
    whole = column(["a", "b", "c", "d"])
    plan = PlanHash()
    plan.add(whole.slice(1, 2))
    assert plan.hexdigest() == hashed(["b", "c"])
    assert plan.count == 2


@pytest.mark.parametrize("parts", [(["b", "a"],), (["a", "a"],), (["b"], ["a"])])
def test_a_plan_out_of_order_has_no_name(parts):
    with pytest.raises(ValueError, match="order"):
        hashed(*parts)


@given(st.dictionaries(st.text(max_size=3), st.integers(1, 9)))
def test_shown_prefixes_add_up(held):
    assert shown_prefixes(held, "in/") == {f"in/{name}": count for name, count in held.items()}


def test_a_hold_of_very_many_folders_stays_readable():
    held = {f"{number}/": 1 + number % 2 for number in range(3 * SHOWN_PREFIXES)}
    told = shown_prefixes(held, "")
    assert len(told) == SHOWN_PREFIXES + 1
    assert sum(told.values()) == sum(held.values())
    assert told[OTHERS] == 2 * SHOWN_PREFIXES + SHOWN_PREFIXES // 2
