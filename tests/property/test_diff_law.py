"""The diff equals a comparison by dictionary, however both streams are cut."""

from collections import Counter
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.listings import Obj, byte_order, cut, keys, known, listing, rows_of, taking

from mirrorlake.core.errors import ListingBroken
from mirrorlake.formats.registry import format_of_name
from mirrorlake.model.columns import CANDIDATES, CHANGES, KNOWN
from mirrorlake.model.companions import METADATA
from mirrorlake.model.objects import KnownState
from mirrorlake.model.outcomes import Counts, Op
from mirrorlake.plan.decide import apply_moves, plan_moves, summarise
from mirrorlake.plan.diff import diff
from mirrorlake.plan.update_policy import UPDATE_EVERYTHING, UpdatePolicy
from mirrorlake.select.stream import select

cuts = st.lists(st.integers(0, 40), max_size=12)
objects = st.builds(
    Obj,
    token=st.sampled_from(["t", "u", "v"]),
    size=st.sampled_from([0, 1, 1, 2]),
    storage_class=st.sampled_from([None, "STANDARD", "STANDARD", "GLACIER"]),
)
buckets = st.dictionaries(keys(), objects, max_size=20)
AWAY = (KnownState.MISSING, KnownState.TRASHED, KnownState.KEPT)  # known, but not where it was
states = st.sampled_from([*KnownState, KnownState.PRESENT, KnownState.PRESENT])


@st.composite
def worlds(draw):
    """A bucket, and what is remembered of an earlier one that mostly looked alike."""
    bucket = draw(buckets)
    earlier = dict(bucket)
    for key in draw(st.lists(st.sampled_from(sorted(bucket)), max_size=6)) if bucket else []:
        if draw(st.booleans()):
            earlier.pop(key, None)
        else:
            earlier[key] = draw(objects)
    earlier |= draw(st.dictionaries(keys(), objects, max_size=5))
    return bucket, [
        {"key": row["key"], "token": row["token"], "size": row["size"], "state": int(draw(states))}
        | {"metadata_token": row["metadata_token"], "metadata_size": row["metadata_size"]}
        for row in expected_candidates(earlier)
    ]


def expected_candidates(bucket):
    """The bucket's candidates, by dictionary."""
    by_stem = {key[:-5]: key for key in sorted(bucket, key=byte_order) if key[-5:].lower() == ".json"}
    for key in sorted(bucket, key=byte_order):
        if format_of_name(key) is None or key[-5:].lower() == ".json":
            continue
        obj, sidecar = bucket[key], by_stem.get(key.rpartition(".")[0])
        skip = None
        if obj.size == 0:
            skip = "empty object"
        elif obj.storage_class == "GLACIER":
            skip = "storage class GLACIER"
        yield {
            "key": key,
            "size": obj.size,
            "token": obj.token,
            "modified": None,
            "storage_class": obj.storage_class,
            "metadata_key": sidecar,
            "metadata_token": sidecar and bucket[sidecar].token,
            "metadata_size": bucket[sidecar].size if sidecar else None,
            "skip": skip,
            "config": 0,
        }


def kept(row, before, frozen):
    """The candidate as it is judged: what was read once and is frozen stays as it is remembered."""
    if not before or before["state"] == KnownState.REFUSED:
        return row
    if frozen.images:
        row = row | {"token": before["token"], "size": before["size"]}
    if frozen.companions and before["metadata_token"] is not None:
        remembered = {name: before[name] for name in ("metadata_token", "metadata_size")}
        row = row | remembered | {"metadata_key": None}
    return row


def asks_for_more(row, before, frozen):
    """Whether more is to be read of an object: of a frozen one only if it is still the one that was read."""
    listed_as_known = before and (row["token"], row["size"]) == (before["token"], before["size"])
    return bool(before) and before["state"] == KnownState.OUTDATED and (listed_as_known or not frozen.images)


