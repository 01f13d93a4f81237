"""The diff at work on small buckets; `tests/property/test_diff_law.py` holds its law."""

import itertools
from collections.abc import Iterator

import pyarrow as pa
import pytest
from tests.support.listings import Obj, known, listing, rows_of, taking

from mirrorlake.core.errors import ListingBroken
from mirrorlake.model.columns import CANDIDATES
from mirrorlake.model.companions import METADATA
from mirrorlake.model.objects import KnownState
from mirrorlake.model.outcomes import Op
from mirrorlake.plan.decide import Plan, apply_moves, plan_moves, summarise
from mirrorlake.plan.diff import diff
from mirrorlake.plan.moves import NO_MOVES, match_moves
from mirrorlake.plan.update_policy import UpdatePolicy
from mirrorlake.select.fingerprints import UNREAD
from mirrorlake.select.pairing import DEFERRED
from mirrorlake.select.stream import select


def remembered(key, *, etag="t", size=1, sidecar=None, state=KnownState.PRESENT):
    return {"key": key, "token": etag, "size": size, "state": int(state)} | {
        "metadata_token": sidecar,
        "metadata_size": None if sidecar is None else 1,
    }


def compared(bucket, *rows: dict, cuts=(), known_cuts=()):
    return diff(select(listing(bucket, cuts), taking()), known(rows, known_cuts))


def ops(changes):
    return {row["key"]: Op(row["op"]) for row in rows_of(changes)}


def test_second_pass_over_an_unchanged_bucket_plans_nothing_whatever_the_batches():
    bucket = {f"{number:04}{end}": Obj() for number in range(300) for end in (".jpg", ".json")}
    rows = [remembered(key, sidecar="t") for key in bucket if key.endswith(".jpg")]
    for cuts, known_cuts in itertools.product([(), range(0, 600, 7), [1]], [(), range(0, 300, 11), [299]]):
        found = compared(bucket, *rows, cuts=cuts, known_cuts=known_cuts)
        assert list(found) == []
        assert found.unchanged == 300


@pytest.mark.parametrize(("token", "read"), [("before", False), (UNREAD, True)])
def test_a_frozen_sidecar_is_read_where_it_never_was(token, read):
    frozen = UpdatePolicy(companions={METADATA: frozenset([0])})
    stays = select(listing({"a.jpg": Obj(), "a.json": Obj()}), taking())
    assert ops(diff(stays, known([remembered("a.jpg", sidecar=token)]), frozen)) == (
        {"a.jpg": Op.COMPANION} if read else {}
    )
    moved = select(listing({"b.jpg": Obj(), "b.json": Obj()}), taking())
    changes = list(diff(moved, known([remembered("a.jpg", sidecar=token)]), frozen))
    moves = plan_moves(lambda: changes)
    (row,) = rows_of(apply_moves(batch, moves, frozen) for batch in changes)
    assert (row["op"], row["metadata_differs"]) == (Op.MOVED, read)


def test_every_kind_of_change_is_told():
    bucket = {
        "back.jpg": Obj(),
        "changed.jpg": Obj(token="other"),
        "grown.jpg": Obj(size=2),
        "new.jpg": Obj(),
        "refused.jpg": Obj(),
        "refused-new-bytes.jpg": Obj(token="other"),
        "same.jpg": Obj(),
        "sidecar-came.jpg": Obj(),
        "sidecar-came.json": Obj(),
        "sidecar-went.jpg": Obj(),
        "skipped.jpg": Obj(size=0),
    }
    found = compared(
        bucket,
        remembered("back.jpg", state=KnownState.MISSING, sidecar="gone"),
        remembered("changed.jpg"),
        remembered("gone.jpg", sidecar="s"),
        remembered("grown.jpg"),
        remembered("refused.jpg", state=KnownState.REFUSED, sidecar="other"),
        remembered("refused-new-bytes.jpg", state=KnownState.REFUSED),
        remembered("same.jpg"),
        remembered("sidecar-came.jpg"),
        remembered("sidecar-went.jpg", sidecar="s"),
        remembered("skipped.jpg"),
        remembered("still-gone.jpg", state=KnownState.MISSING),
    )
    rows = {row["key"]: row for row in rows_of(found)}
    assert list(rows) == sorted(rows)
    assert {key: Op(row["op"]).name for key, row in rows.items()} == {
        "back.jpg": "RETURNED",
        "changed.jpg": "CHANGED",
        "gone.jpg": "VANISHED",
        "grown.jpg": "CHANGED",
        "new.jpg": "NEW",
        "refused-new-bytes.jpg": "CHANGED",
        "refused.jpg": "REFUSED",
        "sidecar-came.jpg": "COMPANION",
        "sidecar-went.jpg": "COMPANION",
        "skipped.jpg": "SKIPPED",
        "still-gone.jpg": "VANISHED",
    }
    assert found.unchanged == 1
    assert rows["back.jpg"]["metadata_differs"]
    assert rows["gone.jpg"]["metadata_token"] == "s"
    assert rows["refused-new-bytes.jpg"]["known_state"] == KnownState.REFUSED
    assert rows["new.jpg"]["known_state"] is None


def test_changes_come_in_batches_worth_their_while():
    bucket = {f"{number:05}.jpg": Obj() for number in range(10_000)}
    sizes = [batch.num_rows for batch in compared(bucket, cuts=range(0, 10_000, 10))]
    assert sum(sizes) == 10_000
    assert len(sizes) == 3


