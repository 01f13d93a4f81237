"""Commits of a pass: exact, idempotent, and only under the lease."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from mirrorlake.catalog import assets, commit, datasources, edits, objects, runs
from mirrorlake.catalog.pool import Catalog
from mirrorlake.catalog.runs import Lease
from mirrorlake.errors import LeaseLost
from mirrorlake.model.assets import AssetState, Scalar
from mirrorlake.model.columns import CHANGES, LOOKED, KnownState, LookResult, Op
from mirrorlake.model.edits import Edit
from mirrorlake.model.objects import Requests
from mirrorlake.model.runs import Counts, OutcomeKind, RunState
from mirrorlake.model.sources import Access, Location, MirrorSettings, Provider

THEN = datetime(2026, 3, 1, 12, tzinfo=UTC)
TORTURE = [
    "/lead", "//", "a//b.jpg", "../up", "a/../b", "trail/", "a b", "a\tb", "a\nb", "é.jpg", "e\u0301.jpg",
    "CASE", "case", "%41", "a+b", "'quote'", '"double"', "back\\slash", "\x01", "\x7f", "\U0001f99d.png",
    "x" * 1024, "{json}", "$1", "\\.", "\uffff", "\U00010000",
]  # fmt: skip


def change(op: Op, key: str, **given: Any) -> dict[str, Any]:
    return {
        "op": int(op),
        "key": key,
        "size": 10,
        "token": f"token of {key}",
        "modified": THEN,
        "storage_class": "STANDARD",
        "sidecar_changed": False,
        **given,
    }


def look(key: str, *, op: Op = Op.NEW, result: LookResult = LookResult.LOOKED, **given: Any) -> dict[str, Any]:
    facts = {
        "media_type": "image/jpeg",
        "width": 640,
        "height": 480,
        "orientation": 1,
        "digest": key.encode().ljust(32, b".")[:32],
        "placeholder": b"hash",
        "facts": '{"camera": "X100"}',
        "warnings": [],
    }
    return change(op, key) | (facts if result is LookResult.LOOKED else {}) | {"result": int(result)} | given


def with_sidecar(token: str, values: dict[str, Any] | None) -> dict[str, Any]:
    text = None if values is None else json.dumps(values)
    return {"sidecar_key": "s.json", "sidecar_token": token, "sidecar_size": 5, "metadata": text, "sidecar": text}


def changes(*rows: dict[str, Any]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(list(rows), schema=CHANGES)


def looks(*rows: dict[str, Any]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(list(rows), schema=LOOKED)


def commit_looks(lease: Lease, *rows: dict[str, Any]) -> Counts:
    batch = looks(*rows)
    return commit.looked(lease, batch, batch.column("key"))


def missing(lease: Lease, gone: pa.Array) -> Counts:
    return commit.missing(lease, gone, pa.array(["Its object is gone"] * len(gone), pa.string()))


def keys(*names: str) -> pa.Array:
    return pa.array(names, pa.string())


class Pass:
    """Begins a run after the other, as passes do."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.datasource = datasources.create(
            catalog,
            name=None,
            location=Location(provider=Provider.S3, container="photos", prefix="in/"),
            access=Access(),
            settings=MirrorSettings(),
        )
        self.lease = runs.begin(catalog, self.datasource.id, "mirror")

    def next(self) -> Lease:
        self.end()
        self.lease = runs.begin(self.catalog, self.datasource.id, "mirror")
        return self.lease

    def end(self) -> None:
        runs.finish(self.lease, state=RunState.SUCCEEDED, counts=Counts(), requests=Requests(), bytes_read=0)

    def known(self) -> dict[str, dict[str, Any]]:
        batches = objects.known(self.catalog, self.datasource.id)
        return {row["key"]: row for batch in batches for row in batch.to_pylist()}

    def told(self) -> dict[str, tuple[OutcomeKind, str | None]]:
        told = runs.outcomes(self.catalog, self.lease.run_id, limit=10_000)
        return {outcome.key: (outcome.kind, outcome.reason) for outcome in told}

    def ids(self) -> dict[str, str]:
        with self.catalog.read() as connection:
            return {key: str(identity) for identity, key in connection.execute("SELECT id, key FROM asset").fetchall()}

    def edit(self, key: str, name: str, value: Scalar) -> None:
        edits.apply(self.catalog, [self.ids()[key]], Edit(metadata={name: value}))

    def state(self, key: str) -> AssetState:
        return assets.show(self.catalog, self.ids()[key]).asset.state


