"""Splits of projects: they follow seed and group alone, and what a person chose stays."""

from __future__ import annotations

from collections import defaultdict

import pytest
from psycopg.types.json import Jsonb
from tests.support.frozen import ROADS, fill
from tests.support.split_oracle import split_of

from mirrorlake.catalog import project_details, project_splits, projects
from mirrorlake.core.errors import Conflict, NotFound, UsageError
from mirrorlake.model.access import LIBRARY
from mirrorlake.model.splits import SPLITS, Split, SplitOptions, SplitResult, SplitSettings
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search.selections import select_ids

CAMERAS = SplitSettings(train=60, valid=20, test=20, by="metadata.camera_id", seed=3)


@pytest.fixture(scope="module", autouse=True)
def _library(catalog: Catalog) -> None:
    fill(catalog)


def divide(catalog: Catalog, settings: SplitSettings | None = None, *, dry_run: bool = False) -> SplitResult:
    options = SplitOptions(project=ROADS, settings=settings, dry_run=dry_run)
    return project_splits.divide(catalog, options, lambda _done, _total: None, by=LIBRARY)


def splits(catalog: Catalog) -> dict[int, Split | None]:
    with catalog.read() as connection:
        rows = connection.execute(
            "SELECT asset_id, member.split FROM project_asset AS member JOIN project ON project.id = project_id"
            " WHERE name = %s",
            [ROADS],
        ).fetchall()
    return {asset: None if split is None else SPLITS[split] for asset, split in rows}


@pytest.mark.parametrize("by", ["asset", "content", "folder", "metadata.camera_id", "metadata.no_such"])
@pytest.mark.parametrize("seed", [0, 7, 2**31 - 1])
def test_the_catalog_divides_as_the_documented_hash(catalog: Catalog, by: str, seed: int) -> None:
    settings = SplitSettings(train=50, valid=30, test=20, by=by, seed=seed)
    with catalog.read() as connection:
        rows = connection.execute(
            "SELECT id, digest, key, metadata ->> 'camera_id', split_of(%s, id, digest, key, metadata) FROM asset",
            [Jsonb({"train": 50, "valid": 30, "test": 20, "by": by, "seed": seed})],
        ).fetchall()
    for asset, digest, key, camera, split in rows:
        wanted = split_of(settings, asset_id=asset, digest=bytes(digest), key=key, metadata={"camera_id": camera})
        assert SPLITS[split] is wanted


def test_all_assets_of_a_group_are_in_one_split(catalog: Catalog) -> None:
    result = divide(catalog, CAMERAS)
    groups: defaultdict[int, set[Split | None]] = defaultdict(set)
    for asset, split in splits(catalog).items():
        groups[asset % 5].add(split)
    assert all(len(found) == 1 for found in groups.values())
    assert result.counts.none == 0
    assert result.settings == CAMERAS


def test_added_assets_change_no_split_and_get_that_of_their_group(catalog: Catalog) -> None:
    divide(catalog, CAMERAS)
    before = splits(catalog)
    projects.add(catalog, ROADS, ["31", "32", "33"])
    after = splits(catalog)
    assert before.items() <= after.items()
    assert [after[number] for number in (31, 32, 33)] == [before[number] for number in (1, 2, 3)]
    assert divide(catalog).moved == 0


def test_another_seed_divides_differently_and_the_first_one_as_before(catalog: Catalog) -> None:
    first = SplitSettings(train=70, valid=20, test=10)
    divide(catalog, first)
    before = splits(catalog)
    preview = divide(catalog, SplitSettings(train=70, valid=20, test=10, seed=1), dry_run=True)
    assert preview.moved > 0
    assert splits(catalog) == before
    moved = divide(catalog, SplitSettings(train=70, valid=20, test=10, seed=1))
    assert (moved.moved, moved.counts) == (preview.moved, preview.counts)
    divide(catalog, first)
    assert splits(catalog) == before


def test_assigned_splits_outlast_dividing_until_they_are_automatic_again(catalog: Catalog) -> None:
    divide(catalog, SplitSettings(train=100, valid=0, test=0))
    project_splits.assign_ids(catalog, ROADS, Split.TEST, ["4", "5"], automatic=False, by=LIBRARY)
    chosen = select_ids("metadata.camera_id:1")
    result = project_splits.assign_chosen(catalog, ROADS, None, chosen, automatic=False, by=LIBRARY)
    assert divide(catalog).counts == result.counts
    assert (result.counts.test, result.counts.assigned) == (2, 2 + result.counts.none)
    assert {splits(catalog)[number] for number in (4, 5)} == {Split.TEST}
    again = project_splits.assign_chosen(catalog, ROADS, None, select_ids(""), automatic=True, by=LIBRARY)
    assert (again.counts.test, again.counts.none, again.counts.assigned) == (0, 0, 0)


def test_an_undivided_project_has_no_automatic_splits(catalog: Catalog) -> None:
    projects.add(catalog, "undivided", ["1", "2"])
    project_splits.assign_ids(catalog, "undivided", Split.TEST, ["1"], automatic=False, by=LIBRARY)
    result = project_splits.assign_ids(catalog, "undivided", None, ["1", "2"], automatic=True, by=LIBRARY)
    assert (result.counts.none, result.counts.assigned) == (2, 0)


def test_an_asset_outside_the_project_is_skipped_where_that_is_wanted(catalog: Catalog) -> None:
    result = project_splits.assign_ids(
        catalog, ROADS, Split.VALID, ["1", "40"], automatic=False, by=LIBRARY, skip_others=True
    )
    assert (result.counts.assigned, splits(catalog)[1]) == (1, Split.VALID)
    assert 40 not in splits(catalog)
    project_splits.assign_ids(catalog, ROADS, None, ["1"], automatic=True, by=LIBRARY)


def test_an_asset_outside_the_project_cannot_be_assigned(catalog: Catalog) -> None:
    before = splits(catalog)
    with pytest.raises(NotFound, match="1 of the 2 assets are not in project"):
        project_splits.assign_ids(catalog, ROADS, Split.TEST, ["1", "40"], automatic=False, by=LIBRARY)
    assert splits(catalog) == before


def test_a_project_is_shown_renamed_and_deleted_with_acknowledgement(catalog: Catalog) -> None:
    divide(catalog, SplitSettings(train=100, valid=0, test=0))
    shown = project_details.get(catalog, ROADS)
    assert (shown.splits.train, shown.classes) == (shown.assets, {"road/car": {"train": 20}, "road/lane": {"train": 5}})
    project_details.create(catalog, "empty", "for later", by=LIBRARY)
    with pytest.raises(Conflict, match="exists"):
        project_details.change(catalog, "empty", new_name=ROADS, description=None, by=LIBRARY)
    project_details.change(catalog, "empty", new_name="full", description=None, by=LIBRARY)
    assert project_details.get(catalog, "full").description == "for later"
    with pytest.raises(UsageError, match="0 assets, not 1"):
        project_details.delete(catalog, "full", acknowledge=1, with_snapshots=False, by=LIBRARY)
    project_details.delete(catalog, "full", acknowledge=0, with_snapshots=False, by=LIBRARY)
    with pytest.raises(NotFound):
        project_details.get(catalog, "full")