def judge(row, before, more):
    """The operation for one candidate and what was remembered of it, and whether its sidecar changed."""
    sidecar_same = before and (row["metadata_token"], row["metadata_size"]) == (
        before["metadata_token"],
        before["metadata_size"],
    )
    if row["skip"]:
        return Op.SKIPPED, False
    if not before:
        return Op.NEW, False
    if more or (row["token"], row["size"]) != (before["token"], before["size"]):
        return Op.CHANGED, False
    if before["state"] == KnownState.REFUSED:
        return Op.REFUSED, False
    if before["state"] in AWAY:
        return Op.RETURNED, not sidecar_same
    return (None, False) if sidecar_same else (Op.COMPANION, True)


def shown(before):
    """The state in a change: an outdated object is one that the catalog shows."""
    return KnownState.PRESENT if before["state"] == KnownState.OUTDATED else before["state"]


def expected_changes(bucket, remembered, frozen=UPDATE_EVERYTHING):
    """All changes by dictionary, in key order, and how many objects did not change."""
    before = {row["key"]: row for row in remembered}
    changes, unchanged = [], 0
    blank = dict.fromkeys(CHANGES.names) | {"metadata_differs": False}
    for row in expected_candidates(bucket):
        old = before.pop(row["key"], None)
        more = asks_for_more(row, old, frozen)
        row = kept(row, old, frozen)  # noqa: PLW2901 - the same candidate
        op, metadata_differs = judge(row, old, more)
        if op is None:
            unchanged += 1
            continue
        changes.append(
            blank | row | {"op": op, "known_state": old and shown(old), "metadata_differs": metadata_differs}
        )
    for old in before.values():
        facts = {name: old[name] for name in ("key", "token", "size", "metadata_token", "metadata_size")}
        changes.append(blank | facts | {"op": Op.VANISHED, "known_state": shown(old)})
    return sorted(changes, key=lambda row: byte_order(row["key"])), unchanged


freezings = st.builds(
    UpdatePolicy, st.sampled_from([frozenset(), frozenset({0})]), st.sampled_from([{}, {METADATA: frozenset({0})}])
)


@settings(max_examples=300)
@given(worlds(), cuts, cuts, st.sampled_from([0, 2, 50_000]), freezings)
def test_diff_finds_what_a_dictionary_finds(world, cuts_of_listing, cuts_of_known, hold_limit, frozen):
    bucket, remembered = world
    selection = select(listing(bucket, cuts_of_listing), taking(), hold_limit=hold_limit)
    found = diff(selection, known(remembered, cuts_of_known), frozen)
    rows = list(rows_of(found))
    expected, unchanged = expected_changes(bucket, remembered, frozen)
    if hold_limit < 50_000:  # deferred rows come late
        rows = sorted(rows, key=lambda row: byte_order(row["key"]))
    assert rows == expected
    assert found.unchanged == unchanged
    assert selection.listed == len(bucket)
    assert selection.selected == unchanged + sum(row["op"] != Op.VANISHED for row in expected)


@given(buckets, cuts, cuts)
def test_what_was_remembered_as_it_stands_plans_nothing(bucket, cuts_of_listing, cuts_of_known):
    seen = [row for row in expected_candidates(bucket) if row["skip"] is None]
    remembered = [row | {"state": int(KnownState.PRESENT)} for row in seen]
    found = diff(select(listing(bucket, cuts_of_listing), taking()), known(remembered, cuts_of_known))
    assert {row["op"] for row in rows_of(found)} <= {Op.SKIPPED}
    assert found.unchanged == len(seen)


def expected_moves(changes):
    """Pairs of one vanished and one new row that alone share token and size."""
    gone, came = {}, {}
    for row in changes:
        identity = (row["token"], row["size"])
        if row["op"] == Op.VANISHED and row["known_state"] != KnownState.REFUSED and row["size"]:
            gone.setdefault(identity, []).append(row)
        elif row["op"] == Op.NEW:
            came.setdefault(identity, []).append(row)
    return {
        rows[0]["key"]: came[identity][0]["key"]
        for identity, rows in gone.items()
        if len(rows) == 1 and len(came.get(identity, [])) == 1
    }


def changes_of(bucket, remembered):
    return list(diff(select(listing(bucket), taking()), known(remembered)))


