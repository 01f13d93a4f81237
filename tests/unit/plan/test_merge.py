"""Merging a sidecar into standing metadata, each strategy against a plain reading of its rule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorlake.model.assets import Scalar
from mirrorlake.model.metadata import BUCKET, USER, Metadata, MetadataStrategy
from mirrorlake.plan.merge import (
    STRATEGIES,
    Standing,
    append,
    as_of,
    merge_bucket_wins,
    merge_user_wins,
    overwrite,
    same,
    same_values,
    until_first_change,
)

KEYS = st.sampled_from("abcdef")
VALUES = st.one_of(st.booleans(), st.integers(0, 2), st.sampled_from([0.0, 1.0, 2.5]), st.sampled_from(["", "1", "x"]))
VALUE_SETS = st.dictionaries(KEYS, VALUES)
SIDECARS = st.none() | VALUE_SETS
NOW = "t-now"
EVERY = pytest.mark.parametrize("strategy", MetadataStrategy)


@st.composite
def standings(draw: st.DrawFn) -> Standing:
    values = draw(VALUE_SETS)
    sources = draw(st.dictionaries(KEYS, st.sampled_from([(USER, "t-user"), (BUCKET, "t-old")])))
    provenance = {key: entry for key, entry in sources.items() if key in values}
    edited = any(source == USER for source, _ in provenance.values()) or draw(st.booleans())
    return Standing(
        metadata=Metadata(values=values, provenance=provenance),
        merged_at=draw(st.sampled_from(["t-last", "t-old"])),
        edited=edited,
    )


def after(standing: Standing, merged: Metadata) -> Standing:
    """What stands once a merge was stored."""
    return Standing(metadata=merged, merged_at=NOW, edited=standing.edited)


def source_of(metadata: Metadata, key: str) -> str:
    return metadata.provenance.get(key, (BUCKET, ""))[0]


def users_of(metadata: Metadata) -> dict[str, Scalar]:
    return {key: value for key, value in metadata.values.items() if source_of(metadata, key) == USER}


def times_of(standing: Standing) -> dict[str, str]:
    return {key: (standing.entry(key) or ("", ""))[1] for key in standing.metadata.values}


def test_there_is_a_function_for_every_strategy() -> None:
    assert set(STRATEGIES) == set(MetadataStrategy)


@given(standings(), SIDECARS)
def test_bucket_wins_is_the_users_keys_overlaid_by_the_sidecar(standing: Standing, sidecar):
    users = users_of(standing.metadata)

    merged = merge_bucket_wins(standing, sidecar)

    assert same_values(merged.values, users | (sidecar or {}))
    assert users_of(merged).keys() == users.keys() - (sidecar or {}).keys()


@given(standings(), SIDECARS)
def test_user_wins_is_the_sidecar_overlaid_by_the_users_keys(standing: Standing, sidecar):
    users = users_of(standing.metadata)

    merged = merge_user_wins(standing, sidecar)

    assert same_values(merged.values, (sidecar or {}) | users)
    assert same_values(users_of(merged), users)


@given(standings(), SIDECARS)
def test_in_both_merges_a_bucket_key_that_left_the_sidecar_goes(standing: Standing, sidecar):
    left = standing.metadata.values.keys() - users_of(standing.metadata).keys() - (sidecar or {}).keys()

    for merge in (merge_bucket_wins, merge_user_wins):
        assert not left & merge(standing, sidecar).values.keys()


@given(standings(), SIDECARS)
def test_overwriting_leaves_the_sidecar_alone_and_nothing_of_the_user(standing: Standing, sidecar):
    merged = overwrite(standing, sidecar)

    assert same_values(merged.values, sidecar or {})
    assert not users_of(merged)


@given(standings(), SIDECARS)
def test_after_a_persons_edit_no_sidecar_changes_anything_until_first_change(standing: Standing, sidecar):
    merged = until_first_change(standing, sidecar)

    if standing.edited:
        assert same_values(merged.values, standing.metadata.values)
        assert users_of(merged).keys() == users_of(standing.metadata).keys()
        assert times_of(after(standing, merged)) == times_of(standing)
    else:
        assert same_values(merged.values, sidecar or {})


@given(standings(), SIDECARS)
def test_appending_never_touches_a_key_that_stands_and_adds_every_other(standing: Standing, sidecar):
    values = standing.metadata.values

    merged = append(standing, sidecar)

    assert same_values({key: merged.values[key] for key in values}, values)
    assert same_values(merged.values, (sidecar or {}) | dict(values))
    assert users_of(merged).keys() == users_of(standing.metadata).keys()
    times = times_of(after(standing, merged))
    assert times == dict.fromkeys(merged.values, NOW) | times_of(standing)


@EVERY
@given(standing=standings(), sidecar=SIDECARS)
def test_the_same_sidecar_again_changes_no_value_no_source_and_no_time(strategy, standing: Standing, sidecar):
    once = after(standing, STRATEGIES[strategy](standing, sidecar))

    twice = after(once, STRATEGIES[strategy](once, sidecar))

    assert same_values(twice.metadata.values, once.metadata.values)
    assert users_of(twice.metadata) == users_of(once.metadata)
    assert times_of(twice) == times_of(once)


@EVERY
@given(standing=standings(), sidecar=SIDECARS)
def test_only_keys_that_stand_have_an_entry_and_nothing_becomes_the_users(strategy, standing: Standing, sidecar):
    merged = STRATEGIES[strategy](standing, sidecar)

    assert merged.provenance.keys() <= merged.values.keys()
    assert users_of(merged).keys() <= users_of(standing.metadata).keys()


@EVERY
@given(standing=standings(), sidecar=SIDECARS)
def test_a_bucket_key_keeps_its_time_exactly_while_its_value_stays(strategy, standing: Standing, sidecar):
    merged = after(standing, STRATEGIES[strategy](standing, sidecar))

    before, now = times_of(standing), times_of(merged)
    for key, value in merged.metadata.values.items():
        stood = standing.metadata.values.get(key)
        stayed = stood is not None and same(stood, value)
        same_source = source_of(standing.metadata, key) == source_of(merged.metadata, key)
        assert now[key] == (before[key] if stayed and same_source else NOW)


@EVERY
@given(standing=standings(), sidecar=SIDECARS)
def test_a_merge_changes_nothing_that_it_was_given(strategy, standing: Standing, sidecar):
    before = dict(standing.metadata.values), dict(standing.metadata.provenance), sidecar and dict(sidecar)

    STRATEGIES[strategy](standing, sidecar)

    assert (dict(standing.metadata.values), dict(standing.metadata.provenance), sidecar) == before


def test_entries_that_the_sidecars_time_says_already_are_left_out() -> None:
    entries = {"a": (BUCKET, "t"), "b": (BUCKET, "older"), "c": (USER, "t")}

    assert as_of("t", entries) == {"b": (BUCKET, "older"), "c": (USER, "t")}


def test_kinds_are_told_apart():
    alike = [True, 1, 1.0, "1"]

    assert [[same(one, other) for other in alike] for one in alike] == [
        [one is other for other in alike] for one in alike
    ]
