"""Workers repack thumbnails without being asked: once much is dead space, not all at once, and never what is new."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.photos import Photos
from tests.support.thumbnails import packs

from mirrorlake.catalog import jobs, thumbnail_packs
from mirrorlake.catalog.thumbnails import exclusive_lock
from mirrorlake.jobs.execution import new_job
from mirrorlake.jobs.handlers import thumbnails as handlers
from mirrorlake.mirror.thumbnails import Thumbnails
from mirrorlake.model.jobs import Job, JobKind, JobState
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.library_store import LibraryStore
from mirrorlake.processing.packs import NAME_BYTES, pack_key, write_pack
from mirrorlake.processing.thumbnails import DIGEST_BYTES
from mirrorlake.search.run import stream


class Old(Photos):
    """A library whose packs are as old as the test lets them be."""

    def age(self, hours: int = 26) -> None:
        """Let time pass, for packs and cleanups."""
        with self.catalog.write() as connection:
            connection.execute("UPDATE thumbnail_pack SET created = created - make_interval(hours => %s)", (hours,))
            connection.execute(
                "UPDATE job SET created = created - make_interval(hours => %s) WHERE kind = 'thumbnails_clean'",
                (hours,),
            )

    def replace_all(self, count: int, *, content: int) -> None:
        """Other pictures under the same names: their thumbnails are in one pack, and the former ones are in no use."""
        self.put(*range(count), content=content)
        self.mirror()

    def cleanups(self) -> list[Job]:
        return jobs.list_jobs(self.catalog, limit=20, kind=JobKind.THUMBNAILS_CLEAN.value)

    def last(self) -> dict[str, object]:
        """The result of the newest cleanup."""
        job = self.library.jobs.get(self.cleanups()[0].id)
        assert job.state is JobState.SUCCEEDED
        assert job.result is not None
        return {name: job.result[name] for name in ("removed", "repacked", "remaining", "hold")}

    def packs(self) -> list[Path]:
        return packs(self.settings.thumbnails)

    def all_are_shown(self) -> bool:
        reader = Thumbnails(self.catalog, LibraryStore.in_folder(self.settings.thumbnails).store)
        digests = [self.library.assets.get(asset.id).digest for asset in stream(self.catalog, "")]
        return all(reader.read(bytes.fromhex(digest)) for digest in digests if digest)


def _long_ago(_store: object, _key: str) -> float:
    """When the library marker was written."""
    return 0.0


def _long_after(*_args: object) -> float:
    """The time of the store's clock, when all of its objects are old."""
    return 1e12


