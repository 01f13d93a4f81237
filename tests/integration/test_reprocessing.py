"""A stage of processing runs again for exactly the assets of a query, and changes nothing else of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.photos import MEASURE, Photos

from mirrorlake.core.errors import NotFound, PassRunning, PermissionDenied, QueryError, UsageError
from mirrorlake.model.access import Actor, ActorKind, Context, Permission
from mirrorlake.model.edits import Edit
from mirrorlake.model.functions import FunctionEvent
from mirrorlake.model.jobs import JobState
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search.run import stream
from mirrorlake.services.base import Resources
from mirrorlake.services.library import LocalLibrary


@pytest.fixture
def photos(empty_catalog: Catalog, tmp_path: Path) -> Photos:
    return Photos(empty_catalog, tmp_path)


def sizes(photos: Photos) -> list[int | None]:
    return [asset.width for asset in stream(photos.catalog, "sort:name")]


def test_looking_again_mends_what_is_known_of_the_bytes_and_keeps_what_people_did(photos: Photos):
    photos.put(0, 1, 2)
    photos.mirror()
    ids = photos.ids()
    photos.library.assets.edit(ids[0], Edit(metadata={"site": "north"}, add_tags=("mine",)))
    with photos.catalog.write() as connection:  # as an earlier version of a reader left it
        connection.execute("UPDATE asset SET width = 999")

    [job] = photos.library.assets.reprocess("filename:00.png OR filename:01.png", "look")
    with pytest.raises(PassRunning):
        photos.library.assets.reprocess("", "look")
    assert photos.work()

    assert sizes(photos) == [8, 8, 999]
    assert photos.ids() == ids
    kept = photos.library.assets.get(ids[0]).asset
    assert (kept.metadata, kept.tags) == ({"site": "north"}, ("mine",))
    done = photos.library.jobs.get(job.id)
    assert (done.state, done.datasource) == (JobState.SUCCEEDED, "photos")
    counts = photos.library.runs.get(job.id).counts
    assert (counts.selected, counts.changed, counts.failed) == (2, 2, 0)


def test_what_is_gone_is_left_as_it_is(photos: Photos):
    photos.put(0, 1)
    photos.mirror()
    (photos.folder / "00.png").unlink()

    photos.library.assets.reprocess("", "look")
    photos.work()

    assert [asset.state.value for asset in stream(photos.catalog, "sort:name")] == ["present", "present"]


def test_a_function_is_called_again_for_the_assets_of_the_query(photos: Photos):
    photos.put(0, 1)
    photos.mirror()
    photos.add("measure", MEASURE)
    photos.work()

    [job] = photos.library.assets.reprocess("filename:01*", "function:measure")
    photos.work()

    assert photos.values("calls") == [1, 2]
    assert photos.library.jobs.get(job.id).state is JobState.SUCCEEDED


@pytest.mark.parametrize(
    ("query", "stage", "error"),
    [
        ("", "dream", UsageError),
        ("", "function", UsageError),
        ("", "look:closer", UsageError),
        ("", "function:nobody", NotFound),
        ("", "function:note", UsageError),
        ("width:>", "look", QueryError),
    ],
)
def test_what_cannot_be_done_again_is_refused(photos: Photos, query: str, stage: str, error: type[Exception]):
    photos.add("note", "def note(run): ...", FunctionEvent.RUN_FINISHED)
    with pytest.raises(error):
        photos.library.assets.reprocess(query, stage)


def test_reading_buckets_again_needs_the_permission_for_runs(photos: Photos):
    editor = Context(actor=Actor(kind=ActorKind.MEMBER, name="eve"), permissions=frozenset({Permission.ASSETS_EDIT}))
    with pytest.raises(PermissionDenied, match="runs:control"):
        LocalLibrary(Resources(photos.settings, photos.catalog), editor).assets.reprocess("", "look")


def test_nothing_is_queued_where_nothing_matches(photos: Photos):
    assert photos.library.assets.reprocess("", "look") == []
