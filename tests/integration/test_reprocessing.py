"""A stage of processing runs again for exactly the assets of a query, and changes nothing else of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.embedded import FOLDER
from tests.support.photos import MEASURE, Photos

from mirrorlake.catalog import jobs
from mirrorlake.catalog.leases import JobLease
from mirrorlake.core.errors import NotFound, PassRunning, PermissionDenied, QueryError, UsageError
from mirrorlake.model.access import Actor, ActorKind, Context, Permission
from mirrorlake.model.edits import Edit
from mirrorlake.model.functions import FunctionEvent
from mirrorlake.model.jobs import JobProgress, JobState
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search.run import stream
from mirrorlake.services.base import Resources
from mirrorlake.services.library import LocalLibrary


@pytest.fixture
def photos(empty_catalog: Catalog, tmp_path: Path) -> Photos:
    return Photos(empty_catalog, tmp_path)


def sizes(photos: Photos) -> list[int | None]:
    return [asset.width for asset in stream(photos.catalog, "sort:name")]


@pytest.fixture
def reported(monkeypatch: pytest.MonkeyPatch) -> list[JobProgress]:
    """What jobs report, in order: the catalog gets it with a heartbeat, every few seconds."""
    found = list[JobProgress]()
    report = JobLease.report

    def record(lease: JobLease, progress: JobProgress) -> None:
        found.append(progress)
        report(lease, progress)

    monkeypatch.setattr(JobLease, "report", record)
    return found


def test_looking_again_mends_what_is_known_of_the_bytes_and_keeps_what_people_did(
    photos: Photos, reported: list[JobProgress]
):
    photos.put(0, 1, 2)
    photos.mirror()
    ids = photos.ids()
    photos.library.assets.edit(ids[0], Edit(metadata={"site": "north"}, add_tags=("mine",)))
    with photos.catalog.write() as connection:  # as an earlier version of a reader left it
        connection.execute("UPDATE asset SET width = 999")

    [job] = photos.library.assets.reprocess("filename:00.png OR filename:01.png", "look")
    with pytest.raises(PassRunning):
        photos.library.assets.reprocess("", "look")
    reported.clear()
    assert photos.work()
    processing = [(one.done, one.total) for one in reported if one.step == "processing"]
    assert processing[0] == (0, 2)
    assert processing[-1] == (2, 2)

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


@pytest.mark.parametrize("stage", ["look", "function:measure"])
def test_ids_choose_the_assets_that_are_processed_again(photos: Photos, stage: str):
    photos.put(0, 1, 2)
    photos.mirror()
    photos.add("measure", MEASURE)
    photos.work()
    with photos.catalog.write() as connection:
        connection.execute("UPDATE asset SET width = 999")

    photos.library.assets.reprocess(None, stage, assets=photos.ids()[:2])
    photos.work()

    if stage == "look":
        assert sizes(photos) == [8, 8, 999]
    else:
        assert photos.values("calls") == [2, 2, 1]


def test_ids_choose_the_pictures_that_are_hashed_again(photos: Photos):
    photos.put(0, 1)
    photos.mirror()
    [job] = photos.library.assets.reprocess(None, "embedding", assets=photos.ids()[:1])
    with photos.catalog.read() as connection:
        chosen = connection.execute("SELECT name FROM asset JOIN likeness_again USING (digest)").fetchall()
    assert chosen == [("00.png",)]
    photos.work()
    assert photos.library.jobs.get(job.id).state is JobState.SUCCEEDED


def test_hashes_and_vectors_are_computed_again_for_the_assets_of_the_query_alone(
    photos: Photos, reported: list[JobProgress]
):
    for number, name in enumerate(("chelsea.png", "coffee.png", "rocket.jpg")):
        (photos.folder / f"{number}.{name}").write_bytes((FOLDER / name).read_bytes())
    photos.mirror()
    photos.library.likeness.change("lite")
    photos.work()
    right = _likeness(photos.catalog)
    assert len(right) == 3
    with photos.catalog.write() as connection:  # as an earlier version of the hash and of the model left them
        connection.execute("UPDATE picture_hash SET hash = 7")
        connection.execute("UPDATE embedding_1 SET vector = (SELECT vector FROM embedding_1 ORDER BY digest LIMIT 1)")
        connection.execute(
            "INSERT INTO likeness_failure (digest) SELECT digest FROM asset WHERE name = '0.chelsea.png'"
        )
    wrong = _likeness(photos.catalog)

    [job] = photos.library.assets.reprocess("filename:0.chelsea.png OR filename:1.coffee.png", "embedding")
    assert _likeness(photos.catalog) == wrong  # searches still find the former ones
    reported.clear()
    photos.work()
    embedding = [(one.done, one.total) for one in reported if one.step == "embedding pictures" and one.total]
    assert embedding[0] == (0, embedding[-1][1])
    assert embedding[-1][0] == embedding[-1][1]

    assert _likeness(photos.catalog) == right | {"2.rocket.jpg": wrong["2.rocket.jpg"]}
    done = photos.library.jobs.get(job.id)
    assert (done.state, done.result["hashed"], done.result["embedded"]) == (JobState.SUCCEEDED, 2, 2)
    with photos.catalog.read() as connection:
        assert connection.execute("SELECT count(*) FROM likeness_again").fetchone() == (0,)


def test_looking_again_renews_the_hashes_and_vectors_of_the_pictures_that_were_read(photos: Photos):
    for number, name in enumerate(("chelsea.png", "coffee.png", "rocket.jpg")):
        (photos.folder / f"{number}.{name}").write_bytes((FOLDER / name).read_bytes())
    photos.mirror()
    photos.library.likeness.change("lite")
    photos.work()
    right = _likeness(photos.catalog)
    with photos.catalog.write() as connection:  # as an earlier version of a decoder left them
        connection.execute("UPDATE picture_hash SET hash = 7")
        connection.execute("UPDATE embedding_1 SET vector = (SELECT vector FROM embedding_1 ORDER BY digest LIMIT 1)")
        connection.execute(
            "INSERT INTO likeness_failure (digest) SELECT digest FROM asset WHERE name = '0.chelsea.png'"
        )
    wrong = _likeness(photos.catalog)

    photos.library.assets.reprocess("filename:0.chelsea.png OR filename:1.coffee.png", "look")
    photos.work()
    photos.work()  # it sees that pictures were read

    assert _likeness(photos.catalog) == right | {"2.rocket.jpg": wrong["2.rocket.jpg"]}
    with photos.catalog.read() as connection:
        assert connection.execute("SELECT count(*) FROM likeness_again").fetchone() == (0,)


def test_looking_again_renews_hashes_without_a_model(photos: Photos):
    photos.put(0, 1)
    photos.mirror()
    hashes = "SELECT name, hash FROM asset JOIN picture_hash USING (digest) ORDER BY name"
    with photos.catalog.write() as connection:
        right = connection.execute(hashes).fetchall()
        connection.execute("UPDATE picture_hash SET hash = 7")
    photos.library.assets.reprocess("", "look")
    photos.work()
    with photos.catalog.read() as connection:
        assert connection.execute(hashes).fetchall() == right
        assert connection.execute("SELECT count(*) FROM likeness_again").fetchone() == (0,)


def _likeness(catalog: Catalog) -> dict[str, tuple[int, str]]:
    """The hash and the vector of each picture."""
    with catalog.read() as connection:
        rows = connection.execute(
            "SELECT name, hash, vector::text FROM asset JOIN picture_hash USING (digest)"
            " JOIN embedding_1 USING (digest)"
        ).fetchall()
    return {name: (number, vector) for name, number, vector in rows}


def test_pictures_that_are_to_be_embedded_again_and_are_gone_are_forgotten(photos: Photos):
    photos.put(0, 1)
    photos.mirror()
    [job] = photos.library.assets.reprocess("", "embedding")
    with photos.catalog.write() as connection:
        connection.execute("DELETE FROM object")
        connection.execute("DELETE FROM asset")
    photos.work()
    assert photos.library.jobs.get(job.id).state is JobState.SUCCEEDED
    with photos.catalog.read() as connection:
        assert connection.execute("SELECT count(*) FROM likeness_again").fetchone() == (0,)


@pytest.mark.parametrize(
    ("query", "stage", "error"),
    [
        ("", "embedding:lite", UsageError),
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


@pytest.mark.parametrize(
    ("query", "assets", "error"),
    [(None, (), UsageError), ("", ("1",), UsageError), (None, ("999999",), NotFound), (None, ("x",), NotFound)],
)
def test_assets_are_chosen_by_a_query_or_by_ids_that_exist(
    photos: Photos, query: str | None, assets: tuple[str, ...], error: type[Exception]
):
    with pytest.raises(error):
        photos.library.assets.reprocess(query, "look", assets=assets)


def test_reading_buckets_again_needs_the_permission_for_runs(photos: Photos):
    editor = Context(actor=Actor(kind=ActorKind.MEMBER, name="eve"), permissions=frozenset({Permission.ASSETS_EDIT}))
    with pytest.raises(PermissionDenied, match="runs:control"):
        LocalLibrary(Resources(photos.settings, photos.catalog), editor).assets.reprocess("", "look")


def test_nothing_is_queued_where_nothing_matches(photos: Photos):
    assert photos.library.assets.reprocess("", "look") == []
    assert photos.library.assets.reprocess("", "embedding") == []


FLAKY = """
def check(asset):
    if asset.name in ("01.png", "02.png"):
        raise ValueError("no measure for this one")
    return {"checked": asset.metadata.get("checked", 0) + 1}
"""


def test_a_function_is_called_again_only_where_its_last_call_failed(photos: Photos):
    photos.put(0, 1, 2)
    photos.mirror()
    photos.add("check", FLAKY, attempts=1)
    photos.work()
    assert photos.values("checked") == [1, None, None]

    photos.library.functions.replace_source("check", FLAKY.replace("01.png", "none"), "check")
    ids = photos.ids()
    photos.library.assets.reprocess(None, "function:check", assets=ids[:2], failed=True)
    photos.work()
    assert photos.values("checked") == [1, 1, None]
    assert [one.key for one in photos.library.functions.failures("check")] == ["02.png"]

    photos.library.functions.call("check", query="filename:0*", failed=True)
    photos.work()
    assert photos.values("checked") == [1, 1, None]
    [job] = photos.library.assets.reprocess("", "function:check")
    photos.work()
    assert photos.values("checked") == [2, 2, None]
    assert jobs.show_job(photos.catalog, job.id).state is JobState.SUCCEEDED


def test_only_a_function_has_calls_that_failed(photos: Photos):
    with pytest.raises(UsageError, match="no calls that failed"):
        photos.library.assets.reprocess("", "look", failed=True)