@pytest.fixture
def working(empty_catalog: Catalog) -> Iterator[Pass]:
    work = Pass(empty_catalog)
    try:
        yield work
    finally:
        work.lease.close()


def test_a_looked_at_object_becomes_an_asset_with_all_its_facts(working: Pass):
    row = look("in/a.jpg", warnings=["odd name"]) | with_sidecar("s1", {"site": "north", "depth": 2})

    assert commit_looks(working.lease, row) == Counts(new=1)

    detail = assets.show(working.catalog, working.ids()["in/a.jpg"])
    asset = detail.asset
    assert (asset.name, asset.key, asset.uri) == ("in/a.jpg", "in/a.jpg", "s3://photos/in/a.jpg")
    assert (asset.datasource, asset.datasources) == ("photos-in", ("photos-in",))
    assert (asset.width, asset.height, asset.size, asset.media_type) == (640, 480, 10, "image/jpeg")
    assert (asset.metadata, asset.state, asset.modified) == ({"site": "north", "depth": 2}, AssetState.PRESENT, THEN)
    assert detail.facts == {"camera": "X100"}
    assert detail.warnings == ("odd name",)
    assert detail.metadata["site"].source == "bucket"
    assert detail.metadata["site"].at == detail.created
    assert (detail.sidecar_key, detail.token) == ("s.json", "token of in/a.jpg")
    assert working.told() == {"in/a.jpg": (OutcomeKind.NEW, "odd name")}


def test_the_same_batch_twice_changes_nothing_and_answers_the_same(working: Pass):
    batch = [
        look("in/a.jpg") | with_sidecar("s", {"k": 1}),
        look("in/b.jpg", result=LookResult.REFUSED, stage="decode", reason="cut short"),
        look("in/c.jpg", result=LookResult.FAILED, stage="fetch", reason="timed out"),
    ]
    first = commit_looks(working.lease, *batch)
    ids, known = working.ids(), working.known()
    updated = assets.show(working.catalog, ids["in/a.jpg"]).asset.updated

    assert commit_looks(working.lease, *batch) == first == Counts(new=1, failed=2)

    assert (working.ids(), working.known()) == (ids, known)
    assert assets.show(working.catalog, ids["in/a.jpg"]).asset.updated == updated
    assert list(working.told()) == ["in/a.jpg", "in/b.jpg", "in/c.jpg"]


def test_the_same_token_in_a_later_run_makes_no_second_asset(working: Pass):
    commit_looks(working.lease, look("in/a.jpg"))
    ids = working.ids()
    working.next()

    assert commit_looks(working.lease, look("in/a.jpg")) == Counts(unchanged=1)

    assert working.ids() == ids


def test_other_bytes_under_a_key_keep_the_asset_its_tags_and_what_people_set(working: Pass):
    commit_looks(working.lease, look("in/a.jpg") | with_sidecar("s", {"site": "north"}))
    identity = working.ids()["in/a.jpg"]
    edits.apply(working.catalog, [identity], Edit(add_tags=("keep",)))
    working.edit("in/a.jpg", "mine", 7)
    working.next()

    row = look("in/a.jpg", op=Op.CHANGED, token="other", width=32) | with_sidecar("s", {"site": "north"})
    assert commit_looks(working.lease, row) == Counts(changed=1)

    asset = assets.show(working.catalog, identity).asset
    assert working.ids() == {"in/a.jpg": identity}
    assert (asset.width, asset.tags, asset.metadata) == (32, ("keep",), {"site": "north", "mine": 7})
    assert working.known()["in/a.jpg"]["token"] == "other"


def test_an_unchanged_sidecar_does_not_undo_what_a_person_set_on_its_key(working: Pass):
    commit_looks(working.lease, look("in/a.jpg") | with_sidecar("s", {"site": "north"}))
    working.edit("in/a.jpg", "site", "south")
    working.next()

    commit_looks(working.lease, look("in/a.jpg", op=Op.CHANGED, token="2") | with_sidecar("s", {"site": "north"}))

    assert assets.show(working.catalog, working.ids()["in/a.jpg"]).asset.metadata == {"site": "south"}


