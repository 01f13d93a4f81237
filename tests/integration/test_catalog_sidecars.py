"""A committed sidecar takes and gives its own keys, and leaves what people set."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.commits import Pass, commit_rows, processed_row, with_sidecar

from mirrorlake.catalog import assets, edits
from mirrorlake.model.edits import Edit
from mirrorlake.model.outcomes import Op, ResultKind
from mirrorlake.model.runs import Counts
from mirrorlake.postgres.pool import Catalog


@pytest.fixture
def working(empty_catalog: Catalog) -> Iterator[Pass]:
    work = Pass(empty_catalog)
    try:
        yield work
    finally:
        work.lease.close()


def test_other_bytes_under_a_key_keep_the_asset_its_tags_and_what_people_set(working: Pass):
    commit_rows(working.lease, processed_row("in/a.jpg") | with_sidecar("s", {"site": "north"}))
    identity = working.ids()["in/a.jpg"]
    edits.apply(working.catalog, [identity], Edit(add_tags=("keep",)))
    working.edit("in/a.jpg", "mine", 7)
    working.next()

    row = processed_row("in/a.jpg", op=Op.CHANGED, token="other", width=32) | with_sidecar("s", {"site": "north"})
    assert commit_rows(working.lease, row) == Counts(changed=1)

    asset = assets.get_asset_detail(working.catalog, identity).asset
    assert working.ids() == {"in/a.jpg": identity}
    assert (asset.width, asset.tags, asset.metadata) == (32, ("keep",), {"site": "north", "mine": 7})
    assert working.known()["in/a.jpg"]["token"] == "other"


def test_an_unchanged_sidecar_does_not_undo_what_a_person_set_on_its_key(working: Pass):
    commit_rows(working.lease, processed_row("in/a.jpg") | with_sidecar("s", {"site": "north"}))
    working.edit("in/a.jpg", "site", "south")
    working.next()

    commit_rows(
        working.lease, processed_row("in/a.jpg", op=Op.CHANGED, token="2") | with_sidecar("s", {"site": "north"})
    )

    assert assets.get_asset_detail(working.catalog, working.ids()["in/a.jpg"]).asset.metadata == {"site": "south"}


def test_a_changed_sidecar_overlays_users_keys_and_takes_its_own_old_ones_away(working: Pass):
    commit_rows(working.lease, processed_row("in/a.jpg") | with_sidecar("s1", {"stays": 1, "goes": 2, "both": 3}))
    first = assets.get_asset_detail(working.catalog, working.ids()["in/a.jpg"]).created
    working.edit("in/a.jpg", "mine", "x")
    working.edit("in/a.jpg", "both", "user's")
    mine = assets.get_asset_detail(working.catalog, working.ids()["in/a.jpg"]).metadata["mine"].at
    working.next()

    row = processed_row("in/a.jpg", op=Op.COMPANION, result=ResultKind.COMPANIONS_ONLY)
    row |= with_sidecar("s2", {"stays": 1, "both": 4, "fresh": True})
    assert commit_rows(working.lease, row) == Counts(metadata_changed=1)

    detail = assets.get_asset_detail(working.catalog, working.ids()["in/a.jpg"])
    assert {key: (entry.value, entry.source) for key, entry in detail.metadata.items()} == {
        "mine": ("x", "user"),
        "stays": (1, "bucket"),
        "both": (4, "bucket"),
        "fresh": (True, "bucket"),
    }
    assert detail.metadata["stays"].at == first
    assert detail.metadata["fresh"].at > first
    assert detail.metadata["mine"].at == mine
    assert working.known()["in/a.jpg"]["metadata_token"] == "s2"


def test_a_sidecar_that_left_takes_its_keys_and_leaves_the_users(working: Pass):
    commit_rows(working.lease, processed_row("in/a.jpg") | with_sidecar("s1", {"site": "north"}))
    working.edit("in/a.jpg", "mine", "x")
    working.next()

    commit_rows(working.lease, processed_row("in/a.jpg", op=Op.COMPANION, result=ResultKind.COMPANIONS_ONLY))

    detail = assets.get_asset_detail(working.catalog, working.ids()["in/a.jpg"])
    assert (detail.asset.metadata, detail.sidecar_key) == ({"mine": "x"}, None)
    assert working.known()["in/a.jpg"]["metadata_token"] is None


def test_a_bad_sidecar_leaves_the_metadata_and_warns(working: Pass):
    commit_rows(working.lease, processed_row("in/a.jpg") | with_sidecar("s1", {"site": "north"}))
    working.next()

    row = processed_row("in/a.jpg", op=Op.COMPANION, result=ResultKind.COMPANIONS_ONLY, warnings=["not JSON"])
    commit_rows(working.lease, row | with_sidecar("s2", None))

    detail = assets.get_asset_detail(working.catalog, working.ids()["in/a.jpg"])
    assert (detail.asset.metadata, detail.warnings) == ({"site": "north"}, ("not JSON",))
    assert working.known()["in/a.jpg"]["metadata_token"] == "s2"
