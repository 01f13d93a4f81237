"""Which workers embed pictures, and that they do so again with a model that has other weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.commits import Pass
from tests.support.embedded import JOB, add_photos, turn_on

from mirrorlake.catalog import embeddings, jobs
from mirrorlake.core.errors import UsageError
from mirrorlake.core.settings import Settings
from mirrorlake.embedding import registry
from mirrorlake.embedding.lite_facts import LITE_FACTS
from mirrorlake.embedding.lite_words import LiteWords
from mirrorlake.jobs import housekeeping
from mirrorlake.jobs.execution import run_here
from mirrorlake.jobs.places import Place
from mirrorlake.model.access import LIBRARY
from mirrorlake.model.jobs import DEFAULT_POOL, Job
from mirrorlake.postgres.pool import Catalog
from mirrorlake.services.base import Resources
from mirrorlake.services.library import LocalLibrary


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


def _keep_house(catalog: Catalog, settings: Settings, pool: str = DEFAULT_POOL) -> list[Job]:
    """What a worker of a pool does now and then; the likeness jobs that are queued by then, which are taken away."""
    housekeeping.enqueue_due(Place(id=1, name="default", settings=settings, catalog=catalog, pool=pool))
    found = [job for job in jobs.list_jobs(catalog, limit=10, kind="likeness") if job.state == "queued"]
    with catalog.write() as connection:
        connection.execute("DELETE FROM job WHERE kind = 'likeness' AND state = 'queued'")
    return found


def _let_hours_pass(catalog: Catalog) -> None:
    """Nothing has happened for hours."""
    with catalog.write() as connection:
        connection.execute("UPDATE asset SET updated = updated - interval '1 day'")
        connection.execute("DELETE FROM job WHERE state = 'queued'")
        connection.execute(
            "UPDATE job SET started = started - interval '2 hours', finished = finished - interval '2 hours'"
        )


def _install(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """As a new version of mirrorlake would bring it."""
    facts = replace(LITE_FACTS, name=name)
    monkeypatch.setattr(registry, "LITE_FACTS", facts)
    monkeypatch.setattr(LiteWords, "facts", facts)


def test_a_model_with_other_weights_embeds_all_pictures_again_in_a_quiet_library(
    working: Pass, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    catalog = working.catalog
    add_photos(working, settings)
    turn_on(catalog, settings)
    _let_hours_pass(catalog)
    assert _keep_house(catalog, settings) == []

    _install(monkeypatch, "lite-2")
    (due,) = _keep_house(catalog, settings)
    assert due.requested_by is None
    assert run_here(settings, catalog, JOB, processes=1).embedded == 4
    assert embeddings.status(catalog).answering == "lite-2"
    _let_hours_pass(catalog)
    assert _keep_house(catalog, settings) == []

    # A worker that was not upgraded yet does not embed everything with the former weights again.
    _install(monkeypatch, "lite-1")
    assert _keep_house(catalog, settings) == []
    monkeypatch.setattr(registry, "find_spec", lambda _package: None)  # and one that has none does nothing
    assert _keep_house(catalog, settings) == []


def test_workers_of_its_pool_embed_pictures(working: Pass, settings: Settings, monkeypatch: pytest.MonkeyPatch):
    catalog = working.catalog
    add_photos(working, settings)
    library = LocalLibrary(Resources(settings, catalog), LIBRARY)
    assert library.likeness.change("lite").pool == DEFAULT_POOL
    with pytest.raises(UsageError, match="Invalid name of a pool"):
        library.likeness.change("lite", pool="G P U")

    assert library.likeness.change("lite", pool="gpu").pool == "gpu"
    (queued,) = jobs.list_jobs(catalog, limit=5, kind="likeness")
    assert queued.pool == "gpu"  # also a job that waited for another one
    with catalog.write() as connection:
        connection.execute("DELETE FROM job WHERE kind = 'likeness'")
    assert library.likeness.change(None).pool == "gpu"
    assert library.likeness.change("lite").pool == "gpu"
    with catalog.write() as connection:
        connection.execute("DELETE FROM job WHERE kind = 'likeness'")
    (due,) = _keep_house(catalog, settings)
    assert due.pool == "gpu"
    assert library.likeness.update().pool == "gpu"
    with catalog.write() as connection:
        connection.execute("DELETE FROM job WHERE kind = 'likeness'")
    (again,) = library.assets.reprocess("filename:chelsea*", "embedding")
    assert again.pool == "gpu"

    run_here(settings, catalog, JOB, processes=1)
    _let_hours_pass(catalog)
    _install(monkeypatch, "lite-2")
    assert _keep_house(catalog, settings) == []  # this worker is of another pool: its model is not the one that answers
    assert len(_keep_house(catalog, settings, pool="gpu")) == 1
