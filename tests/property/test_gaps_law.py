"""What a listing says before it breaks off is what the whole listing says, and of the rest nothing is said."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.property.test_diff_law import worlds
from tests.support.listings import Obj, keys, known, listing, rows_of, taking

from mirrorlake.core.errors import SourceUnreachable
from mirrorlake.mirror.listing_gaps import PartialListing, exclude_gaps
from mirrorlake.model.columns import CHANGES
from mirrorlake.model.objects import CompletedRange, Gap, KeyRange
from mirrorlake.model.outcomes import Op
from mirrorlake.plan.diff import diff
from mirrorlake.select.stream import select

WHOLE = KeyRange()


class Breaking:
    """A listing that ends in an error after some batches, or that passes folders by."""

    def __init__(self, batches: list[pa.RecordBatch], *, breaks: bool) -> None:
        self._batches = batches
        self._breaks = breaks
        self.gaps: list[Gap] = []

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        yield from self._batches
        if self._breaks:
            raise SourceUnreachable("503 SlowDown.")

    def certificate(self) -> CompletedRange:
        return CompletedRange(range=WHOLE, pages=1, objects=0, gaps=tuple(self.gaps))

    def close(self) -> None:
        pass


def changes(batches, before, hold, suffix, *, breaks):
    """CHANGES by key, the key from which on nothing was decided, and the finished selection."""
    partial = PartialListing(Breaking(batches, breaks=breaks), WHOLE, ordered=True)
    selection = select(partial, taking(suffix=suffix), hold_limit=hold, broken=partial.ended_early)
    compared = diff(selection, before, undecided_from=lambda: selection.undecided_from)
    return {row["key"]: row for row in rows_of(compared)}, selection, compared


@settings(max_examples=200, deadline=None)
@given(
    worlds(),
    st.integers(0, 30),
    st.lists(st.integers(0, 40), max_size=8),
    st.sampled_from([0, 1, 50]),
    st.sampled_from([None, ".json", ".k"]),
)
def test_a_listing_that_breaks_off_says_of_each_key_what_the_whole_listing_says_or_nothing(
    world, shown, cuts, hold, suffix
):
    bucket, remembered = world
    batches = listing(bucket, cuts)
    whole, _, _ = changes(batches, known(remembered, cuts), hold, suffix, breaks=False)
    # Broken after `shown` batches: between any two keys, also between an image and its sidecar.
    said, selection, compared = changes(batches[:shown], known(remembered, cuts), hold, suffix, breaks=True)

    assert all(row == whole[key] for key, row in said.items())
    end = selection.undecided_from
    assert end is not None
    assert not {key for key in said if key.encode() >= end}
    # Left out is only what waits for a sidecar that may be listed later, or stands behind it.
    listed = [key for batch in batches[:shown] for key in batch.column("key").to_pylist()]
    last = listed[-1] if listed else ""
    for key in set(whole) - set(said):
        stem = key if suffix and last.startswith(key) else key.rpartition(".")[0] + "."
        assert key.encode() >= end or last.startswith(stem), key
    assert selection.selected == compared.unchanged + len([row for row in said.values() if row["op"] != Op.VANISHED])


@settings(max_examples=100, deadline=None)
@given(st.sets(keys().map(lambda key: key + ".jpg"), max_size=20), st.lists(st.sampled_from(["a", "a.k", "b", "1/"])))
def test_nothing_below_a_gap_vanishes_and_everything_beside_it_does(gone: set[str], folders: list[str]):
    gaps = sorted({f"{folder}/" for folder in folders})
    outer = [gap for gap in gaps if not any(gap != other and gap.startswith(other) for other in gaps)]
    rows = [{"key": key, "token": "t", "size": 1, "state": 0} for key in gone]
    vanished = list(diff((), known(rows, [3, 5, 9])))
    told = [Gap(range=KeyRange(prefix=prefix), reason="closed") for prefix in outer]
    left = {row["key"] for row in rows_of(exclude_gaps(vanished, told))}
    assert left == {key for key in gone if not key.startswith(tuple(outer))}


def test_only_what_vanished_can_be_in_a_gap():
    bucket = {"a/x.jpg": Obj(), "b.jpg": Obj()}
    new = list(diff(select(listing(bucket), taking()), ()))
    gap = Gap(range=KeyRange(prefix="a/"), reason="closed")
    assert pa.Table.from_batches(exclude_gaps(new, [gap]), CHANGES).num_rows == 2
