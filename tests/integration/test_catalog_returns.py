"""What vanished stays with everything people gave it, and is as it was when it returns."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.commits import Pass, change, changes, commit_rows, keys, missing, processed_row, with_sidecar

from mirrorlake.catalog import assets, commit, edits
from mirrorlake.model.assets import AssetState
from mirrorlake.model.edits import Edit
from mirrorlake.model.objects import KnownState
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


def test_missing_assets_stay_and_return_with_everything(working: Pass):
    commit_rows(working.lease, processed_row("in/a.jpg") | with_sidecar("s", {"k": 1}), processed_row("in/b.jpg"))
    ids = working.ids()
    edits.apply(working.catalog, [ids["in/a.jpg"]], Edit(add_tags=("keep",)))
    working.next()

    assert missing(working.lease, keys("in/a.jpg", "in/b.jpg")) == Counts(missing=2)
    assert working.state("in/a.jpg") is AssetState.MISSING
    assert {row["state"] for row in working.known().values()} == {int(KnownState.MISSING)}
    working.next()
    assert missing(working.lease, keys("in/b.jpg")) == Counts(missing=1)

    assert commit.commit_returns(working.lease, changes(change(Op.RETURNED, "in/a.jpg"))) == Counts(unchanged=1)

    assert working.ids() == ids
    asset = assets.get_asset_detail(working.catalog, ids["in/a.jpg"]).asset
    assert (asset.state, asset.tags, asset.metadata) == (AssetState.PRESENT, ("keep",), {"k": 1})
    assert working.known()["in/a.jpg"]["state"] == KnownState.PRESENT
    assert working.outcomes() == {
        "in/a.jpg": (OutcomeKind.UNCHANGED, "It was missing and is back"),
        "in/b.jpg": (OutcomeKind.MISSING, "Its object is gone"),
    }


def test_a_missing_object_that_is_back_with_other_bytes_is_present_again(working: Pass):
    commit_rows(working.lease, processed_row("in/a.jpg"))
    missing(working.lease, keys("in/a.jpg"))
    working.next()

    assert commit_rows(working.lease, processed_row("in/a.jpg", op=Op.CHANGED, token="2")) == Counts(changed=1)

    assert working.state("in/a.jpg") is AssetState.PRESENT


def test_a_return_with_another_sidecar_is_told_once(working: Pass):
    commit_rows(working.lease, processed_row("in/a.jpg"))
    missing(working.lease, keys("in/a.jpg"))
    working.next()

    row = change(Op.RETURNED, "in/a.jpg", metadata_differs=True)
    assert commit.commit_returns(working.lease, changes(row)) == Counts()
    read = row | {"result": int(ResultKind.COMPANIONS_ONLY)} | with_sidecar("s", {"k": 1})
    assert commit_rows(working.lease, read) == Counts(metadata_changed=1)

    assert working.outcomes() == {"in/a.jpg": (OutcomeKind.METADATA_CHANGED, None)}


def test_forgotten_keys_leave_no_memory_unless_an_asset_stands(working: Pass):
    commit_rows(
        working.lease, processed_row("in/a.jpg"), processed_row("in/b.jpg", result=ResultKind.REFUSED, reason="bad")
    )
    working.next()
    commit_rows(
        working.lease, processed_row("in/a.jpg", op=Op.CHANGED, token="2", result=ResultKind.REFUSED, reason="bad")
    )
    working.next()

    assert commit.forget_refused(working.lease, keys("in/a.jpg", "in/b.jpg")) == Counts(missing=1)

    assert list(working.known()) == ["in/a.jpg"]
    assert working.state("in/a.jpg") is AssetState.MISSING
