"""Commits of a pass: exact, idempotent, and only under the lease."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.support.commits import THEN, Pass, change, changes, commit_rows, keys, missing, processed_row, with_sidecar

from mirrorlake.catalog import assets, commit, objects, removal, runs
from mirrorlake.catalog.leases import INTERRUPTED
from mirrorlake.catalog.outcomes import record_gaps
from mirrorlake.core.errors import LeaseLost
from mirrorlake.model.assets import AssetState
from mirrorlake.model.objects import Gap, KeyRange, KnownState, Requests
from mirrorlake.model.outcomes import Op, ResultKind
from mirrorlake.model.runs import Counts, Hold, OutcomeKind, RunState
from mirrorlake.postgres.pool import Catalog

TORTURE = [
    "/lead", "//", "a//b.jpg", "../up", "a/../b", "trail/", "a b", "a\tb", "a\nb", "é.jpg", "e\u0301.jpg",
    "CASE", "case", "%41", "a+b", "'quote'", '"double"', "back\\slash", "\x01", "\x7f", "\U0001f99d.png",
    "x" * 1024, "{json}", "$1", "\\.", "\uffff", "\U00010000",
]  # fmt: skip


@pytest.fixture
def working(empty_catalog: Catalog) -> Iterator[Pass]:
    work = Pass(empty_catalog)
    try:
        yield work
    finally:
        work.lease.close()


def test_a_looked_at_object_becomes_an_asset_with_all_its_facts(working: Pass):
    row = processed_row("in/a.jpg", warnings=["odd name"]) | with_sidecar("s1", {"site": "north", "depth": 2})

    assert commit_rows(working.lease, row) == Counts(new=1)

    detail = assets.get_asset_detail(working.catalog, working.ids()["in/a.jpg"])
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
    assert working.outcomes() == {"in/a.jpg": (OutcomeKind.NEW, "odd name")}


def test_the_same_batch_twice_changes_nothing_and_answers_the_same(working: Pass):
    batch = [
        processed_row("in/a.jpg") | with_sidecar("s", {"k": 1}),
        processed_row("in/b.jpg", result=ResultKind.REFUSED, stage="decode", reason="cut short"),
        processed_row("in/c.jpg", result=ResultKind.FAILED, stage="fetch", reason="timed out"),
    ]
    first = commit_rows(working.lease, *batch)
    ids, known = working.ids(), working.known()
    updated = assets.get_asset_detail(working.catalog, ids["in/a.jpg"]).asset.updated

    assert commit_rows(working.lease, *batch) == first == Counts(new=1, failed=2)

    assert (working.ids(), working.known()) == (ids, known)
    assert assets.get_asset_detail(working.catalog, ids["in/a.jpg"]).asset.updated == updated
    assert list(working.outcomes()) == ["in/a.jpg", "in/b.jpg", "in/c.jpg"]


def test_a_run_whose_process_died_keeps_the_counts_of_what_it_had_committed(working: Pass):
    left = working.lease.run_id
    reported = Counts(listed=9, selected=8, unchanged=3, new=5, label_problems=1)  # what was left out later was new
    working.lease.report_counts(reported, Requests(list=1, get=2), 30)
    working.lease.write_counts()
    commit_rows(
        working.lease,
        processed_row("in/a.jpg"),
        processed_row("in/b.jpg", result=ResultKind.FAILED, stage="fetch", reason="timed out"),
        processed_row("in/c.jpg", result=ResultKind.REJECTED, stage="policy", reason="too large"),
    )
    record_gaps(working.lease, [Gap(range=KeyRange(prefix="in/d/"), reason="denied")])
    removal.begin_hold(working.lease, Hold(reason="many", count=1, by_prefix={}, plan_hash="1"), None)
    removal.hold_back(working.lease, keys("in/a.txt"), keys("waits"))  # a label file: it is no object
    working.lease.close()  # as if its process had died before the next heartbeat

    working.lease = runs.begin(working.catalog, working.datasource.id, "mirror")

    run = runs.show_run(working.catalog, left)
    assert (run.state, run.error) == (RunState.FAILED, INTERRUPTED)
    assert run.counts == Counts(listed=9, selected=8, unchanged=3, new=1, failed=1, rejected=1, label_problems=1)
    assert (run.requests, run.bytes_read) == (Requests(list=1, get=2), 30)
    assert runs.show_run(working.catalog, working.lease.run_id).counts == Counts()


def test_what_the_server_still_commits_for_a_process_that_died_is_counted_too(working: Pass):
    left = working.lease
    commit_rows(left, processed_row("in/a.jpg"))
    left.close()  # as if its process had died while the server was committing another batch
    with working.catalog.session() as last, ThreadPoolExecutor(1) as threads:
        last.autocommit = False
        last.execute("SELECT FROM lease WHERE lock = %s FOR SHARE", (left.lock,))
        last.execute("INSERT INTO outcome (run_id, key, kind) VALUES (%s, 'in/b.jpg', 'new')", (left.run_id,))
        begun = threads.submit(runs.begin, working.catalog, working.datasource.id, "mirror")
        while not waits_for_a_lock(working.catalog):
            assert not begun.done()
        last.commit()
        working.lease = begun.result()
    assert runs.show_run(working.catalog, left.run_id).counts == Counts(new=2)


def waits_for_a_lock(catalog: Catalog) -> bool:
    with catalog.read() as connection:
        row = connection.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
            " AND wait_event_type = 'Lock' AND query LIKE '%INSERT INTO lease%')"
        ).fetchone()
    return row is not None and bool(row[0])


def test_the_same_token_in_a_later_run_makes_no_second_asset(working: Pass):
    commit_rows(working.lease, processed_row("in/a.jpg"))
    ids = working.ids()
    working.next()

    assert commit_rows(working.lease, processed_row("in/a.jpg")) == Counts(unchanged=1)

    assert working.ids() == ids


def test_a_refused_object_is_remembered_without_an_asset_until_it_can_be_read(working: Pass):
    refused = processed_row("in/a.jpg", result=ResultKind.REFUSED, stage="decode", reason="cut short")
    assert commit_rows(working.lease, refused) == Counts(failed=1)
    assert working.ids() == {}
    assert working.known()["in/a.jpg"]["state"] == KnownState.REFUSED
    assert working.outcomes() == {"in/a.jpg": (OutcomeKind.FAILED, "cut short")}

    working.next()
    assert commit.record_skipped(working.lease, changes(change(Op.REFUSED, "in/a.jpg"))) == Counts(skipped=1)
    assert working.outcomes() == {"in/a.jpg": (OutcomeKind.SKIPPED, "cut short")}

    working.next()
    assert commit_rows(working.lease, processed_row("in/a.jpg", op=Op.CHANGED, token="whole")) == Counts(new=1)
    assert working.known()["in/a.jpg"]["state"] == KnownState.PRESENT


def test_bytes_that_became_undecodable_leave_the_asset_as_it_was(working: Pass):
    commit_rows(working.lease, processed_row("in/a.jpg"))
    identity = working.ids()["in/a.jpg"]
    working.next()

    bad = processed_row(
        "in/a.jpg", op=Op.CHANGED, token="bad", result=ResultKind.REFUSED, stage="decode", reason="cut short"
    )
    assert commit_rows(working.lease, bad) == Counts(failed=1)

    detail = assets.get_asset_detail(working.catalog, identity)
    assert (detail.token, detail.asset.state) == ("token of in/a.jpg", AssetState.PRESENT)
    known = working.known()["in/a.jpg"]
    assert (known["token"], known["state"]) == ("bad", KnownState.REFUSED)

    working.next()
    assert commit_rows(working.lease, processed_row("in/a.jpg", op=Op.CHANGED, token="good")) == Counts(changed=1)
    assert working.ids() == {"in/a.jpg": identity}


@pytest.mark.parametrize("result", [ResultKind.FAILED, ResultKind.GONE])
def test_a_passing_error_leaves_no_trace_but_its_outcome(working: Pass, result: ResultKind):
    commit_rows(working.lease, processed_row("in/a.jpg"))
    known = working.known()
    working.next()

    rows = [
        processed_row("in/a.jpg", op=Op.CHANGED, token="2", result=result, stage="fetch", reason="no answer"),
        processed_row("in/b.jpg", result=result, stage="fetch", reason="no answer"),
    ]
    assert commit_rows(working.lease, *rows) == Counts(failed=2)

    assert working.known() == known


def test_skipped_objects_are_told_with_the_rule(working: Pass):
    assert commit.record_skipped(working.lease, changes(change(Op.SKIPPED, "in/a.jpg", skip="empty object"))) == Counts(
        skipped=1
    )

    assert working.outcomes() == {"in/a.jpg": (OutcomeKind.SKIPPED, "empty object")}
    assert working.known() == {}


def test_rows_that_belong_elsewhere_are_refused(working: Pass):
    batch = changes(change(Op.NEW, "in/a.jpg"))

    for call in (commit.commit_returns, commit.record_skipped):
        with pytest.raises(ValueError, match="only rows with op"):
            call(working.lease, batch)


def test_every_legal_key_comes_back_byte_exact_and_in_byte_order(working: Pass):
    commit_rows(working.lease, *(processed_row(key) for key in TORTURE))

    with objects.open_known(working.catalog, working.datasource.id) as stored:
        known = [row["key"] for batch in stored.rows() for row in batch.to_pylist()]

    assert known == sorted(TORTURE, key=str.encode)
    assert {assets.get_asset_detail(working.catalog, identity).asset.key for identity in working.ids().values()} == set(
        TORTURE
    )


def test_text_that_postgresql_cannot_hold_costs_only_those_characters(working: Pass):
    row = processed_row(
        "in/a.jpg", facts='{"lens": "a\\u0000b", "emoji": "\\ud83e\\udd9d"}', warnings=["x\x00y"], reason="r\x00"
    )
    row |= with_sidecar("s", None) | {
        "metadata_values": '{"note": "half \\ud83e"}',
        "metadata_document": '{"note": "half \\ud83e"}',
    }

    assert commit_rows(working.lease, row) == Counts(new=1)

    detail = assets.get_asset_detail(working.catalog, working.ids()["in/a.jpg"])
    assert detail.facts == {"lens": "a\ufffdb", "emoji": "\U0001f99d"}
    assert detail.asset.metadata == {"note": "half \ufffd"}
    assert detail.warnings == ("x\ufffdy",)


def test_a_lease_that_was_taken_over_writes_nothing(working: Pass):
    old = working.lease
    with working.catalog.write() as connection:
        connection.execute("UPDATE lease SET expires = now() - interval '1 second'")
    working.lease = runs.begin(working.catalog, working.datasource.id, "mirror")

    with pytest.raises(LeaseLost):
        commit_rows(old, processed_row("in/a.jpg"))
    with pytest.raises(LeaseLost):
        missing(old, keys("in/a.jpg"))
    with pytest.raises(LeaseLost):
        runs.finish(old, state=RunState.SUCCEEDED, counts=Counts(), requests=Requests(), bytes_read=0)

    assert working.ids() == {}
    assert commit_rows(working.lease, processed_row("in/a.jpg")) == Counts(new=1)


def test_twenty_thousand_missing_keys_are_one_statement(working: Pass):
    with working.catalog.write() as connection:
        connection.execute(
            "WITH made AS (INSERT INTO asset (datasource_id, key, name, token, size, kind, media_type, width, height,"
            " orientation, digest, placeholder) SELECT %s, 'k' || i, 'k', 't', 1, 'image', 'image/png', 1, 1, 1, '', ''"
            " FROM generate_series(1, 20000) AS i RETURNING id, key)"
            " INSERT INTO object (datasource_id, state, size, asset_id, key, token)"
            " SELECT %s, 0, 1, id, key, 't' FROM made",
            (working.datasource.id, working.datasource.id),
        )

    assert missing(working.lease, keys(*(f"k{i}" for i in range(1, 20_001)))) == Counts(missing=20_000)
    assert {row["state"] for row in working.known().values()} == {int(KnownState.MISSING)}