@pytest.fixture
def photos(empty_catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Old:
    monkeypatch.setattr("mirrorlake.library.cleanup._modified", _long_ago)
    photos = Old(empty_catalog, tmp_path)
    photos.replace_all(8, content=0)
    return photos


def nothing(**found: object) -> dict[str, object]:
    return {"removed": 0, "repacked": 0, "remaining": 0, "hold": None} | found


def test_dead_space_is_repacked_by_the_worker_and_the_job_is_listed(photos: Old):
    photos.replace_all(5, content=100)
    size = sum(path.stat().st_size for path in photos.packs())
    photos.work()
    assert photos.cleanups() == []  # its packs are new
    photos.age()
    photos.work()
    assert photos.last() == nothing(removed=5, repacked=2)
    assert len(photos.packs()) == 1
    assert photos.packs()[0].stat().st_size < 0.8 * size
    assert photos.all_are_shown()
    photos.work()
    assert len(photos.cleanups()) == 1
    photos.age()
    photos.work()
    assert (len(photos.cleanups()), photos.last()) == (2, nothing())


def test_little_dead_space_is_left(photos: Old):
    photos.replace_all(1, content=100)  # a ninth
    photos.age()
    before = photos.packs()
    photos.work()
    assert photos.last() == nothing()
    assert photos.packs() == before
    photos.settings = replace(photos.settings, repack_percent=5)
    photos.age()
    photos.work()
    assert photos.last() == nothing(removed=1, repacked=2)


def test_what_the_catalog_does_not_know_is_left_to_a_person(photos: Old, monkeypatch: pytest.MonkeyPatch):
    """It may be of a library that was restored from a backup of this one, or of the one whose backup this is."""
    monkeypatch.setattr("mirrorlake.library.cleanup.MAX_UNCONFIRMED", 3)
    monkeypatch.setattr("mirrorlake.library.cleanup._store_clock", _long_after)
    photos.replace_all(5, content=100)
    photos.age()
    data, _ = write_pack([(bytes([number]) * DIGEST_BYTES, b"a thumbnail") for number in range(20)])
    unknown = photos.settings.thumbnails / pack_key(b"2" * NAME_BYTES)
    unknown.parent.mkdir(parents=True, exist_ok=True)
    unknown.write_bytes(data)
    photos.work()
    assert photos.last() == nothing(removed=5, repacked=2)
    assert unknown.exists()
    for confirmed in (None, 20):
        assert unknown.exists()
        jobs.request(photos.catalog, new_job(JobKind.THUMBNAILS_CLEAN, handlers.CleanArgs(acknowledged=confirmed)))
        photos.work()
    assert photos.last() == nothing(removed=20)
    assert not unknown.exists()


def test_it_can_be_turned_off(photos: Old):
    photos.settings = replace(photos.settings, repack_percent=0)
    photos.replace_all(8, content=100)
    photos.age()
    photos.work()
    assert photos.cleanups() == []


def test_one_job_rewrites_only_so_many_packs_and_the_next_one_comes_within_hours(
    photos: Old, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(handlers, "UPKEEP_PACKS", 2)
    monkeypatch.setattr("mirrorlake.library.repack.PACK_THUMBNAILS", 2)
    monkeypatch.setattr("mirrorlake.library.repack.SMALL_PACK", 2)
    for number in range(10, 16):  # each is a pack, of which two fit into one
        photos.put(number)
        photos.mirror()
    photos.replace_all(8, content=200)
    photos.age()
    photos.work()
    assert photos.last() == nothing(removed=8, repacked=2, remaining=4)
    photos.work()
    assert len(photos.cleanups()) == 1
    photos.age(2)
    photos.work()
    assert photos.last() == nothing(repacked=2, remaining=2)  # although there is little dead space now
    photos.age(2)
    photos.work()
    photos.age(2)
    photos.work()
    assert (len(photos.cleanups()), photos.last()) == (3, nothing(repacked=2))
    assert photos.all_are_shown()


def test_packs_that_are_gone_do_not_keep_the_others_from_their_turn(photos: Old, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(handlers, "UPKEEP_PACKS", 2)
    monkeypatch.setattr("mirrorlake.library.repack.PACK_THUMBNAILS", 2)
    monkeypatch.setattr("mirrorlake.library.repack.SMALL_PACK", 2)
    photos.replace_all(8, content=100)
    for number in range(10, 16):  # each is a pack, of which two fit into one
        photos.put(number)
        photos.mirror()
    ordered = thumbnail_packs.list_packs(photos.catalog)
    small = [photos.settings.thumbnails / pack_key(one.name) for one in ordered if one.used == 1]
    for path in small[:4]:  # as a rule of a bucket that deletes what is old
        path.unlink()
    photos.age()
    photos.work()
    assert photos.last() == nothing(removed=8, repacked=2)


def test_what_a_run_may_still_be_committing_is_not_rewritten(photos: Old):
    photos.age()
    photos.replace_all(5, content=100)
    new = [one for one in thumbnail_packs.list_packs(photos.catalog) if one.age_s < 3600]
    photos.work()
    assert photos.last() == nothing(removed=5, repacked=1)
    assert {one.name for one in new} <= {one.name for one in thumbnail_packs.list_packs(photos.catalog)}
    assert photos.all_are_shown()


def test_beside_a_command_the_job_fails_with_its_reason_and_is_tried_again_a_day_later(photos: Old):
    photos.replace_all(8, content=100)
    photos.age()
    with exclusive_lock(photos.catalog):
        photos.work()
    (job,) = photos.cleanups()
    assert (job.state, "Another command" in (job.error or "")) == (JobState.FAILED, True)
    photos.age()
    photos.work()
    assert photos.last()["removed"] == 8


def test_when_most_would_go_a_person_is_asked(photos: Old, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mirrorlake.library.cleanup.MAX_UNCONFIRMED", 3)
    photos.replace_all(8, content=100)
    photos.replace_all(8, content=200)
    photos.age()
    before = photos.packs()
    photos.work()
    assert "more than half" in str(photos.last()["hold"])
    assert photos.packs() == before
