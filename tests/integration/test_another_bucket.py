"""A bucket that was replaced by another one of the same name: what it lacks was not deleted from the first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.passes import Mirrored, picture, put_all

from mirrorlake.catalog import removal
from mirrorlake.model.identity import Identity
from mirrorlake.model.runs import RunState
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.providers.memory.store import MemoryStore

FIRST = Identity(facts={"owner": "us", "region": "eu-west-1"}, hints={"creation date": "2024"})
AGAIN = replace(FIRST, hints={"creation date": "2026"})
STRANGER = replace(FIRST, facts={"owner": "them", "region": "eu-west-1"}, hints={"creation date": "2026"})
UNKNOWN = Identity(hints={})
KEYS = [f"{number}.png" for number in range(12)]


class Bucket:
    """A mirrored bucket of twelve pictures, whose identity can be changed."""

    def __init__(self, catalog: Catalog, folder: Path, identity: Identity | None, keys: list[str]) -> None:
        self.store = MemoryStore()
        self.store.identity = identity
        put_all(self.store, keys)
        self.mirrored = Mirrored(catalog, folder, self.store)
        assert self.mirrored.run().counts.new == len(keys)

    def become(self, identity: Identity | None, *, replaced: list[str], gone: list[str]) -> None:
        self.store.identity = identity
        for number, key in enumerate(replaced):
            self.store.put(key, picture(500 + number))
        for key in gone:
            self.store.delete(key)

    @property
    def known(self) -> Identity | None:
        return removal.get_identity(self.mirrored.catalog, self.mirrored.source.id)


def holds(bucket: Bucket, keys: list[str], lost: int) -> bool:
    """Whether a pass holds the removal of the first key, after `lost` objects were replaced or (the first) deleted."""
    preview = bucket.mirrored.preview()
    report = bucket.mirrored.run()
    assert (preview.hold is None) == (report.hold is None)
    assert report.counts.changed == lost - 1  # what can be read is mirrored in any case
    if report.hold is None:
        assert (report.state, report.counts.removed) == (RunState.SUCCEEDED, 1)
        assert bucket.mirrored.states()[keys[0]] == "trash"
        return False
    assert (report.state, report.hold.count, report.requests.head) == (RunState.HELD, 1, 0)
    assert bucket.mirrored.states()[keys[0]] == "present"
    return True


@pytest.mark.parametrize(
    ("before", "after", "lost", "of", "held"),
    [
        (FIRST, FIRST, 12, 12, False),  # the same bucket, whatever was done to its objects
        (FIRST, AGAIN, 2, 12, False),  # only its policy was changed, which changes the date on AWS
        (FIRST, AGAIN, 7, 12, True),
        (FIRST, AGAIN, 2, 3, True),  # however few: something says that it is another one
        (FIRST, STRANGER, 1, 12, True),
        (FIRST, UNKNOWN, 2, 12, False),
        (FIRST, UNKNOWN, 7, 12, True),  # the credentials may not ask any more: the objects decide
        (UNKNOWN, UNKNOWN, 6, 12, False),
        (UNKNOWN, UNKNOWN, 7, 12, True),
        (UNKNOWN, UNKNOWN, 7, 9, False),  # too few to say anything
        (None, None, 7, 12, False),  # no bucket
    ],
)
def test_removals_are_held_when_most_of_a_bucket_changed(
    empty_catalog: Catalog, tmp_path: Path, *, before: Identity, after: Identity, lost: int, of: int, held: bool
) -> None:
    keys = [f"{number}.png" for number in range(of)]
    bucket = Bucket(empty_catalog, tmp_path, before, keys)
    bucket.become(after, replaced=keys[1:lost], gone=keys[:1])
    assert holds(bucket, keys, lost) == held


def test_a_bucket_that_was_made_again_is_accepted_by_a_confirmation(empty_catalog: Catalog, tmp_path: Path) -> None:
    bucket = Bucket(empty_catalog, tmp_path, FIRST, KEYS)
    bucket.become(AGAIN, replaced=KEYS[4:], gone=KEYS[:1])
    held = bucket.mirrored.run()
    assert held.hold is not None
    assert held.hold.reason == (
        "The bucket is possibly another one of the same name: 9 of 12 known objects are gone or replaced,"
        " and its creation date changed."
    )
    assert bucket.known == FIRST
    assert bucket.mirrored.run().state is RunState.HELD  # the objects are known now, and the removal waits still

    bucket.store.identity = STRANGER
    refused = bucket.mirrored.confirm(held.run)
    assert (refused.state, "is not the one that run" in (refused.error or "")) == (RunState.FAILED, True)
    bucket.store.identity = AGAIN
    assert bucket.mirrored.confirm(bucket.mirrored.run().run).counts.removed == 1
    assert bucket.known == AGAIN
    assert bucket.mirrored.run().state is RunState.SUCCEEDED


def test_what_cannot_be_asked_now_is_remembered(empty_catalog: Catalog, tmp_path: Path) -> None:
    bucket = Bucket(empty_catalog, tmp_path, FIRST, KEYS)
    bucket.store.identity = UNKNOWN
    assert bucket.mirrored.run().state is RunState.SUCCEEDED
    assert bucket.known == FIRST


def test_a_bucket_whose_objects_were_all_renamed_is_the_same(empty_catalog: Catalog, tmp_path: Path) -> None:
    bucket = Bucket(empty_catalog, tmp_path, UNKNOWN, KEYS)
    for key in KEYS[1:]:
        bucket.store.rename(key, f"moved/{key}")
    bucket.store.delete(KEYS[0])
    report = bucket.mirrored.run()
    assert (report.state, report.counts.moved, report.counts.removed) == (RunState.SUCCEEDED, 11, 1)


def test_objects_that_no_pattern_selects_any_more_say_nothing_about_their_bucket(
    empty_catalog: Catalog, tmp_path: Path
) -> None:
    bucket = Bucket(empty_catalog, tmp_path, UNKNOWN, KEYS)
    bucket.mirrored.change(globs=(KEYS[0],))
    report = bucket.mirrored.run()
    assert report.hold is not None
    assert "another one" not in report.hold.reason
