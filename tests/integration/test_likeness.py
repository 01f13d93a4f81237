"""Pictures are embedded by a job, and searches rank them: by text, by picture, and beside other conditions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.commits import Pass, commit_rows, processed_row
from tests.support.embedded import JOB, PHOTOS, add_photos, digest_of, turn_on

from mirrorlake.catalog import embeddings, jobs
from mirrorlake.core.errors import UsageError
from mirrorlake.core.settings import Settings
from mirrorlake.embedding import registry
from mirrorlake.embedding.base import ModelUnavailable
from mirrorlake.embedding.process import EmbeddingProcess, open_process
from mirrorlake.jobs.execution import new_job, run_here
from mirrorlake.jobs.handlers import likeness as handler
from mirrorlake.jobs.handlers.verify import VerifyArgs
from mirrorlake.jobs.worker import Stop, Worker
from mirrorlake.model.access import LIBRARY
from mirrorlake.model.jobs import JobKind
from mirrorlake.model.likeness import StoredModel
from mirrorlake.postgres.migrate import create_schema
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search.run import search, stream
from mirrorlake.search.selections import select_ids
from mirrorlake.services.base import Resources
from mirrorlake.services.callers import token_holder
from mirrorlake.services.likeness import LikenessService


def discard(_done: int, _total: int) -> None:
    """Ignore progress."""


@pytest.fixture
def working(empty_catalog: Catalog) -> Iterator[Pass]:
    work = Pass(empty_catalog)
    try:
        yield work
    finally:
        work.lease.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def _names(catalog: Catalog, query: str) -> list[str]:
    return [asset.name.removeprefix("in/") for asset in search(catalog, query, limit=50).items]


def test_pictures_are_embedded_once_and_ranked_by_text_and_picture(working: Pass, settings: Settings):
    catalog = working.catalog
    add_photos(working, settings)
    assert search(catalog, "like:cat", limit=5).notes[0].startswith("Pictures of this library are not embedded yet.")
    assert search(catalog, "striped cat", limit=5).notes == ()

    done = turn_on(catalog, settings)

    assert (done.hashed, done.embedded, done.failed) == (4, 4, 1)
    assert run_here(settings, catalog, JOB, processes=1).embedded == 0
    ids = working.ids()
    assert _names(catalog, 'like:"a cat"')[0] == "chelsea.png"
    assert _names(catalog, 'like:"a cup of coffee"')[0] == "coffee.png"
    assert _names(catalog, f"like-image:{ids['in/rocket.jpg']}")[0] == "rocket.jpg"
    assert _names(catalog, f"like-image:{ids['in/rocket.jpg']} -filename:rocket*").count("rocket.jpg") == 0
    assert next(stream(catalog, "like:cat")).name == "in/chelsea.png"
    (note,) = search(catalog, "striped cat", limit=5).notes
    assert note == '`striped cat` was searched in names. To search by what pictures show, write `like:"striped cat"`.'
    assert search(catalog, f"like-image:{ids['in/lost.png']}", limit=5).notes
    with catalog.read() as connection:
        assert connection.execute("SELECT count(*) FROM picture_hash").fetchone() == (4,)


def test_many_pictures_are_embedded_on_the_cluster_and_few_here(
    working: Pass, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    opened: list[tuple[str, str | None, int | None]] = []

    @contextmanager
    def open_cluster(address: str, model: str | None, models: Path, jobs: int | None) -> Iterator[EmbeddingProcess]:
        opened.append((address, model, jobs))
        with open_process(model, models) as process:
            yield process

    monkeypatch.setattr(handler, "open_cluster", open_cluster)
    monkeypatch.setattr(handler, "ROWS", 5)
    there = replace(settings, engine="ray://auto")
    add_photos(working, settings)
    done = turn_on(working.catalog, there)
    assert (done.hashed, done.embedded, done.failed) == (4, 4, 1)
    assert opened == [("ray://auto", "lite", 2)]
    run_here(there, working.catalog, JOB, processes=1)
    assert len(opened) == 1


def test_only_the_operator_lets_a_model_be_fetched(working: Pass, settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(registry, "find_spec", lambda _package: True)
    resources = Resources(settings, working.catalog)
    with pytest.raises(UsageError, match="There is no folder"):
        LikenessService(resources, token_holder()).change("clip:org/away")
    assert embeddings.wanted_model(working.catalog) is None
    assert LikenessService(resources, LIBRARY).change("clip:org/away").model == "clip:org/away"


def test_a_likeness_selects_nothing_for_edits():
    with pytest.raises(UsageError, match="selects nothing"):
        select_ids("like:cat")


def test_a_new_model_replaces_the_former_one_only_when_it_is_done(working: Pass, settings: Settings):
    catalog = working.catalog
    add_photos(working, settings)
    former = _prepare(catalog, "lite-0", 2)
    embeddings.store_pictures(catalog, former, [digest_of(PHOTOS[0])], [None], [[1.0, 0.0]])
    embeddings.complete_model(catalog, former, discard)
    asset = working.ids()[f"in/{PHOTOS[0]}"]

    LikenessService(Resources(settings, catalog), LIBRARY).change("lite")
    _prepare(catalog, "lite-1", 512)

    assert embeddings.status(catalog).answering == "lite-0"
    assert _names(catalog, f"like-image:{asset}") == [PHOTOS[0]]
    # The network that made its vectors is not here any more: a text cannot be compared with them.
    with pytest.raises(ModelUnavailable, match=r"embedded with lite-0, and lite-1 is installed\. A worker embeds them"):
        search(catalog, "like:cat", limit=5)
    run_here(settings, catalog, JOB, processes=1)
    found = embeddings.status(catalog)
    assert (found.model, found.answering, found.vectors) == ("lite", "lite-1", 4)
    assert _names(catalog, "like:cat")[0] == PHOTOS[0]
    with catalog.read() as connection:
        assert connection.execute("SELECT to_regclass('embedding_1')").fetchone() == (None,)


def test_turning_a_model_on_queues_the_job_and_searches_say_so(working: Pass, settings: Settings):
    catalog = working.catalog
    commit_rows(working.lease, processed_row("in/a.jpg"))
    assert not embeddings.enqueue_due(catalog, JOB)
    service = LikenessService(Resources(settings, catalog), LIBRARY)
    service.change("lite")
    service.change("lite")
    assert not embeddings.enqueue_due(catalog, JOB)
    assert [job.state for job in jobs.list_jobs(catalog, limit=5, kind="likeness")] == ["queued"]
    assert "jobs list" in search(catalog, "like:cat", limit=5).notes[0]
    service.change(None)
    assert "likeness on" in search(catalog, "like:cat", limit=5).notes[0]


def _set_last(catalog: Catalog, state: str, *, ago: str, cancelled_by: str | None = None) -> None:
    """The only update of likeness ended so, and everything else happened long before it."""
    with catalog.write() as connection:
        connection.execute("UPDATE asset SET updated = now() - interval '1 day'")
        connection.execute("DELETE FROM job WHERE kind = 'likeness'")
        connection.execute(
            "INSERT INTO job (kind, lock, state, attempt, started, finished, cancel_requested)"
            " SELECT 'likeness', 'likeness', %(state)s, 1, at, at, %(by)s"
            " FROM (SELECT now() - %(ago)s::interval AS at) AS past",
            {"state": state, "ago": ago, "by": cancelled_by},
        )


def _due(catalog: Catalog) -> bool:
    """Whether the job is due now; it is not queued afterwards."""
    queued = embeddings.enqueue_due(catalog, JOB)
    with catalog.write() as connection:
        connection.execute("DELETE FROM job WHERE kind = 'likeness' AND state = 'queued'")
    return queued


def _end_run(catalog: Catalog, kind: str) -> None:
    with catalog.write() as connection:
        connection.execute("INSERT INTO job (kind, state, finished) VALUES (%s, 'succeeded', now())", (kind,))


def test_the_job_is_due_after_changes_and_as_long_as_the_model_is_incomplete(working: Pass):
    catalog = working.catalog
    commit_rows(working.lease, processed_row("in/a.jpg"))
    with catalog.write() as connection:
        embeddings.set_wanted_model(connection, "lite")
    assert _due(catalog)  # none ever was

    # Nothing is embedded: after a restore, hashes alone, or a failure.
    _set_last(catalog, "succeeded", ago="1 second")
    assert _due(catalog)
    _set_last(catalog, "failed", ago="30 minutes")
    assert not _due(catalog)
    _set_last(catalog, "failed", ago="2 hours")
    assert _due(catalog)
    _set_last(catalog, "cancelled", ago="2 hours")  # by a restore
    assert _due(catalog)
    _set_last(catalog, "cancelled", ago="2 hours", cancelled_by="Ada")
    assert not _due(catalog)

    embeddings.complete_model(catalog, _prepare(catalog, "lite-1", 2), discard)
    for state in ("succeeded", "cancelled"):
        _set_last(catalog, state, ago="2 hours")
        assert not _due(catalog), state
    _set_last(catalog, "failed", ago="30 minutes")
    assert not _due(catalog)
    _set_last(catalog, "failed", ago="2 hours")  # half-way: the rest would not be found before the next run
    assert _due(catalog)
    _set_last(catalog, "succeeded", ago="2 hours")
    _end_run(catalog, "mirror")
    assert not _due(catalog)  # it changed nothing
    with catalog.write() as connection:
        connection.execute("UPDATE asset SET updated = now()")
    assert _due(catalog)


def test_pictures_that_fail_are_read_again_only_after_a_request_or_new_thumbnails(working: Pass, settings: Settings):
    catalog = working.catalog
    add_photos(working, settings)
    assert turn_on(catalog, settings).failed == 1
    assert run_here(settings, catalog, JOB, processes=1).failed == 0
    assert run_here(settings, catalog, replace(JOB, requested_by="Ada"), processes=1).failed == 1
    _set_last(catalog, "succeeded", ago="2 hours")
    assert not _due(catalog)
    _end_run(catalog, "thumbnails_make")
    assert _due(catalog)
    assert run_here(settings, catalog, JOB, processes=1).failed == 1


def test_without_a_model_hashes_alone_are_computed(working: Pass, settings: Settings):
    add_photos(working, settings)
    done = run_here(settings, working.catalog, JOB, processes=1)
    assert (done.hashed, done.embedded, done.failed) == (4, 0, 1)


def test_the_job_gives_way_to_others_and_continues_after_them(
    working: Pass, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    catalog = working.catalog
    add_photos(working, settings)
    with catalog.write() as connection:
        embeddings.set_wanted_model(connection, "lite")
    monkeypatch.setattr(handler, "TURN_S", 0.0)
    monkeypatch.setattr(handler, "ROWS", 2)
    number, others = jobs.request(catalog, JOB), list[int]()
    logged = list[str]()

    def log(line: str) -> None:
        logged.append(line)
        if "(likeness) started" in line and not others:  # another job is queued while it runs
            others.append(jobs.request(catalog, new_job(JobKind.VERIFY, VerifyArgs())))

    assert Worker(settings, catalog, jobs=1, log=log, stop=Stop()).drain()

    ends = [jobs.show_job(catalog, each) for each in (*others, number)]
    assert [job.state for job in ends] == ["succeeded", "succeeded"]
    assert ends[0].finished is not None
    assert ends[1].started is not None
    assert ends[0].finished <= ends[1].started
    assert any("gave way" in line for line in logged)
    assert embeddings.status(catalog).vectors == 4


def test_vectors_work_in_the_schema_of_a_workspace(empty_catalog: Catalog):
    with empty_catalog.session() as session, session.transaction():
        create_schema(session, "workspace_7")
    catalog = empty_catalog.in_schema("workspace_7")
    model = _prepare(catalog, "lite-1", 2)
    embeddings.store_pictures(catalog, model, [b"d"], [None], [[1.0, 0.0]])
    embeddings.complete_model(catalog, model, discard)
    assert embeddings.status(catalog).vectors == 1
    assert embeddings.status(empty_catalog).vectors == 0
    assert search(catalog, "like-image:1", limit=5).items == ()


def _prepare(catalog: Catalog, name: str, dimensions: int, *, cutoff: float = 0.3) -> StoredModel:
    return embeddings.prepare_model(
        catalog, name=name, dimensions=dimensions, picture_cutoff=cutoff, text_cutoff=cutoff
    )
