"""What cannot be listed is left alone, exactly that: everything else of the pass applies."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from tests.support.faulty import Faulty
from tests.support.passes import Mirrored, picture, put_all

from mirrorlake.catalog import runs
from mirrorlake.catalog.outcomes import record_gaps
from mirrorlake.core.errors import AccessDenied, ListingDisordered, MirrorlakeError, NoSuchBucket, SourceUnreachable
from mirrorlake.model.objects import Gap, KeyRange
from mirrorlake.model.runs import OutcomeKind, RunState, Trigger
from mirrorlake.model.sources import Location, Provider
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.base import ListPage
from mirrorlake.storage.providers.folder.store import FolderStore
from mirrorlake.storage.providers.memory.store import MemoryStore

KEYS = [f"{letter}/{number}.png" for letter in "abcdef" for number in range(9)]


class Ranged(Faulty):
    """Fails at every page of the range in which a key lies, but the first few."""

    def __init__(self, store: MemoryStore, key: str, error: MirrorlakeError, *, after_pages: int) -> None:
        super().__init__(store)
        self.key, self.error, self.left = key, error, after_pages

    def list_page(self, scope: KeyRange, cursor: object | None) -> ListPage:
        if (scope.after or "") < self.key and (scope.until is None or self.key <= scope.until):
            self.left -= 1
            if self.left < 0:
                raise self.error
        return super().list_page(scope, cursor)


@pytest.fixture
def bucket() -> MemoryStore:
    bucket = MemoryStore(page_rows=2)
    put_all(bucket, KEYS)
    return bucket


@pytest.fixture
def mirrored(empty_catalog: Catalog, tmp_path: Path, bucket: MemoryStore) -> Mirrored:
    mirrored = Mirrored(empty_catalog, tmp_path, bucket)
    assert mirrored.run().counts.new == len(KEYS)
    return mirrored


def change_everywhere(bucket: MemoryStore) -> None:
    """One deletion and one new object in each folder."""
    for number, letter in enumerate("abcdef"):
        bucket.delete(f"{letter}/5.png")
        bucket.put(f"{letter}/new.png", picture(200 + number))


def folders(keys: set[str]) -> str:
    return "".join(sorted({key[0] for key in keys}))


def test_a_range_that_cannot_be_listed_blocks_itself_alone(mirrored: Mirrored, bucket: MemoryStore):
    change_everywhere(bucket)
    report = mirrored.run(Ranged(bucket, "c/4.png", AccessDenied("403 AccessDenied."), after_pages=0), ranges=6)
    assert report.state is RunState.SUCCEEDED
    assert "403 AccessDenied" in (report.error or "")
    states = mirrored.states()
    trashed = {key for key, state in states.items() if state == "trash"}
    assert folders(trashed) == "abdef"
    assert folders({key for key in states if key.endswith("new.png")}) == "acdef"  # the range ends at "c/new"
    clean = mirrored.run(ranges=6)
    assert (clean.counts.new, clean.counts.removed, clean.error) == (1, 1, None)


def test_what_was_listed_before_an_error_applies_in_full(mirrored: Mirrored, bucket: MemoryStore):
    change_everywhere(bucket)
    report = mirrored.run(Ranged(bucket, "a", SourceUnreachable("503 SlowDown."), after_pages=13))
    assert (report.state, report.counts.listed) == (RunState.SUCCEEDED, 26)  # "c/8.png" is the last of them
    assert report.error is not None
    assert "after 'c/8.png' (503 SlowDown" in report.error
    states = mirrored.states()
    assert {key for key, state in states.items() if state == "trash"} == {"a/5.png", "b/5.png", "c/5.png"}
    assert {key for key in states if key.endswith("new.png")} == {"a/new.png", "b/new.png"}
    assert runs.show_run(mirrored.catalog, report.run or 0).error == report.error
    clean = mirrored.run()
    assert (clean.counts.new, clean.counts.removed) == (4, 3)


def test_a_sidecar_that_was_not_listed_has_not_gone(mirrored: Mirrored, bucket: MemoryStore):
    bucket.put("b/0.json", b'{"lot": 7}')
    bucket.put("b/0.bmp", picture(0))
    mirrored.run()
    before = {key: asset.metadata for key, asset in mirrored.assets().items()}
    assert before["b/0.png"] == before["b/0.bmp"] == {"lot": 7}
    for page_rows in (1, 2, 3):  # the last page ends before, at and after the sidecar
        narrow = MemoryStore(page_rows=page_rows)
        narrow.__dict__["_objects"] = bucket.__dict__["_objects"]
        for pages in range(3, 13):
            report = mirrored.run(Ranged(narrow, "a", SourceUnreachable("reset."), after_pages=pages))
            assert report.counts.metadata_changed == 0
    assert {key: asset.metadata for key, asset in mirrored.assets().items()} == before


def test_nothing_of_a_disordered_range_counts(mirrored: Mirrored, bucket: MemoryStore):
    change_everywhere(bucket)
    disorder = ListingDisordered("The listing holds 'c/3.png' twice.")
    report = mirrored.run(Ranged(bucket, "c/4.png", disorder, after_pages=1), ranges=6)
    assert (report.state, report.counts.removed, report.counts.new) == (RunState.SUCCEEDED, 5, 5)
    assert "b/new.png" not in mirrored.states()  # the range begins behind "b/new"
    assert mirrored.run(Ranged(bucket, "c/4.png", disorder, after_pages=1)).state is RunState.FAILED


def test_an_error_that_concerns_the_whole_source_fails_the_pass_and_changes_nothing(
    mirrored: Mirrored, bucket: MemoryStore
):
    change_everywhere(bucket)
    before = mirrored.states()
    report = mirrored.run(Ranged(bucket, "c/4.png", NoSuchBucket("It is gone."), after_pages=1), ranges=6)
    assert (report.state, report.counts.listed) == (RunState.FAILED, 0)
    assert mirrored.states() == before


def test_a_source_of_which_nothing_can_be_listed_fails(mirrored: Mirrored, bucket: MemoryStore):
    faulty = Faulty(bucket)
    faulty.fail("list", times=100, error=AccessDenied("403 AccessDenied."))
    report = mirrored.run(faulty, ranges=6)
    assert (report.state, report.error) == (RunState.FAILED, "403 AccessDenied.")
    assert set(mirrored.states().values()) == {"present"}


def test_an_unreadable_folder_blocks_exactly_what_is_below_it(
    empty_catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    root = tmp_path / "photos"
    for number, key in enumerate(["a.png", "m/a.png", "m/closed/b.png", "m/closed/deep/c.png", "m/z.png", "z.png"]):
        (root / key).parent.mkdir(parents=True, exist_ok=True)
        (root / key).write_bytes(picture(number))
    location = Location(provider=Provider.FILE, container=str(root))
    mirrored = Mirrored(empty_catalog, tmp_path, FolderStore(location), location=location)
    mirrored.run()
    for key in ("m/a.png", "m/closed/b.png"):
        (root / key).unlink()
    (root / "m/new.png").write_bytes(picture(99))
    real = os.open

    def refusing(path: str, flags: int, *args: int, dir_fd: int | None = None) -> int:
        if path == "closed":
            raise PermissionError(13, "Permission denied")
        return real(path, flags, *args, dir_fd=dir_fd)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refusing)
        report = mirrored.run(FolderStore(location))
    assert (report.state, report.counts.removed, report.counts.new) == (RunState.SUCCEEDED, 1, 1)
    assert "below 'm/closed/'" in (report.error or "")
    states = mirrored.states()
    assert {states["m/closed/b.png"], states["m/closed/deep/c.png"]} == {"present"}
    assert states["m/a.png"] == "trash"
    told = {one.key: (one.kind, one.stage) for one in runs.outcomes(empty_catalog, report.run or 0, limit=10)}
    assert told["m/closed/"] == (OutcomeKind.FAILED, "list")
    clean = mirrored.run(FolderStore(location))
    assert (clean.counts.removed, clean.counts.new, clean.error) == (1, 0, None)


def test_another_disk_of_which_not_all_could_be_listed_is_not_believed_in(
    empty_catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    root = tmp_path / "photos"
    (root / "m").mkdir(parents=True)
    for number in range(12):
        (root / f"m/{number:02}.png").write_bytes(picture(number))
    location = Location(provider=Provider.FILE, container=str(root))
    mirrored = Mirrored(empty_catalog, tmp_path, FolderStore(location), location=location)
    mirrored.run()
    root.rename(tmp_path / "away")
    shutil.copytree(tmp_path / "away", root)
    (root / "m/00.png").unlink()
    real = os.open

    def refusing(path: str, flags: int, *args: int, dir_fd: int | None = None) -> int:
        if path == "m":
            raise PermissionError(13, "Permission denied")
        return real(path, flags, *args, dir_fd=dir_fd)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refusing)
        assert mirrored.run(FolderStore(location)).error is not None
    held = mirrored.run(FolderStore(location))
    assert held.state is RunState.HELD
    assert held.hold is not None
    assert "another disk" in held.hold.reason
    assert set(mirrored.states().values()) == {"present"}


def test_a_folder_that_no_index_can_hold_is_reported_in_short(mirrored: Mirrored) -> None:
    deep = "".join(f"{number:x}/" for number in range(2**40, 2**40 + 500))
    lease = runs.begin(mirrored.catalog, mirrored.source.id, Trigger.MANUAL)
    record_gaps(lease, [Gap(range=KeyRange(prefix=deep), reason="denied")])
    (outcome,) = runs.outcomes(mirrored.catalog, lease.run_id, limit=9)
    assert outcome.key == f"{deep[:100]}…{deep[-100:]}"
    lease.close()