def test_a_changed_sidecar_overlays_users_keys_and_takes_its_own_old_ones_away(working: Pass):
    commit_looks(working.lease, look("in/a.jpg") | with_sidecar("s1", {"stays": 1, "goes": 2, "both": 3}))
    first = assets.show(working.catalog, working.ids()["in/a.jpg"]).created
    working.edit("in/a.jpg", "mine", "x")
    working.edit("in/a.jpg", "both", "user's")
    mine = assets.show(working.catalog, working.ids()["in/a.jpg"]).metadata["mine"].at
    working.next()

    row = look("in/a.jpg", op=Op.SIDECAR, result=LookResult.SIDECAR_ONLY)
    row |= with_sidecar("s2", {"stays": 1, "both": 4, "fresh": True})
    assert commit_looks(working.lease, row) == Counts(metadata_changed=1)

    detail = assets.show(working.catalog, working.ids()["in/a.jpg"])
    assert {key: (entry.value, entry.source) for key, entry in detail.metadata.items()} == {
        "mine": ("x", "user"),
        "stays": (1, "bucket"),
        "both": (4, "bucket"),
        "fresh": (True, "bucket"),
    }
    assert detail.metadata["stays"].at == first
    assert detail.metadata["fresh"].at > first
    assert detail.metadata["mine"].at == mine
    assert working.known()["in/a.jpg"]["sidecar_token"] == "s2"


def test_a_sidecar_that_left_takes_its_keys_and_leaves_the_users(working: Pass):
    commit_looks(working.lease, look("in/a.jpg") | with_sidecar("s1", {"site": "north"}))
    working.edit("in/a.jpg", "mine", "x")
    working.next()

    commit_looks(working.lease, look("in/a.jpg", op=Op.SIDECAR, result=LookResult.SIDECAR_ONLY))

    detail = assets.show(working.catalog, working.ids()["in/a.jpg"])
    assert (detail.asset.metadata, detail.sidecar_key) == ({"mine": "x"}, None)
    assert working.known()["in/a.jpg"]["sidecar_token"] is None


def test_a_bad_sidecar_leaves_the_metadata_and_warns(working: Pass):
    commit_looks(working.lease, look("in/a.jpg") | with_sidecar("s1", {"site": "north"}))
    working.next()

    row = look("in/a.jpg", op=Op.SIDECAR, result=LookResult.SIDECAR_ONLY, warnings=["not JSON"])
    commit_looks(working.lease, row | with_sidecar("s2", None))

    detail = assets.show(working.catalog, working.ids()["in/a.jpg"])
    assert (detail.asset.metadata, detail.warnings) == ({"site": "north"}, ("not JSON",))
    assert working.known()["in/a.jpg"]["sidecar_token"] == "s2"


def test_a_refused_object_is_remembered_without_an_asset_until_it_can_be_read(working: Pass):
    refused = look("in/a.jpg", result=LookResult.REFUSED, stage="decode", reason="cut short")
    assert commit_looks(working.lease, refused) == Counts(failed=1)
    assert working.ids() == {}
    assert working.known()["in/a.jpg"]["state"] == KnownState.REFUSED
    assert working.told() == {"in/a.jpg": (OutcomeKind.FAILED, "cut short")}

    working.next()
    assert commit.outcomes(working.lease, changes(change(Op.REFUSED, "in/a.jpg"))) == Counts(skipped=1)
    assert working.told() == {"in/a.jpg": (OutcomeKind.SKIPPED, "cut short")}

    working.next()
    assert commit_looks(working.lease, look("in/a.jpg", op=Op.CHANGED, token="whole")) == Counts(new=1)
    assert working.known()["in/a.jpg"]["state"] == KnownState.PRESENT


