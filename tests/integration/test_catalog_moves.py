"""A move carries its asset along, whatever else happens to the keys on its way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.commits import Pass, change, changes, commit_rows, keys, missing, processed_row, with_sidecar

from mirrorlake.catalog import assets, commit, edits
from mirrorlake.model.assets import AssetState
from mirrorlake.model.columns import CHANGES
from mirrorlake.model.edits import Edit
from mirrorlake.model.outcomes import Op, ResultKind
from mirrorlake.model.runs import Counts, OutcomeKind
from mirrorlake.postgres.pool import Catalog


@pytest.fixture
def working(empty_catalog: Catalog) -> Iterator[Pass]:
    work = Pass(empty_catalog)
    try:
        yield work
    finally:
        work.lease.close()


def test_a_moved_object_keeps_id_tags_and_metadata(working: Pass):
    commit_rows(working.lease, processed_row("in/a.jpg", token="t") | with_sidecar("s", {"site": "north"}))
    identity = working.ids()["in/a.jpg"]
    edits.apply(working.catalog, [identity], Edit(add_tags=("keep",)))
    working.next()

    batch = changes(
        change(
            Op.MOVED,
            "in/z.jpg",
            token="t",
            old_key="in/a.jpg",
            metadata_key="z.json",
            metadata_token="s",
            metadata_size=5,
        )
    )
    assert commit.commit_moves(working.lease, batch, batch.column("key")) == Counts(moved=1)
    assert commit.commit_moves(working.lease, batch, batch.column("key")) == Counts(moved=1)

    detail = assets.get_asset_detail(working.catalog, identity)
    assert (detail.asset.key, detail.asset.name, detail.asset.tags) == ("in/z.jpg", "in/z.jpg", ("keep",))
    assert (detail.asset.metadata, detail.sidecar_key) == ({"site": "north"}, "z.json")
    assert list(working.known()) == ["in/z.jpg"]
    assert working.known()["in/z.jpg"]["metadata_token"] == "s"
    assert working.outcomes() == {"in/z.jpg": (OutcomeKind.MOVED, "It was in/a.jpg")}


def test_a_move_with_another_sidecar_is_told_once_and_tried_again_until_the_sidecar_was_read(working: Pass):
    commit_rows(working.lease, processed_row("in/a.jpg", token="t") | with_sidecar("s1", {"site": "north"}))
    working.next()
    row = change(Op.MOVED, "in/z.jpg", token="t", old_key="in/a.jpg", metadata_differs=True)
    batch = changes(row | {name: value for name, value in with_sidecar("s2", {}).items() if name in CHANGES.names})

    assert commit.commit_moves(working.lease, batch, batch.column("key")) == Counts()
    assert working.known()["in/z.jpg"]["metadata_token"] == "s1"

    read = row | {"result": int(ResultKind.COMPANIONS_ONLY)} | with_sidecar("s2", {"site": "south"})
    assert commit_rows(working.lease, read) == Counts(moved=1)
    assert assets.get_asset_detail(working.catalog, working.ids()["in/z.jpg"]).asset.metadata == {"site": "south"}
    assert working.known()["in/z.jpg"]["metadata_token"] == "s2"


def test_moves_whose_sidecars_are_read_afterwards_are_made_once(working: Pass):
    commit_rows(working.lease, *(processed_row(f"in/{name}", token=name) for name in "xy"))
    before = working.ids()
    working.next()
    rows = [
        change(Op.MOVED, f"in/{new}", token=old, old_key=f"in/{old}", metadata_differs=True)
        for old, new in (("x", "y"), ("y", "x"))
    ]
    batch = changes(*rows)
    commit.commit_moves(working.lease, batch, batch.column("key"))

    read = {"result": int(ResultKind.COMPANIONS_ONLY)} | with_sidecar("s", {"k": 1})
    assert commit_rows(working.lease, *(row | read for row in rows)) == Counts(moved=2)

    assert working.ids() == {"in/y": before["in/x"], "in/x": before["in/y"]}


def test_moves_in_a_chain_and_in_a_circle_carry_each_asset_along(working: Pass):
    commit_rows(working.lease, *(processed_row(f"in/{name}", token=name) for name in "abcxy"))
    before = working.ids()
    working.next()

    def move(old: str, new: str) -> dict[str, Any]:
        return change(Op.MOVED, f"in/{new}", token=old, old_key=f"in/{old}")

    batch = changes(move("a", "b"), move("b", "c"), move("c", "d"), move("x", "y"), move("y", "x"))
    assert commit.commit_moves(working.lease, batch, batch.column("key")) == Counts(moved=5)

    after = working.ids()
    assert [after[f"in/{new}"] for new in "bcdyx"] == [before[f"in/{old}"] for old in "abcxy"]
    assert "in/a" not in after
    assert list(working.known()) == ["in/b", "in/c", "in/d", "in/x", "in/y"]


def test_a_move_onto_a_missing_or_refused_key_takes_its_place(working: Pass):
    commit_rows(
        working.lease,
        processed_row("in/a", token="t"),
        processed_row("in/b"),
        processed_row("in/c", token="u"),
        processed_row("in/d", result=ResultKind.REFUSED, stage="decode", reason="bad"),
    )
    before = working.ids()
    missing(working.lease, keys("in/b"))
    working.next()

    batch = changes(
        change(Op.MOVED, "in/b", token="t", old_key="in/a"), change(Op.MOVED, "in/d", token="u", old_key="in/c")
    )
    assert commit.commit_moves(working.lease, batch, batch.column("key")) == Counts(moved=2)

    known = working.known()
    assert {key: (row["token"], row["state"]) for key, row in known.items()} == {"in/b": ("t", 0), "in/d": ("u", 0)}
    assert assets.get_asset_detail(working.catalog, before["in/a"]).asset.key == "in/b"
    assert assets.get_asset_detail(working.catalog, before["in/b"]).asset.state is AssetState.MISSING