def test_deferred_row_that_never_comes_again_is_an_error():
    row = {"key": "a.jpg", "size": 1, "token": "t", "skip": DEFERRED}
    with pytest.raises(ListingBroken, match=r"a\.jpg"):
        list(diff([pa.RecordBatch.from_pylist([row], schema=CANDIDATES)], []))


def test_wrong_columns_are_refused():
    with pytest.raises(ValueError, match="expected the columns"):
        list(diff([], listing({"a.jpg": Obj()})))


def test_rename_with_its_sidecar_is_one_move_that_reads_nothing():
    spool = list(
        compared(
            {"new/a.jpg": Obj(token="x"), "new/a.json": Obj(token="s")}, remembered("old/a.jpg", etag="x", sidecar="s")
        )
    )
    moves = plan_moves(lambda: spool)
    planned = [apply_moves(batch, moves) for batch in spool]
    (row,) = rows_of(planned)
    assert (Op(row["op"]), row["key"], row["old_key"], row["metadata_differs"]) == (
        Op.MOVED,
        "new/a.jpg",
        "old/a.jpg",
        False,
    )
    plan = summarise(planned)
    assert (plan.moved, plan.requests.get, plan.requests.head, plan.bytes) == (1, 0, 1, 0)


def test_move_notices_another_sidecar():
    for bucket, changed in [
        ({"b.jpg": Obj(), "b.json": Obj(token="s")}, False),
        ({"b.jpg": Obj(), "b.json": Obj(token="other")}, True),
        ({"b.jpg": Obj()}, True),
    ]:
        spool = list(compared(bucket, remembered("a.jpg", sidecar="s")))
        moves = plan_moves(lambda spool=spool: spool)
        (row,) = rows_of(apply_moves(batch, moves) for batch in spool)
        assert (Op(row["op"]), row["metadata_differs"]) == (Op.MOVED, changed)


@pytest.mark.parametrize(
    ("bucket", "rows"),
    [
        ({"c.jpg": Obj(), "d.jpg": Obj()}, [remembered("a.jpg"), remembered("b.jpg")]),
        ({"c.jpg": Obj()}, [remembered("a.jpg"), remembered("b.jpg")]),
        ({"c.jpg": Obj(), "d.jpg": Obj()}, [remembered("a.jpg")]),
        ({"c.jpg": Obj(size=2)}, [remembered("a.jpg")]),
        ({"c.jpg": Obj()}, [remembered("a.jpg", state=KnownState.REFUSED)]),
    ],
)
def test_doubtful_matches_are_no_moves(bucket, rows):
    spool = list(compared(bucket, *rows))
    assert len(plan_moves(lambda: spool)) == 0


def test_empty_objects_never_move():
    row = {"key": "a.jpg", "size": 0, "token": "t", "metadata_differs": False}
    schema = apply_moves(next(iter(compared({"x.jpg": Obj()}))), NO_MOVES).schema
    gone = pa.RecordBatch.from_pylist([row | {"op": Op.VANISHED, "known_state": 0}], schema=schema)
    came = pa.RecordBatch.from_pylist([row | {"op": Op.NEW, "key": "b.jpg"}], schema=schema)
    assert len(match_moves(gone, came)) == 0


def test_move_without_proof_falls_back_to_new_and_vanished():
    spool = list(compared({"b.jpg": Obj()}, remembered("a.jpg")))
    moves = plan_moves(lambda: spool)
    assert moves.old_keys.to_pylist() == ["a.jpg"]
    believed = moves.only(pa.array([], pa.string()))
    assert ops(apply_moves(batch, believed) for batch in spool) == {"a.jpg": Op.VANISHED, "b.jpg": Op.NEW}


def test_missing_asset_can_move():
    spool = list(compared({"b.jpg": Obj()}, remembered("a.jpg", state=KnownState.MISSING)))
    moves = plan_moves(lambda: spool)
    (row,) = rows_of(apply_moves(batch, moves) for batch in spool)
    assert (Op(row["op"]), row["known_state"]) == (Op.MOVED, KnownState.MISSING)


@pytest.mark.parametrize("many", [Op.VANISHED, Op.NEW])
def test_a_few_of_one_kind_among_many_of_the_other_move_without_the_many_being_held(many: Op):
    few = Op.NEW if many is Op.VANISHED else Op.VANISHED
    schema = apply_moves(next(iter(compared({"x.jpg": Obj()}))), NO_MOVES).schema
    held: list[int] = []

    def batch_of(op: Op, numbers: range) -> pa.RecordBatch:
        common = {"op": int(op), "size": 5, "metadata_differs": False, "known_state": 0 if op is Op.VANISHED else None}
        rows = [common | {"key": f"{op.name}-{number}", "token": f"t{number}"} for number in numbers]
        return pa.RecordBatch.from_pylist(rows, schema=schema)

    def spool() -> Iterator[pa.RecordBatch]:
        yield batch_of(few, range(5, 8))
        for start in range(0, 30_000, 1000):
            held.append(pa.total_allocated_bytes() - before)
            yield batch_of(many, range(start, start + 1000))

    before = pa.total_allocated_bytes()
    size = batch_of(many, range(1000)).nbytes
    moves = plan_moves(spool)

    assert sorted(moves.old_keys.to_pylist()) == [f"VANISHED-{number}" for number in range(5, 8)]
    assert max(held) < 4 * size


def test_summary_of_nothing_is_nothing():
    assert summarise([]) == Plan()
