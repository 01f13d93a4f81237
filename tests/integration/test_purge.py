"""The trash is emptied only of what nobody uses, has waited long enough, and is proven gone once more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.faulty import Faulty
from tests.support.passes import Mirrored, put_all
from tests.support.two import KEYS as TWO_KEYS
from tests.support.two import Two, planned_nothing

from mirrorlake.catalog import annotations, datasources, deletion, edits, ontologies, projects, runs
from mirrorlake.core.errors import NotFound, SourceUnreachable, UsageError
from mirrorlake.core.settings import Settings
from mirrorlake.mirror.report import Report
from mirrorlake.model.edits import Edit
from mirrorlake.model.labels import Box, LabelClass, NewAnnotation, Shape
from mirrorlake.model.objects import ObjectInfo
from mirrorlake.model.runs import RunState
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.store_factory import OpenedStore
from mirrorlake.services.removal import purge_trash
from mirrorlake.storage.base import Store
from mirrorlake.storage.providers.memory.store import MemoryStore

KEYS = [f"{number:02}.png" for number in range(20)]
GONE = KEYS[:6]


@pytest.fixture
def bucket() -> MemoryStore:
    bucket = MemoryStore()
    put_all(bucket, KEYS)
    return bucket


@pytest.fixture
def mirrored(empty_catalog: Catalog, tmp_path: Path, bucket: MemoryStore) -> Mirrored:
    mirrored = Mirrored(empty_catalog, tmp_path, bucket)
    mirrored.run()
    for key in GONE:
        bucket.delete(key)
    assert mirrored.run().counts.removed == len(GONE)
    return mirrored


def purge(
    mirrored: Mirrored, count: int | None, *, days: int = 0, store: Store | None = None
) -> tuple[int, Report | None]:
    store_factory = OpenedStore(store or mirrored.store)
    found, report = purge_trash(
        Settings(home=mirrored.folder),
        mirrored.catalog,
        mirrored.source.name,
        days=days,
        acknowledged=count,
        requested_by="a test",
        store_factory=lambda _source: store_factory,
    )
    return found.acknowledge, report


def test_nothing_goes_before_its_number_was_said(mirrored: Mirrored):
    assert purge(mirrored, None) == (6, None)
    with pytest.raises(UsageError, match="6 assets would be deleted, not 5"):
        purge(mirrored, 5)
    with pytest.raises(NotFound):
        purge_trash(
            Settings(home=mirrored.folder), mirrored.catalog, "nobody", days=0, acknowledged=None, requested_by="a test"
        )
    assert len(mirrored.states()) == 20


def test_a_purge_removes_for_good_and_the_next_pass_plans_nothing(mirrored: Mirrored):
    _, report = purge(mirrored, 6)
    assert report is not None
    assert (report.state, report.counts.removed, report.requests.head) == (RunState.SUCCEEDED, 6, 6)
    assert set(mirrored.states()) == set(KEYS) - set(GONE)
    after = mirrored.run()
    assert (after.counts.unchanged, after.counts.missing, after.counts.removed) == (14, 0, 0)
    assert purge(mirrored, None) == (0, None)


def test_a_purge_forgets_what_the_pictures_showed(mirrored: Mirrored):
    assert _hashes(mirrored.catalog) == len(KEYS)
    purge(mirrored, 6)
    assert _hashes(mirrored.catalog) == len(KEYS) - 6


def _hashes(catalog: Catalog) -> int:
    with catalog.read() as connection:
        row = connection.execute("SELECT count(*) FROM picture_hash").fetchone()
    assert row is not None
    return int(row[0])


def test_a_purge_removes_what_users_worked_on_and_leaves_nothing_of_it(mirrored: Mirrored, bucket: MemoryStore):
    trashed = mirrored.assets("state:trash")
    edits.apply(mirrored.catalog, [trashed["00.png"].id], Edit(add_tags=("mine",)))
    edits.apply(mirrored.catalog, [trashed["01.png"].id], Edit(metadata={"mine": 1}))
    ontologies.save(mirrored.catalog, "yard", [LabelClass(name="forklift", colour="#ff0000", shape=Shape.BOX)])
    drawn = [NewAnnotation(class_name="forklift", geometry=Box(0.3, 0.1, 0.1, 0.1))]
    annotations.replace(mirrored.catalog, trashed["02.png"].id, "yard", drawn)
    _, report = purge(mirrored, 6)
    assert report is not None
    assert report.counts.removed == 6
    assert {one.reason for one in runs.outcomes(mirrored.catalog, report.run or 0, limit=10)} == {
        "Its object is gone; it was removed"
    }
    assert mirrored.assets("state:any").keys() == set(KEYS) - set(GONE)
    put_all(bucket, GONE)
    assert mirrored.run().counts.new == len(GONE)


def test_what_was_touched_of_late_stays(mirrored: Mirrored):
    assert purge(mirrored, None, days=1) == (0, None)


def test_what_a_project_uses_or_stands_again_or_is_unknown_stays(mirrored: Mirrored, bucket: MemoryStore):
    used = mirrored.assets("state:trash")["00.png"].id
    projects.add(mirrored.catalog, "roads", [used])
    put_all(bucket, ["01.png"])  # back, and no pass has seen it yet
    faulty = Faulty(bucket)
    faulty.fail("head", times=100, error=SourceUnreachable("timed out"), keys=lambda key: key == "02.png")
    _, report = purge(mirrored, 5, store=faulty)
    assert report is not None
    assert (report.counts.removed, report.counts.missing) == (3, 2)
    assert {key for key, state in mirrored.states().items() if state == "trash"} == {"00.png", "01.png", "02.png"}
    told = {one.key: one.reason for one in runs.outcomes(mirrored.catalog, report.run or 0, limit=10)}
    assert told["03.png"] == "Its object is gone; it was removed"
    assert (told["01.png"] or "").startswith("Its object exists again")


def test_the_trash_of_a_deleted_datasource_can_be_emptied_and_does_not_revive_it(
    mirrored: Mirrored, bucket: MemoryStore
):
    deletion.delete(mirrored.catalog, mirrored.source, 14)
    for key in KEYS:
        bucket.delete(key)
    _, report = purge(mirrored, 20)
    assert report is not None
    assert report.counts.removed == 20
    assert mirrored.states() == {}
    assert datasources.list_all(mirrored.catalog) == []


def test_what_no_pattern_takes_is_purged_though_it_stands(mirrored: Mirrored):
    mirrored.change(exclude=("19.png",))
    mirrored.run()
    _, report = purge(mirrored, 7)
    assert report is not None
    assert (report.counts.removed, report.requests.head) == (7, 6)


@pytest.mark.parametrize("by_younger", [False, True])
def test_the_trash_of_two_datasources_is_emptied_by_either_once_both_let_go(
    empty_catalog: Catalog, tmp_path: Path, *, by_younger: bool
):
    two = Two(empty_catalog, tmp_path)
    put_all(two.store, TWO_KEYS)
    for each in (two.older, two.younger):
        each.run()
    two.store.delete(TWO_KEYS[0])
    two.older.run()
    emptying = two.younger if by_younger else two.older
    assert purge(emptying, None) == (0, None)  # the younger has not let go of it
    two.younger.run()
    assert purge(emptying, None) == (1, None)
    _, report = purge(emptying, 1)
    assert report is not None
    assert (report.counts.removed, set(two.all())) == (1, set(TWO_KEYS[1:]))
    for each in (two.older, two.younger):
        assert planned_nothing(each.run())


class Noticed(MemoryStore):
    """A bucket that lets somebody do something at the first question for a single object."""

    act: Callable[[], object] = staticmethod(lambda: None)

    def head(self, key: str) -> ObjectInfo:
        act, self.act = self.act, lambda: None
        act()
        return super().head(key)


def test_what_somebody_touches_while_the_trash_is_emptied_stays(mirrored: Mirrored):
    touched = mirrored.assets("state:trash")["00.png"].id
    noticed = Noticed()
    noticed.act = lambda: edits.apply(mirrored.catalog, [touched], Edit(metadata={"mine": 1}))
    _, report = purge(mirrored, 6, store=noticed)
    assert report is not None
    assert (report.counts.removed, report.counts.missing) == (5, 1)
    assert set(mirrored.assets("state:trash")) == {"00.png"}
    assert mirrored.assets("state:trash")["00.png"].metadata == {"mine": 1}