@given(worlds(), st.booleans())
def test_what_is_frozen_is_never_asked_for_again(world, images):
    bucket, remembered = world
    frozen = UpdatePolicy(images=frozenset({0})) if images else UpdatePolicy(companions={METADATA: frozenset({0})})
    before = {row["key"]: row for row in remembered if row["state"] != KnownState.REFUSED}
    spool = list(diff(select(listing(bucket), taking()), known(remembered), frozen))
    for row in rows_of(spool):
        old = before.get(row["key"])
        if old is None or row["op"] == Op.VANISHED:
            continue
        if images:
            assert row["op"] != Op.CHANGED or old["state"] == KnownState.OUTDATED
            assert (row["token"], row["size"]) == (old["token"], old["size"])
        elif old["metadata_token"] is not None:
            assert row["op"] != Op.COMPANION
            assert row["metadata_key"] is None
            assert not row["metadata_differs"]


@settings(max_examples=200)
@given(worlds(), cuts)
def test_moves_join_exactly_one_with_exactly_one(world, cuts_of_spool):
    bucket, remembered = world
    changes, _ = expected_changes(bucket, remembered)
    spool = cut(pa.RecordBatch.from_pylist(changes, schema=CHANGES), cuts_of_spool)
    moves = plan_moves(lambda: spool)
    expected = expected_moves(changes)
    assert dict(zip(moves.old_keys.to_pylist(), moves.pairs.column("new_key").to_pylist(), strict=True)) == expected
    planned = list(rows_of(apply_moves(batch, moves) for batch in spool))
    before = {row["key"]: row for row in remembered}
    gone = {row["key"]: row for row in changes if row["op"] == Op.VANISHED}
    origin = {new: old for old, new in expected.items()}
    wanted = []
    for row in changes:
        if row["op"] == Op.VANISHED and row["key"] in expected:
            continue
        if row["op"] == Op.NEW and row["key"] in origin:
            old = before[origin[row["key"]]]
            row = row | {  # noqa: PLW2901 - the same row, as a move
                "op": Op.MOVED,
                "old_key": old["key"],
                "known_state": gone[old["key"]]["known_state"],  # an outdated object is just present once it is gone
                "metadata_differs": (row["metadata_token"], row["metadata_size"])
                != (old["metadata_token"], old["metadata_size"]),
            }
        wanted.append(row)
    assert planned == wanted


@given(worlds())
def test_summary_counts_what_the_plan_holds(world):
    spool = changes_of(*world)
    moves = plan_moves(lambda: spool)
    planned = [apply_moves(batch, moves) for batch in spool]
    rows = list(rows_of(planned))
    plan = summarise(planned)
    ops = Counter(row["op"] for row in rows)
    ops[Op.VANISHED] -= sum(row["op"] == Op.VANISHED and row["known_state"] == KnownState.REFUSED for row in rows)
    assert plan.counts == Counts(
        new=ops[Op.NEW],
        changed=ops[Op.CHANGED],
        metadata_changed=ops[Op.COMPANION],
        moved=ops[Op.MOVED],
        unchanged=ops[Op.RETURNED],
        skipped=ops[Op.SKIPPED] + ops[Op.REFUSED],
    )
    assert plan.vanished == ops[Op.VANISHED]
    images = [row for row in rows if row["op"] in {Op.NEW, Op.CHANGED}]
    read = [row for row in rows if row["metadata_key"] and (row in images or row["metadata_differs"])]
    assert all(row["metadata_differs"] for row in rows if row["op"] == Op.COMPANION)
    assert plan.requests.get == len(images) + len(read)
    assert plan.requests.head == ops[Op.MOVED]
    assert plan.bytes == sum(row["size"] for row in images) + sum(row["metadata_size"] for row in read)


@given(st.lists(keys(), min_size=2, max_size=8), cuts, st.booleans())
def test_disorder_on_either_side_is_an_error(found, where, listed):
    rows = [{"key": key, "token": "t", "size": 1, "state": 0} for key in found]
    batches = cut(pa.RecordBatch.from_pylist(rows, schema=CANDIDATES if listed else KNOWN), where)
    differences = diff(batches, []) if listed else diff([], batches)
    if all(before.encode() < after.encode() for before, after in pairwise(found)):
        assert len(list(rows_of(differences))) == len(found)
    else:
        with pytest.raises(ListingBroken):
            list(differences)
