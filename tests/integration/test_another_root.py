"""A folder whose root is another one (a disk that is not mounted, or not the same): a 404 there proves nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.faulty import Faulty
from tests.support.passes import Mirrored, picture

from mirrorlake.catalog import edits, removal, runs
from mirrorlake.core.errors import LeaseLost
from mirrorlake.mirror.report import Report
from mirrorlake.model.edits import Edit
from mirrorlake.model.identity import Identity
from mirrorlake.model.metadata import MetadataStrategy
from mirrorlake.model.runs import Hold, OutcomeKind, RunState
from mirrorlake.model.sources import Location, Orphans, Provider
from mirrorlake.plan.identity import OTHER_FOLDER
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.providers.folder.store import FolderStore

NAMES = [f"{number}.png" for number in range(6)]


class Disk:
    """A folder of pictures, the first with a sidecar, that can be changed for another one with the same files."""

    def __init__(self, catalog: Catalog, folder: Path) -> None:
        self.root = folder / "photos"
        self.other = folder / "other"
        self.root.mkdir()
        self.other.mkdir()
        for number, name in enumerate(NAMES):
            (self.root / name).write_bytes(picture(number))
        (self.root / "0.json").write_text('{"n": 1}')
        location = Location(provider=Provider.FILE, container=str(self.root))
        self.mirrored = Mirrored(catalog, folder, FolderStore(location), location=location)
        self.mirrored.change(metadata_strategy=MetadataStrategy.OVERWRITE)
        assert self.run().counts.new == len(NAMES)
        edits.apply(catalog, [self.mirrored.assets()["0.png"].id], Edit(metadata={"mine": 1}))

    def swap(self) -> None:
        """What is at the path now goes away, and what was away comes; the files are in both, byte for byte the same."""
        aside = self.root.with_name("aside")
        self.root.rename(aside)
        self.other.rename(self.root)
        aside.rename(self.other)
        for path in sorted(self.other.iterdir()):
            path.rename(self.root / path.name)

    def store(self) -> FolderStore:
        return FolderStore(self.mirrored.source.location)

    def run(self) -> Report:
        return self.mirrored.run(self.store())

    def reasons(self, run_id: int | None) -> dict[str, tuple[OutcomeKind, str | None]]:
        assert run_id is not None
        found = runs.outcomes(self.mirrored.catalog, run_id, limit=100)
        return {one.key: (one.kind, one.reason) for one in found}

    @property
    def believed(self) -> Identity | None:
        return removal.get_identity(self.mirrored.catalog, self.mirrored.source.id)


@pytest.fixture
def disk(empty_catalog: Catalog, tmp_path: Path) -> Disk:
    return Disk(empty_catalog, tmp_path)


def unnamed(hold: Hold | None) -> Hold | None:
    """The hold without the command that names its run: a dry run has none."""
    return hold and replace(hold, confirm=None)


def test_another_root_with_everything_in_it_is_believed_from_then_on(disk: Disk):
    before = disk.believed
    disk.swap()
    report = disk.run()
    assert (report.state, report.counts.unchanged) == (RunState.SUCCEEDED, len(NAMES))
    assert disk.believed not in (None, before)


def test_a_sidecar_that_is_not_in_another_root_takes_nothing_back_without_consent(disk: Disk):
    believed = disk.believed
    disk.swap()
    (disk.root / "0.json").unlink()
    would = disk.mirrored.preview()
    for _ in range(2):
        report = disk.run()
        assert (report.state, report.requests.head, report.counts.skipped) == (RunState.HELD, 0, 1)
        assert report.hold is not None
        assert (report.hold.count, OTHER_FOLDER in report.hold.reason) == (0, True)
        assert would.hold == unnamed(report.hold)
        assert would.counts == report.counts
        assert (would.would and would.would.head) == 0
        assert disk.mirrored.assets()["0.png"].metadata == {"n": 1, "mine": 1}
        assert disk.believed == believed

    assert disk.mirrored.confirm(report.run, store=disk.store()).state is RunState.SUCCEEDED
    assert disk.mirrored.assets()["0.png"].metadata == {"n": 1, "mine": 1}
    after = disk.run()
    assert (after.state, after.counts.metadata_changed) == (RunState.SUCCEEDED, 1)
    assert disk.mirrored.assets()["0.png"].metadata == {}


def test_when_the_disk_is_back_nothing_of_it_was_lost(disk: Disk):
    disk.swap()
    (disk.root / "0.json").rename(disk.root.parent / "0.json")
    (disk.root / "1.png").rename(disk.root / "moved.png")
    before = disk.mirrored.assets()
    assert disk.run().state is RunState.HELD
    (disk.root / "moved.png").rename(disk.root / "1.png")
    disk.swap()
    (disk.root.parent / "0.json").rename(disk.root / "0.json")
    report = disk.run()
    assert (report.state, report.counts.unchanged) == (RunState.SUCCEEDED, len(NAMES))
    assert disk.mirrored.assets() == before


@pytest.mark.parametrize("orphans", list(Orphans))
def test_a_move_within_another_root_waits_for_consent_and_keeps_its_identity(disk: Disk, orphans: Orphans):
    disk.mirrored.change(orphans=orphans)
    identity = disk.mirrored.assets()["1.png"].id
    disk.swap()
    (disk.root / "1.png").rename(disk.root / "moved.png")
    would = disk.mirrored.preview()
    report = disk.run()
    assert (report.state, report.counts.skipped, report.counts.moved, report.counts.new) == (RunState.HELD, 1, 0, 0)
    assert (would.counts, would.hold) == (report.counts, unnamed(report.hold))
    kind, reason = disk.reasons(report.run)["moved.png"]
    assert (kind, "1.png under another key" in (reason or "")) == (OutcomeKind.SKIPPED, True)
    assert disk.mirrored.states()["1.png"] == "present"

    disk.mirrored.confirm(report.run, store=disk.store())

    assert disk.run().counts.moved == 1
    assert disk.mirrored.assets()["moved.png"].id == identity


def test_a_picture_that_is_not_in_another_root_is_not_even_missing(disk: Disk):
    disk.mirrored.change(orphans=Orphans.KEEP)
    believed = disk.believed
    disk.swap()
    (disk.root / "5.png").unlink()
    report = disk.run()
    assert (report.state, report.counts.missing, report.requests.head) == (RunState.HELD, 1, 0)
    assert "not be the one that held it" in (disk.reasons(report.run)["5.png"][1] or "")
    assert disk.mirrored.states()["5.png"] == "present"
    assert disk.believed == believed
    disk.mirrored.confirm(report.run, store=disk.store())
    assert disk.run().state is RunState.SUCCEEDED
    assert disk.mirrored.states()["5.png"] == "missing"


def test_what_failed_is_not_tried_again_in_another_root(disk: Disk):
    (disk.root / "6.png").write_bytes(b"no picture")
    failed = disk.run().run
    disk.swap()
    (disk.root / "0.json").unlink()
    report = disk.mirrored.retry(failed, disk.store())
    assert (report.state, OTHER_FOLDER in (report.error or "")) == (RunState.FAILED, True)
    assert disk.mirrored.assets()["0.png"].metadata == {"n": 1, "mine": 1}


def test_a_disk_that_goes_just_as_a_pass_begins_is_not_taken_for_the_one_that_it_saw(disk: Disk):
    (disk.root / "0.json").unlink()
    (disk.root / "5.png").unlink()
    store = Faulty(disk.store())
    swaps = [disk.swap]
    store.before_list = lambda: swaps and swaps.pop()()
    report = disk.mirrored.run(store)
    assert report.state is RunState.FAILED
    assert set(disk.mirrored.states().values()) == {"present"}
    assert disk.mirrored.assets()["0.png"].metadata == {"n": 1, "mine": 1}


def test_a_pass_that_lost_its_lease_makes_no_root_the_one_to_believe(disk: Disk):
    believed = disk.believed
    disk.swap()
    store = Faulty(disk.store())

    def taken_over() -> None:
        with disk.mirrored.catalog.write() as connection:
            connection.execute("UPDATE lease SET holder = gen_random_uuid()")

    store.before_list = taken_over
    with pytest.raises(LeaseLost):
        disk.mirrored.run(store)
    assert disk.believed == believed