def test_bytes_that_became_undecodable_leave_the_asset_as_it_was(working: Pass):
    commit_looks(working.lease, look("in/a.jpg"))
    identity = working.ids()["in/a.jpg"]
    working.next()

    bad = look("in/a.jpg", op=Op.CHANGED, token="bad", result=LookResult.REFUSED, stage="decode", reason="cut short")
    assert commit_looks(working.lease, bad) == Counts(failed=1)

    detail = assets.show(working.catalog, identity)
    assert (detail.token, detail.asset.state) == ("token of in/a.jpg", AssetState.PRESENT)
    known = working.known()["in/a.jpg"]
    assert (known["token"], known["state"]) == ("bad", KnownState.REFUSED)

    working.next()
    assert commit_looks(working.lease, look("in/a.jpg", op=Op.CHANGED, token="good")) == Counts(changed=1)
    assert working.ids() == {"in/a.jpg": identity}


@pytest.mark.parametrize("result", [LookResult.FAILED, LookResult.GONE])
def test_a_passing_error_leaves_no_trace_but_its_outcome(working: Pass, result: LookResult):
    commit_looks(working.lease, look("in/a.jpg"))
    known = working.known()
    working.next()

    rows = [
        look("in/a.jpg", op=Op.CHANGED, token="2", result=result, stage="fetch", reason="no answer"),
        look("in/b.jpg", result=result, stage="fetch", reason="no answer"),
    ]
    assert commit_looks(working.lease, *rows) == Counts(failed=2)

    assert working.known() == known


def test_a_moved_object_keeps_id_tags_and_metadata(working: Pass):
    commit_looks(working.lease, look("in/a.jpg", token="t") | with_sidecar("s", {"site": "north"}))
    identity = working.ids()["in/a.jpg"]
    edits.apply(working.catalog, [identity], Edit(add_tags=("keep",)))
    working.next()

    batch = changes(
        change(
            Op.MOVED, "in/z.jpg", token="t", old_key="in/a.jpg", sidecar_key="z.json", sidecar_token="s", sidecar_size=5
        )
    )
    assert commit.moved(working.lease, batch, batch.column("key")) == Counts(moved=1)
    assert commit.moved(working.lease, batch, batch.column("key")) == Counts(moved=1)

    detail = assets.show(working.catalog, identity)
    assert (detail.asset.key, detail.asset.name, detail.asset.tags) == ("in/z.jpg", "in/z.jpg", ("keep",))
    assert (detail.asset.metadata, detail.sidecar_key) == ({"site": "north"}, "z.json")
    assert list(working.known()) == ["in/z.jpg"]
    assert working.known()["in/z.jpg"]["sidecar_token"] == "s"
    assert working.told() == {"in/z.jpg": (OutcomeKind.MOVED, "It was in/a.jpg")}


def test_a_move_with_another_sidecar_is_told_once_and_tried_again_until_the_sidecar_was_read(working: Pass):
    commit_looks(working.lease, look("in/a.jpg", token="t") | with_sidecar("s1", {"site": "north"}))
    working.next()
    row = change(Op.MOVED, "in/z.jpg", token="t", old_key="in/a.jpg", sidecar_changed=True)
    batch = changes(row | {name: value for name, value in with_sidecar("s2", {}).items() if name in CHANGES.names})

    assert commit.moved(working.lease, batch, batch.column("key")) == Counts()
    assert working.known()["in/z.jpg"]["sidecar_token"] == "s1"

    read = row | {"result": int(LookResult.SIDECAR_ONLY)} | with_sidecar("s2", {"site": "south"})
    assert commit_looks(working.lease, read) == Counts(moved=1)
    assert assets.show(working.catalog, working.ids()["in/z.jpg"]).asset.metadata == {"site": "south"}
    assert working.known()["in/z.jpg"]["sidecar_token"] == "s2"


def test_moves_whose_sidecars_are_read_afterwards_are_made_once(working: Pass):
    commit_looks(working.lease, *(look(f"in/{name}", token=name) for name in "xy"))
    before = working.ids()
    working.next()
    rows = [
        change(Op.MOVED, f"in/{new}", token=old, old_key=f"in/{old}", sidecar_changed=True)
        for old, new in (("x", "y"), ("y", "x"))
    ]
    batch = changes(*rows)
    commit.moved(working.lease, batch, batch.column("key"))

    read = {"result": int(LookResult.SIDECAR_ONLY)} | with_sidecar("s", {"k": 1})
    assert commit_looks(working.lease, *(row | read for row in rows)) == Counts(moved=2)

    assert working.ids() == {"in/y": before["in/x"], "in/x": before["in/y"]}


