"""Merging a sidecar into standing metadata, against a plain reading of the rule."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mirrorlake.catalog.merge import BUCKET, USER, Metadata, merge_bucket_wins, same

KEYS = st.sampled_from("abcdef")
VALUES = st.one_of(st.booleans(), st.integers(0, 2), st.sampled_from([0.0, 1.0, 2.5]), st.sampled_from(["", "1", "x"]))
SIDECARS = st.dictionaries(KEYS, VALUES)


@st.composite
def standing_metadata(draw: st.DrawFn) -> Metadata:
    values = draw(SIDECARS)
    sources = draw(st.dictionaries(KEYS, st.sampled_from([(USER, "t-user"), (BUCKET, "t-old")])))
    return Metadata(values=values, provenance={key: entry for key, entry in sources.items() if key in values})


def source_of(metadata: Metadata, key: str) -> str:
    return metadata.provenance.get(key, (BUCKET, ""))[0]


@given(standing_metadata(), SIDECARS)
def test_what_stands_afterwards_is_the_users_keys_overlaid_by_the_sidecar(standing: Metadata, sidecar):
    users = {key: value for key, value in standing.values.items() if source_of(standing, key) == USER}

    merged = merge_bucket_wins(standing, sidecar, "t-last")

    assert merged.values == users | sidecar
    assert {key for key in merged.values if source_of(merged, key) == USER} == users.keys() - sidecar.keys()


@given(standing_metadata(), SIDECARS)
def test_a_bucket_key_keeps_its_time_exactly_while_its_value_stays(standing: Metadata, sidecar):
    merged = merge_bucket_wins(standing, sidecar, "t-last")

    for key, value in sidecar.items():
        kept = key in standing.values and source_of(standing, key) == BUCKET and same(standing.values[key], value)
        assert (key in merged.provenance) == kept
        if kept:
            assert merged.provenance[key] == standing.provenance.get(key, (BUCKET, "t-last"))


@given(standing_metadata(), SIDECARS)
def test_merging_the_same_sidecar_again_changes_no_value(standing: Metadata, sidecar):
    once = merge_bucket_wins(standing, sidecar, "t-last")

    twice = merge_bucket_wins(once, sidecar, "t-now")

    assert twice.values == once.values
    assert {key: entry for key, entry in twice.provenance.items() if entry[0] == USER} == {
        key: entry for key, entry in once.provenance.items() if entry[0] == USER
    }


def test_kinds_are_told_apart():
    alike = [True, 1, 1.0, "1"]

    assert [[same(one, other) for other in alike] for one in alike] == [
        [one is other for other in alike] for one in alike
    ]
