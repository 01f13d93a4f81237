"""A project has its private preprocessing: a function for its assets alone, called by workers of its pool alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.photos import MEASURE, Photos

from mirrorlake.catalog import jobs, projects
from mirrorlake.model.jobs import JobKind, JobState
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search.run import stream

POOL = "fox-team"


@pytest.fixture
def photos(empty_catalog: Catalog, tmp_path: Path) -> Photos:
    photos = Photos(empty_catalog, tmp_path)
    photos.put(0, 1, 2)
    photos.mirror()
    projects.add(photos.catalog, "fox", photos.ids()[:1])
    projects.add(photos.catalog, "owl", photos.ids()[1:2])
    photos.add("foxes", MEASURE, query="project:fox", pool=POOL)
    return photos


def measured(photos: Photos) -> list[str]:
    return [asset.name for asset in stream(photos.catalog, "tag:measured sort:name")]


def test_workers_of_its_pool_process_the_assets_of_the_project_and_no_others_do(photos: Photos):
    photos.work()
    photos.work(pool="owl-team")
    [waiting] = jobs.list_jobs(photos.catalog, limit=9, kind=JobKind.FUNCTION.value)
    assert (waiting.state, waiting.pool) == (JobState.QUEUED, POOL)
    assert measured(photos) == []

    photos.work(pool=POOL)
    assert measured(photos) == ["00.png"]


def test_two_projects_have_functions_and_workers_of_their_own(photos: Photos):
    photos.add("owls", MEASURE.replace("measured", "seen by owls"), query="project:owl", pool="owl-team")
    photos.work(pool=POOL)
    photos.work(pool="owl-team")
    assert measured(photos) == ["00.png"]
    assert [asset.name for asset in stream(photos.catalog, 'tag:"seen by owls"')] == ["01.png"]


def test_what_joins_the_project_is_processed_with_the_next_sweep_or_at_once_by_request(
    photos: Photos, monkeypatch: pytest.MonkeyPatch
):
    photos.work(pool=POOL)
    projects.add(photos.catalog, "fox", photos.ids()[1:2])
    photos.work(pool=POOL)
    assert measured(photos) == ["00.png"]
    photos.library.assets.reprocess("project:fox", "function:foxes")
    photos.work(pool=POOL)
    assert measured(photos) == ["00.png", "01.png"]
    projects.add(photos.catalog, "fox", photos.ids())
    monkeypatch.setattr("mirrorlake.catalog.function_plans.SWEEP_S", 0.0)
    photos.work(pool=POOL)
    assert measured(photos) == ["00.png", "01.png", "02.png"]
