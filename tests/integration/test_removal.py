"""What becomes of assets whose objects vanish: never hidden on a doubt, and never too many at once."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.faulty import Faulty
from tests.support.passes import Mirrored, picture, put_all

from mirrorlake.catalog import queue, removal, runs
from mirrorlake.catalog.cancel import request_cancel
from mirrorlake.core.errors import AccessDenied, Conflict, MirrorlakeError, NoSuchBucket, NotFound, SourceUnreachable
from mirrorlake.mirror.circuit_breaker import MAX_UNANSWERED
from mirrorlake.model.objects import KeyRange
from mirrorlake.model.runs import OutcomeKind, RunState
from mirrorlake.model.sources import Orphans
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.base import ListPage
from mirrorlake.storage.providers.memory.store import MemoryStore

MANY = [f"a/{number:03}.png" for number in range(40)]
FEW = ["x.png", "y.png", "z.png"]


@pytest.fixture
def bucket() -> MemoryStore:
    return MemoryStore(page_rows=7)


@pytest.fixture
def mirrored(empty_catalog: Catalog, tmp_path: Path, bucket: MemoryStore) -> Mirrored:
    return Mirrored(empty_catalog, tmp_path, bucket)


def first(mirrored: Mirrored, bucket: MemoryStore, keys: list[str]) -> None:
    put_all(bucket, keys)
    assert mirrored.run().counts.new == len(keys)


def put_others(bucket: MemoryStore) -> None:
    """Forty objects that nobody has seen before."""
    for number in range(40):
        bucket.put(f"a/new-{number}.png", picture(600 + number))


def outcomes(mirrored: Mirrored, run: int | None) -> dict[str, tuple[OutcomeKind, str | None]]:
    assert run is not None
    return {one.key: (one.kind, one.reason) for one in runs.outcomes(mirrored.catalog, run, limit=1000)}


def test_a_vanished_object_is_proven_gone_and_its_asset_waits_in_the_trash(mirrored: Mirrored, bucket: MemoryStore):
    first(mirrored, bucket, [*MANY, *FEW])
    bucket.delete("x.png")
    report = mirrored.run()
    assert (report.state, report.counts.removed, report.counts.missing) == (RunState.SUCCEEDED, 1, 0)
    assert report.requests.head == 1
    assert "x.png" not in mirrored.visible()
    assert set(mirrored.assets("state:trash")) == {"x.png"}
    assert outcomes(mirrored, report.run) == {"x.png": (OutcomeKind.REMOVED, "Its object is gone; it is in the trash")}


def test_the_newest_pass_is_the_one_that_began_last_however_long_its_run_had_waited(
    mirrored: Mirrored, bucket: MemoryStore
):
    first(mirrored, bucket, MANY)
    assert mirrored.run().counts.imported == 0
    waited = queue.request(mirrored.catalog, mirrored.source.name)
    for key in MANY:
        bucket.delete(key)
    earlier = mirrored.run()
    assert earlier.run is not None
    assert earlier.run > waited
    assert earlier.state is RunState.HELD

    put_all(bucket, MANY[:1])
    report = mirrored.run_queued()

    assert (report.run, report.state) == (waited, RunState.HELD)
    with pytest.raises(Conflict, match=f"outdated: .* by run {waited}"):
        mirrored.confirm(earlier.run)
    assert mirrored.confirm(waited).counts.removed == len(MANY) - 1
    assert mirrored.visible() == set(MANY[:1])


def test_a_pass_after_a_removal_plans_nothing(mirrored: Mirrored, bucket: MemoryStore):
    first(mirrored, bucket, [*MANY, *FEW])
    bucket.delete("x.png")
    mirrored.run()
    report = mirrored.run()
    assert (report.counts.removed, report.counts.missing, report.counts.unchanged) == (0, 0, 42)
    assert report.requests.head == report.requests.get == 0
    assert outcomes(mirrored, report.run) == {}


def test_what_returns_is_as_it_was_without_a_look(mirrored: Mirrored, bucket: MemoryStore):
    first(mirrored, bucket, [*MANY, *FEW])
    before = mirrored.assets()["x.png"]
    bucket.delete("x.png")
    mirrored.run()
    bucket.put("x.png", picture(MANY.__len__()))
    report = mirrored.run()
    assert (report.counts.unchanged, report.counts.new, report.requests.get) == (43, 0, 0)
    after = mirrored.assets()["x.png"]
    assert (after.id, after.state) == (before.id, "present")


def test_what_returns_in_an_archive_or_empty_is_told_and_waits_in_the_trash(mirrored: Mirrored, bucket: MemoryStore):
    first(mirrored, bucket, [*MANY, *FEW])
    identity = mirrored.assets()["x.png"].id
    bucket.delete("x.png")
    mirrored.run()
    for data, storage_class, reason in (
        (picture(len(MANY)), "GLACIER", "storage class GLACIER"),
        (b"", None, "empty object"),
    ):
        bucket.put("x.png", data, storage_class=storage_class)
        report = mirrored.run()
        assert (report.counts.skipped, report.counts.unchanged, report.requests.get) == (1, 42, 0)
        assert outcomes(mirrored, report.run) == {"x.png": (OutcomeKind.SKIPPED, reason)}
        assert set(mirrored.assets("state:trash")) == {"x.png"}
    bucket.put("x.png", picture(len(MANY)))
    assert mirrored.run().requests.get == 0
    assert mirrored.assets()["x.png"].id == identity


def test_other_bytes_under_the_key_of_a_trashed_asset_bring_it_back(mirrored: Mirrored, bucket: MemoryStore):
    first(mirrored, bucket, [*MANY, *FEW])
    before = mirrored.assets()["x.png"]
    bucket.delete("x.png")
    mirrored.run()
    bucket.put("x.png", picture(999))
    assert mirrored.run().counts.changed == 1
    assert mirrored.assets()["x.png"].id == before.id


def test_a_trashed_asset_whose_object_appears_under_another_key_moves(mirrored: Mirrored, bucket: MemoryStore):
    first(mirrored, bucket, [*MANY, *FEW])
    before = mirrored.assets()["x.png"]
    bucket.delete("x.png")
    mirrored.run()
    bucket.put("moved.png", picture(len(MANY)))
    report = mirrored.run()
    assert (report.counts.moved, report.requests.get) == (1, 0)
    assert mirrored.assets()["moved.png"].id == before.id


@pytest.mark.parametrize(
    ("error", "reason"),
    [(SourceUnreachable("timed out"), "did not confirm"), (AccessDenied("403"), "did not confirm")],
)
def test_an_answer_that_is_no_404_removes_nothing(
    mirrored: Mirrored, bucket: MemoryStore, error: MirrorlakeError, reason: str
):
    first(mirrored, bucket, [*MANY, *FEW])
    bucket.delete("x.png")
    faulty = Faulty(bucket)
    faulty.fail("head", error=error)
    faulty.fail("list", error=AccessDenied("403"), keys=lambda prefix: prefix == "x.png")
    report = mirrored.run(faulty)
    assert (report.state, report.counts.removed, report.counts.missing) == (RunState.SUCCEEDED, 0, 1)
    assert mirrored.states()["x.png"] == "present"
    kind, told = outcomes(mirrored, report.run)["x.png"]
    assert kind is OutcomeKind.MISSING
    assert reason in (told or "")
    assert mirrored.run().counts.removed == 1


def test_where_a_head_is_refused_a_listing_of_the_key_is_the_proof(mirrored: Mirrored, bucket: MemoryStore):
    first(mirrored, bucket, [*MANY, *FEW])
    bucket.delete("x.png")
    faulty = Faulty(bucket)
    faulty.hidden = lambda key: key == "y.png"  # by the whole listing
    faulty.fail("head", times=2, error=AccessDenied("403"))
    before_listing_of_one = faulty.list_page
    one_at_a_time = threading.Lock()  # keys are checked in parallel

    def list_page(scope: KeyRange, cursor: object | None) -> ListPage:
        with one_at_a_time:
            faulty.hidden = lambda key: key == "y.png" and scope.prefix != "y.png"
            return before_listing_of_one(scope, cursor)

    faulty.list_page = list_page  # type: ignore[method-assign]
    report = mirrored.run(faulty)
    assert (report.counts.removed, report.counts.missing) == (1, 1)
    assert mirrored.states()["x.png"] == "trash"
    assert mirrored.states()["y.png"] == "present"


def test_an_object_that_a_listing_left_out_is_not_removed(mirrored: Mirrored, bucket: MemoryStore):
    first(mirrored, bucket, [*MANY, *FEW])
    lying = Faulty(bucket)
    lying.hidden = lambda key: key in ("x.png", "y.png")
    report = mirrored.run(lying)
    assert (report.state, report.counts.removed, report.counts.missing) == (RunState.SUCCEEDED, 0, 2)
    assert "still exists" in (outcomes(mirrored, report.run)["x.png"][1] or "")
    assert set(mirrored.states().values()) == {"present"}


def test_a_source_that_stops_answering_is_not_asked_for_ever(mirrored: Mirrored, bucket: MemoryStore):
    keys = [f"{number}.png" for number in range(2000)]
    for key in keys:
        bucket.put(key, picture(0))
    mirrored.run()
    for key in keys[:190]:
        bucket.delete(key)
    faulty = Faulty(bucket)
    faulty.fail("head", times=10_000)
    report = mirrored.run(faulty)
    assert (report.counts.removed, report.counts.missing) == (0, 190)
    assert MAX_UNANSWERED <= report.requests.head < 190


def test_kept_orphans_are_marked_missing_and_never_held(empty_catalog: Catalog, tmp_path: Path, bucket: MemoryStore):
    mirrored = Mirrored(empty_catalog, tmp_path, bucket, orphans=Orphans.KEEP)
    first(mirrored, bucket, MANY)
    for key in MANY[:30]:
        bucket.delete(key)
    report = mirrored.run()
    assert (report.state, report.counts.missing, report.counts.removed) == (RunState.SUCCEEDED, 30, 0)
    assert set(mirrored.assets("state:missing")) == set(MANY[:30])
    again = mirrored.run()
    assert (again.counts.missing, again.requests.head) == (30, 0)


def test_too_many_removals_wait_and_everything_else_applies(mirrored: Mirrored, bucket: MemoryStore):
    first(mirrored, bucket, [*MANY, *FEW])
    for key in MANY[:25]:
        bucket.delete(key)
    bucket.delete("x.png")
    bucket.put("new.png", picture(500))
    report = mirrored.run()
    assert (report.state, report.counts.new, report.counts.missing) == (RunState.HELD, 1, 26)
    assert report.hold is not None
    assert (report.hold.count, dict(report.hold.by_prefix)) == (26, {"": 1, "a/": 25})
    assert set(mirrored.states().values()) == {"present"}
    assert report.requests.head == 0
    stored = runs.show_run(mirrored.catalog, report.run or 0)
    assert (stored.state, stored.hold) == (RunState.HELD, report.hold)


def test_a_folder_that_is_lost_holds_itself_alone(mirrored: Mirrored, bucket: MemoryStore):
    others = [f"b/{number}.png" for number in range(300)]
    for key in others:
        bucket.put(key, picture(1))
    first_run = [*MANY[:12], "c.png"]
    put_all(bucket, first_run)
    mirrored.run()
    for key in (*MANY[:12], others[0], "c.png"):
        bucket.delete(key)
    report = mirrored.run()
    assert (report.state, report.counts.removed, report.counts.missing) == (RunState.HELD, 2, 12)
    assert report.hold is not None
    assert dict(report.hold.by_prefix) == {"a/": 12}


def test_confirming_removes_exactly_what_was_held(mirrored: Mirrored, bucket: MemoryStore):
    first(mirrored, bucket, [*MANY, *FEW])
    for key in MANY[:25]:
        bucket.delete(key)
    held = mirrored.run()
    bucket.delete("x.png")  # after the pass: nobody confirmed this
    report = mirrored.confirm(held.run)
    assert (report.state, report.counts.removed, report.requests.head) == (RunState.SUCCEEDED, 25, 25)
    assert set(mirrored.assets("state:trash")) == set(MANY[:25])
    assert mirrored.states()["x.png"] == "present"
    stored = runs.show_run(mirrored.catalog, held.run or 0)
    assert stored.state is RunState.SUCCEEDED
    assert stored.hold is not None
    assert stored.hold.confirmed_by == report.run
    with pytest.raises(MirrorlakeError, match="already confirmed"):
        mirrored.confirm(held.run)
    assert mirrored.run().counts.removed == 1


def test_confirming_proves_each_object_gone_once_more(mirrored: Mirrored, bucket: MemoryStore):
    first(mirrored, bucket, MANY)
    kept = {key: picture(number) for number, key in enumerate(MANY)}
    for key in MANY[:25]:
        bucket.delete(key)
    held = mirrored.run()
    bucket.put(MANY[3], kept[MANY[3]])
    report = mirrored.confirm(held.run)
    assert (report.counts.removed, report.counts.missing) == (24, 1)
    assert mirrored.states()[MANY[3]] == "present"
    assert mirrored.run().counts.unchanged == 16


def test_what_was_held_tells_what_became_of_it_and_the_two_runs_lead_to_each_other(
    mirrored: Mirrored, bucket: MemoryStore
):
    first(mirrored, bucket, MANY)
    kept = {key: picture(number) for number, key in enumerate(MANY)}
    for key in MANY[:25]:
        bucket.delete(key)
    held = mirrored.run()
    assert set(outcomes(mirrored, held.run).values()) == {
        (OutcomeKind.MISSING, f"Its removal waits for confirmation: mirrorlake runs confirm {held.run}")
    }
    bucket.put(MANY[3], kept[MANY[3]])
    broken = Faulty(bucket)
    broken.fail("head", keys=lambda key: key == MANY[4])
    stopped = mirrored.confirm(held.run, store=broken)
    done = stopped.run

    told = outcomes(mirrored, held.run)
    assert len(told) == 25
    before = "Its removal was held and confirmed. "
    assert told[MANY[0]] == (OutcomeKind.MISSING, f"{before}Run {done}: Its object is gone; it is in the trash")
    assert told[MANY[3]][1] == f"{before}Run {done}: {outcomes(mirrored, done)[MANY[3]][1]}"
    assert "did not confirm" in str(told[MANY[4]][1])
    assert runs.show_run(mirrored.catalog, done or 0).confirms == held.run
    hold = runs.show_run(mirrored.catalog, held.run or 0).hold
    assert hold is not None
    assert (hold.confirmed_by, hold.superseded_by) == (done, None)


def test_a_confirmation_that_broke_off_tells_what_it_did_and_the_next_one_the_rest(
    mirrored: Mirrored, bucket: MemoryStore, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(removal, "HELD_ROWS", 10)
    first(mirrored, bucket, MANY)
    for key in MANY[:25]:
        bucket.delete(key)
    held = mirrored.run()
    gone = Faulty(bucket)
    gone.fail("head", keys=lambda key: key == MANY[12], error=NoSuchBucket("There is no such bucket any more."))
    broken = mirrored.confirm(held.run, store=gone)
    again = mirrored.confirm(held.run)
    told = outcomes(mirrored, held.run)
    assert f"Run {broken.run}: Its object is gone" in str(told[MANY[0]][1])
    assert f"Run {again.run}: Its object is gone" in str(told[MANY[12]][1])


def test_what_was_held_and_dismissed_or_judged_anew_says_so(mirrored: Mirrored, bucket: MemoryStore):
    first(mirrored, bucket, MANY)
    for key in MANY[:25]:
        bucket.delete(key)
    held = mirrored.run()
    later = mirrored.run()
    assert (
        outcomes(mirrored, held.run)[MANY[0]][1]
        == f"Its removal was held; run {later.run} evaluated the vanished objects again"
    )
    assert "waits for confirmation" in str(outcomes(mirrored, later.run)[MANY[0]][1])
    hold = runs.show_run(mirrored.catalog, held.run or 0).hold
    assert hold is not None
    assert hold.superseded_by == later.run
    request_cancel(mirrored.catalog, later.run or 0, "somebody")
    assert "dismissed" in str(outcomes(mirrored, later.run)[MANY[0]][1])


def test_a_new_file_in_between_does_not_change_the_plans_name(mirrored: Mirrored, bucket: MemoryStore):
    first(mirrored, bucket, MANY)
    for key in MANY[:25]:
        bucket.delete(key)
    one = mirrored.run()
    bucket.put("new.png", picture(500))
    other = mirrored.run()
    assert one.hold is not None
    assert other.hold is not None
    assert one.hold.plan_hash == other.hold.plan_hash
    assert mirrored.confirm(one.run).counts.removed == 25
    assert runs.show_run(mirrored.catalog, other.run or 0).state is RunState.SUCCEEDED


def test_what_is_held_waits_for_a_person_however_many_objects_come(mirrored: Mirrored, bucket: MemoryStore):
    first(mirrored, bucket, MANY)
    for key in MANY[:25]:
        bucket.delete(key)
    put_others(bucket)  # among 80 objects 25 would be few enough
    one = mirrored.run()
    other = mirrored.run()
    assert one.hold is not None
    assert other.hold is not None
    assert (other.state, other.hold.plan_hash) == (RunState.HELD, one.hold.plan_hash)
    assert other.hold.reason == "25 removals were held before and wait still."
    assert other.hold is not None
    assert mirrored.preview().hold == replace(other.hold, confirm=None)
    bucket.put(MANY[0], picture(0))  # what returns waits no more, and what goes now is judged for itself
    bucket.delete(MANY[30])
    third = mirrored.run()
    assert third.hold is not None
    assert (third.hold.count, third.counts.removed) == (24, 1)
    assert mirrored.confirm(third.run).counts.removed == 24
    assert mirrored.run().state is RunState.SUCCEEDED


def test_what_was_held_and_could_not_be_listed_since_waits_still(mirrored: Mirrored, bucket: MemoryStore):
    first(mirrored, bucket, MANY)
    for key in MANY[15:]:
        bucket.delete(key)
    put_others(bucket)
    assert mirrored.run().state is RunState.HELD
    cut = Faulty(bucket)
    cut.fail("list", at=2, times=99)  # the first page ends before all that is held
    assert mirrored.run(cut).state is RunState.SUCCEEDED
    held = mirrored.run()
    assert held.hold is not None
    assert held.hold.count == 25


def test_what_was_held_waits_on_where_a_pass_did_not_judge_it_by_settings_that_changed(
    mirrored: Mirrored, bucket: MemoryStore
):
    first(mirrored, bucket, MANY)
    for key in MANY[15:]:
        bucket.delete(key)
    put_others(bucket)
    assert mirrored.run().state is RunState.HELD
    meanwhile = Faulty(bucket)
    meanwhile.before_list = lambda: mirrored.change(exclude=("never.png",))
    assert mirrored.run(meanwhile).state is RunState.SUCCEEDED
    held = mirrored.run()
    assert held.hold is not None
    assert held.hold.count == 25


def test_what_was_dismissed_is_judged_anew(mirrored: Mirrored, bucket: MemoryStore):
    first(mirrored, bucket, MANY)
    for key in MANY[:25]:
        bucket.delete(key)
    put_others(bucket)
    held = mirrored.run()
    request_cancel(mirrored.catalog, held.run or 0, "somebody")
    assert mirrored.run().counts.removed == 25


def test_a_plan_is_confirmed_by_its_hash(mirrored: Mirrored, bucket: MemoryStore):
    first(mirrored, bucket, MANY)
    for key in MANY:
        bucket.delete(key)
    held = mirrored.run()
    assert held.hold is not None
    assert "empty" in held.hold.reason
    with pytest.raises(NotFound):
        mirrored.confirm(plan_hash="0" * 64)
    assert mirrored.confirm(plan_hash=held.hold.plan_hash).counts.removed == 40


def test_an_outdated_hold_is_refused(mirrored: Mirrored, bucket: MemoryStore):
    first(mirrored, bucket, MANY)
    for key in MANY[:25]:
        bucket.delete(key)
    held = mirrored.run()
    bucket.delete(MANY[30])
    later = mirrored.run()
    assert later.hold is not None
    assert later.hold.count == 26
    with pytest.raises(MirrorlakeError, match=f"outdated.*run {later.run}"):
        mirrored.confirm(held.run)
    assert set(mirrored.states().values()) == {"present"}
    assert mirrored.confirm(later.run).counts.removed == 26


def test_a_failed_pass_supersedes_nothing(mirrored: Mirrored, bucket: MemoryStore):
    first(mirrored, bucket, MANY)
    for key in MANY[:25]:
        bucket.delete(key)
    held = mirrored.run()
    faulty = Faulty(bucket)
    faulty.fail("list")
    assert mirrored.run(faulty).state is RunState.FAILED
    assert mirrored.confirm(held.run).counts.removed == 25


def test_a_confirmation_that_fails_can_be_repeated(mirrored: Mirrored, bucket: MemoryStore):
    first(mirrored, bucket, MANY)
    for key in MANY[:25]:
        bucket.delete(key)
    held = mirrored.run()
    bucket.exists = False
    assert mirrored.confirm(held.run).state is RunState.FAILED
    assert set(mirrored.states().values()) == {"present"}
    bucket.exists = True
    assert mirrored.confirm(held.run).counts.removed == 25


def test_what_patterns_no_longer_take_is_an_orphan_that_nobody_is_asked_about(mirrored: Mirrored, bucket: MemoryStore):
    first(mirrored, bucket, [*MANY, *FEW])
    before = mirrored.assets()
    mirrored.change(exclude=("x.png",))
    report = mirrored.run()
    assert (report.state, report.counts.removed, report.requests.head) == (RunState.SUCCEEDED, 1, 0)
    assert mirrored.states()["x.png"] == "trash"
    mirrored.change()
    assert mirrored.run().requests.get == 0
    assert mirrored.assets()["x.png"].id == before["x.png"].id


def test_the_guard_covers_patterns_too(mirrored: Mirrored, bucket: MemoryStore):
    first(mirrored, bucket, [*MANY, *FEW])
    mirrored.change(globs=("*.png",))
    report = mirrored.run()
    assert (report.state, report.counts.missing) == (RunState.HELD, 40)
    assert mirrored.confirm(report.run).counts.removed == 40
    assert mirrored.visible() == set(FEW)


def test_removed_orphans_are_gone_for_good(empty_catalog: Catalog, tmp_path: Path, bucket: MemoryStore):
    mirrored = Mirrored(empty_catalog, tmp_path, bucket, orphans=Orphans.REMOVE)
    first(mirrored, bucket, [*MANY, *FEW])
    bucket.delete("x.png")
    assert mirrored.run().counts.removed == 1
    assert "x.png" not in mirrored.states()
    assert mirrored.run().counts.removed == 0


@pytest.mark.parametrize(
    ("orphans", "gone", "left_out"),
    [
        (Orphans.KEEP, "Its object is gone", "No pattern selects it any more"),
        (Orphans.TRASH, "Its object is gone; it is in the trash", "No pattern selects it any more; it is in the trash"),
        (Orphans.REMOVE, "Its object is gone; it was removed", "No pattern selects it any more; it was removed"),
    ],
)
def test_an_outcome_says_whether_an_object_is_gone_or_left_out(
    mirrored: Mirrored, bucket: MemoryStore, orphans: Orphans, gone: str, left_out: str
):
    first(mirrored, bucket, [*MANY, *FEW])
    mirrored.change(orphans=orphans, globs=("a/*", "x.png", "z.png"))
    bucket.delete("x.png")
    told = outcomes(mirrored, mirrored.run().run)
    assert {key: reason for key, (_, reason) in told.items()} == {"x.png": gone, "y.png": left_out}
    again = {key: reason for key, (_, reason) in outcomes(mirrored, mirrored.run().run).items()}
    still = {"x.png": "Its object is still gone", "y.png": left_out}
    assert again == (still if orphans is Orphans.KEEP else {})


def test_a_refused_object_that_vanishes_takes_its_earlier_picture_along(mirrored: Mirrored, bucket: MemoryStore):
    first(mirrored, bucket, [*MANY, *FEW])
    bucket.put("x.png", b"no picture any more")
    bucket.put("never.png", b"never was one")
    assert mirrored.run().counts.failed == 2
    bucket.delete("x.png")
    bucket.delete("never.png")
    assert mirrored.run().counts.removed == 1
    assert mirrored.states()["x.png"] == "trash"
    assert mirrored.run().counts.removed == 0


def test_a_pass_whose_datasource_leaves_its_connection_meanwhile_removes_nothing(
    mirrored: Mirrored, bucket: MemoryStore
):
    """It has listed what the other connection reaches."""
    mirrored.change(orphans=Orphans.REMOVE)
    first(mirrored, bucket, [*MANY, *FEW])
    bucket.delete("x.png")

    def connect() -> None:
        with mirrored.catalog.write() as connection:
            connection.execute(
                "INSERT INTO connection (name, kind, settings, external_id, trusted)"
                " VALUES ('new', 'aws-ambient', '{}', 'x', true) ON CONFLICT DO NOTHING"
            )
            connection.execute("UPDATE datasource SET connection_id = (SELECT id FROM connection)")

    meanwhile = Faulty(bucket)
    meanwhile.before_list = connect
    report = mirrored.run(meanwhile)
    assert (report.state, report.counts.removed, report.counts.missing) == (RunState.SUCCEEDED, 0, 1)
    assert mirrored.states()["x.png"] == "present"


@pytest.mark.parametrize("orphans", [Orphans.TRASH, Orphans.REMOVE])
def test_who_spares_orphans_while_a_pass_is_at_work_is_heard_by_it(
    mirrored: Mirrored, bucket: MemoryStore, orphans: Orphans
):
    mirrored.change(orphans=orphans)
    first(mirrored, bucket, [*MANY, *FEW])
    bucket.delete("x.png")
    before = mirrored.source
    meanwhile = Faulty(bucket)
    meanwhile.before_list = lambda: mirrored.change(orphans=Orphans.KEEP)
    report = mirrored.run(meanwhile)
    assert before != mirrored.source
    assert (report.state, report.counts.removed, report.counts.missing) == (RunState.SUCCEEDED, 0, 1)
    assert "settings changed" in (outcomes(mirrored, report.run)["x.png"][1] or "")
    assert mirrored.states()["x.png"] == "present"
    assert mirrored.run().counts.missing == 1
    assert mirrored.states()["x.png"] == "missing"