def test_moves_in_a_chain_and_in_a_circle_carry_each_asset_along(working: Pass):
    commit_looks(working.lease, *(look(f"in/{name}", token=name) for name in "abcxy"))
    before = working.ids()
    working.next()

    def move(old: str, new: str) -> dict[str, Any]:
        return change(Op.MOVED, f"in/{new}", token=old, old_key=f"in/{old}")

    batch = changes(move("a", "b"), move("b", "c"), move("c", "d"), move("x", "y"), move("y", "x"))
    assert commit.moved(working.lease, batch, batch.column("key")) == Counts(moved=5)

    after = working.ids()
    assert [after[f"in/{new}"] for new in "bcdyx"] == [before[f"in/{old}"] for old in "abcxy"]
    assert "in/a" not in after
    assert list(working.known()) == ["in/b", "in/c", "in/d", "in/x", "in/y"]


def test_a_move_onto_a_missing_or_refused_key_takes_its_place(working: Pass):
    commit_looks(
        working.lease,
        look("in/a", token="t"),
        look("in/b"),
        look("in/c", token="u"),
        look("in/d", result=LookResult.REFUSED, stage="decode", reason="bad"),
    )
    before = working.ids()
    missing(working.lease, keys("in/b"))
    working.next()

    batch = changes(
        change(Op.MOVED, "in/b", token="t", old_key="in/a"), change(Op.MOVED, "in/d", token="u", old_key="in/c")
    )
    assert commit.moved(working.lease, batch, batch.column("key")) == Counts(moved=2)

    known = working.known()
    assert {key: (row["token"], row["state"]) for key, row in known.items()} == {"in/b": ("t", 0), "in/d": ("u", 0)}
    assert assets.show(working.catalog, before["in/a"]).asset.key == "in/b"
    assert assets.show(working.catalog, before["in/b"]).asset.state is AssetState.MISSING


def test_missing_assets_stay_and_return_with_everything(working: Pass):
    commit_looks(working.lease, look("in/a.jpg") | with_sidecar("s", {"k": 1}), look("in/b.jpg"))
    ids = working.ids()
    edits.apply(working.catalog, [ids["in/a.jpg"]], Edit(add_tags=("keep",)))
    working.next()

    assert missing(working.lease, keys("in/a.jpg", "in/b.jpg")) == Counts(missing=2)
    assert working.state("in/a.jpg") is AssetState.MISSING
    assert {row["state"] for row in working.known().values()} == {int(KnownState.MISSING)}
    working.next()
    assert missing(working.lease, keys("in/b.jpg")) == Counts(missing=1)

    assert commit.returned(working.lease, changes(change(Op.RETURNED, "in/a.jpg"))) == Counts(unchanged=1)

    assert working.ids() == ids
    asset = assets.show(working.catalog, ids["in/a.jpg"]).asset
    assert (asset.state, asset.tags, asset.metadata) == (AssetState.PRESENT, ("keep",), {"k": 1})
    assert working.known()["in/a.jpg"]["state"] == KnownState.PRESENT
    assert working.told() == {
        "in/a.jpg": (OutcomeKind.UNCHANGED, "It was missing and is back"),
        "in/b.jpg": (OutcomeKind.MISSING, "Its object is gone"),
    }


def test_a_missing_object_that_is_back_with_other_bytes_is_present_again(working: Pass):
    commit_looks(working.lease, look("in/a.jpg"))
    missing(working.lease, keys("in/a.jpg"))
    working.next()

    assert commit_looks(working.lease, look("in/a.jpg", op=Op.CHANGED, token="2")) == Counts(changed=1)

    assert working.state("in/a.jpg") is AssetState.PRESENT


def test_a_return_with_another_sidecar_is_told_once(working: Pass):
    commit_looks(working.lease, look("in/a.jpg"))
    missing(working.lease, keys("in/a.jpg"))
    working.next()

    row = change(Op.RETURNED, "in/a.jpg", sidecar_changed=True)
    assert commit.returned(working.lease, changes(row)) == Counts()
    read = row | {"result": int(LookResult.SIDECAR_ONLY)} | with_sidecar("s", {"k": 1})
    assert commit_looks(working.lease, read) == Counts(metadata_changed=1)

    assert working.told() == {"in/a.jpg": (OutcomeKind.METADATA_CHANGED, None)}


