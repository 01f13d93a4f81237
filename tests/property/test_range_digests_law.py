"""Leaving out ranges by their digests changes no result of a diff, and no known row of them is read."""

from __future__ import annotations

from itertools import pairwise

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.property.test_diff_law import cuts, freezings, worlds
from tests.support.listings import byte_order, known, listing, rows_of, taking

from mirrorlake.core.columnar import joined
from mirrorlake.model.objects import KeyRange, KnownState
from mirrorlake.plan.diff import diff
from mirrorlake.plan.range_digests import RangeFilter, RangeMeter, digest_of
from mirrorlake.plan.update_policy import UPDATE_EVERYTHING
from mirrorlake.select.stream import select

EVERYTHING = KeyRange()
COLUMNS = [("key", pa.string()), ("token", pa.string()), ("size", pa.int64()), ("companions", pa.string())]


class Catalog:
    """Known rows that are read by range, and the ranges that were read."""

    def __init__(self, rows, cuts_of_known) -> None:
        self.rows, self.cuts, self.read = rows, cuts_of_known, []

    def batches(self, scope):
        self.read.append((scope.after, scope.until))
        inside = [
            row
            for row in self.rows
            if (scope.after is None or byte_order(row["key"]) > byte_order(scope.after))
            and (scope.until is None or byte_order(row["key"]) <= byte_order(scope.until))
        ]
        yield from (batch for batch in known(inside, self.cuts) if batch.num_rows)


def measured(catalog):
    """The digests of all known rows, in ranges of any size."""
    meter = RangeMeter(least=1)
    for _ in meter.measure(catalog.batches(EVERYTHING), EVERYTHING):
        pass
    catalog.read.clear()
    return meter.found


def filtered(selection, digests, catalog, frozen=UPDATE_EVERYTHING):
    """The rows of a diff that leaves out equal ranges, and how many objects did not change."""
    ranges = RangeFilter(selection, digests, EVERYTHING, catalog.batches)
    found = diff(ranges.candidates(), ranges.known(), frozen, lambda: selection.undecided_from)
    return list(rows_of(found)), ranges.unchanged + found.unchanged


def by_key(rows):
    return sorted(rows, key=lambda row: byte_order(row["key"]))


@settings(max_examples=150)
@given(worlds(), st.tuples(cuts, cuts), st.sampled_from([0, 2, 50_000]), freezings, st.sets(st.integers(0, 20)))
def test_a_diff_without_equal_ranges_finds_what_the_whole_diff_finds(world, all_cuts, hold_limit, frozen, dropped):
    (bucket, remembered), (cuts_of_listing, cuts_of_known) = world, all_cuts
    catalog = Catalog(remembered, cuts_of_known)
    digests = [one for place, one in enumerate(measured(catalog)) if place not in dropped]
    listed = listing(bucket, cuts_of_listing)
    whole = diff(select(listed, taking(), hold_limit=hold_limit), known(remembered, cuts_of_known), frozen)
    expected = by_key(rows_of(whole)), whole.unchanged

    rows, unchanged = filtered(select(listed, taking(), hold_limit=hold_limit), digests, catalog, frozen)

    assert (by_key(rows), unchanged) == expected


@given(worlds(), cuts, cuts)
def test_no_known_row_of_an_unchanged_bucket_is_read(world, cuts_of_listing, cuts_of_known):
    bucket = {key: one for key, one in world[0].items() if one.size and one.storage_class != "GLACIER"}
    remembered = [
        {name: row[name] for name in ("key", "token", "size", "metadata_token", "metadata_size")}
        | {"state": int(KnownState.PRESENT)}
        for row in rows_of(diff(select(listing(bucket), taking()), ()))
    ]
    catalog = Catalog(remembered, cuts_of_known)
    digests = measured(catalog)

    rows, unchanged = filtered(select(listing(bucket, cuts_of_listing), taking()), digests, catalog)

    assert (rows, unchanged) == ([], len(remembered))
    last = max((row["key"] for row in remembered), key=byte_order, default=None)
    assert catalog.read == [(last, None)]  # only what may follow the last known key


@given(worlds(), cuts)
def test_measured_ranges_do_not_overlap_and_contain_present_objects_only(world, cuts_of_known):
    catalog = Catalog(world[1], cuts_of_known)
    found = measured(catalog)

    for left, right in pairwise(found):
        assert byte_order(left.until) <= byte_order(right.after)
    for one in found:
        rows = joined(list(catalog.batches(KeyRange(after=one.after or None, until=one.until))))
        assert rows.num_rows == one.objects
        assert set(rows.column("state").to_pylist()) == {int(KnownState.PRESENT)}
        assert digest_of(rows, rows.column("companions")) == one.digest


texts = st.text("a\0é", max_size=2)
rows_of_four = st.lists(st.tuples(texts, texts, st.integers(0, 1), st.none() | texts), max_size=3)


def digest_at(rows, start) -> bytes:
    """The digest of rows that stand in a larger batch from row `start`."""
    whole = [("x", "y", 1, None)] * start + rows
    columns = [pa.array([row[place] for row in whole], kind) for place, (_, kind) in enumerate(COLUMNS)]
    batch = pa.RecordBatch.from_arrays(columns, schema=pa.schema(COLUMNS)).slice(start)
    return digest_of(batch, batch.column("companions"))


@given(rows_of_four, rows_of_four, st.integers(0, 3))
def test_digests_of_as_many_rows_are_equal_exactly_if_the_rows_are(left, right, start):
    assert digest_at(left, 0) == digest_at(left, start)
    if len(left) == len(right):
        assert (digest_at(left, 0) == digest_at(right, start)) == (left == right)