def test_forgotten_keys_leave_no_memory_unless_an_asset_stands(working: Pass):
    commit_looks(working.lease, look("in/a.jpg"), look("in/b.jpg", result=LookResult.REFUSED, reason="bad"))
    working.next()
    commit_looks(working.lease, look("in/a.jpg", op=Op.CHANGED, token="2", result=LookResult.REFUSED, reason="bad"))
    working.next()

    assert commit.forget(working.lease, keys("in/a.jpg", "in/b.jpg")) == Counts(missing=1)

    assert list(working.known()) == ["in/a.jpg"]
    assert working.state("in/a.jpg") is AssetState.MISSING


def test_skipped_objects_are_told_with_the_rule(working: Pass):
    assert commit.outcomes(working.lease, changes(change(Op.SKIPPED, "in/a.jpg", skip="empty object"))) == Counts(
        skipped=1
    )

    assert working.told() == {"in/a.jpg": (OutcomeKind.SKIPPED, "empty object")}
    assert working.known() == {}


def test_rows_that_belong_elsewhere_are_refused(working: Pass):
    batch = changes(change(Op.NEW, "in/a.jpg"))

    for call in (commit.returned, commit.outcomes):
        with pytest.raises(ValueError, match="only rows with op"):
            call(working.lease, batch)


def test_every_legal_key_comes_back_byte_exact_and_in_byte_order(working: Pass):
    commit_looks(working.lease, *(look(key) for key in TORTURE))

    known = [row["key"] for batch in objects.known(working.catalog, working.datasource.id) for row in batch.to_pylist()]

    assert known == sorted(TORTURE, key=str.encode)
    assert {assets.show(working.catalog, identity).asset.key for identity in working.ids().values()} == set(TORTURE)


def test_text_that_postgresql_cannot_hold_costs_only_those_characters(working: Pass):
    row = look(
        "in/a.jpg", facts='{"lens": "a\\u0000b", "emoji": "\\ud83e\\udd9d"}', warnings=["x\x00y"], reason="r\x00"
    )
    row |= with_sidecar("s", None) | {"metadata": '{"note": "half \\ud83e"}', "sidecar": '{"note": "half \\ud83e"}'}

    assert commit_looks(working.lease, row) == Counts(new=1)

    detail = assets.show(working.catalog, working.ids()["in/a.jpg"])
    assert detail.facts == {"lens": "a\ufffdb", "emoji": "\U0001f99d"}
    assert detail.asset.metadata == {"note": "half \ufffd"}
    assert detail.warnings == ("x\ufffdy",)


def test_a_lease_that_was_taken_over_writes_nothing(working: Pass):
    old = working.lease
    with working.catalog.write() as connection:
        connection.execute("UPDATE lease SET expires = now() - interval '1 second'")
    working.lease = runs.begin(working.catalog, working.datasource.id, "mirror")

    with pytest.raises(LeaseLost):
        commit_looks(old, look("in/a.jpg"))
    with pytest.raises(LeaseLost):
        missing(old, keys("in/a.jpg"))
    with pytest.raises(LeaseLost):
        runs.finish(old, state=RunState.SUCCEEDED, counts=Counts(), requests=Requests(), bytes_read=0)

    assert working.ids() == {}
    assert commit_looks(working.lease, look("in/a.jpg")) == Counts(new=1)


def test_a_hundred_thousand_missing_keys_are_one_statement(working: Pass):
    with working.catalog.write() as connection:
        connection.execute(
            "WITH made AS (INSERT INTO asset (datasource_id, key, name, token, size, media_type, width, height,"
            " orientation, digest, placeholder) SELECT %s, 'k' || i, 'k', 't', 1, 'image/png', 1, 1, 1, '', ''"
            " FROM generate_series(1, 100000) AS i RETURNING id, key)"
            " INSERT INTO object (datasource_id, state, size, asset_id, key, token)"
            " SELECT %s, 0, 1, id, key, 't' FROM made",
            (working.datasource.id, working.datasource.id),
        )

    assert missing(working.lease, keys(*(f"k{i}" for i in range(1, 100_001)))) == Counts(missing=100_000)
    assert {row["state"] for row in working.known().values()} == {int(KnownState.MISSING)}
