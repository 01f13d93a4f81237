"""Folders have exactly the assets outside the trash that are in them and below, whatever happened to these."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mirrorlake.catalog import folders
from mirrorlake.catalog.folders import START, list_children, list_children_of
from mirrorlake.core.errors import NotFound
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search.selections import select_ids

keys = st.lists(st.sampled_from(["a", "b", "a.b", "é", "%", ""]), min_size=1, max_size=4).map("/".join)
TRASH = 2


@pytest.fixture(scope="module", autouse=True)
def _sources(catalog: Catalog) -> None:
    with catalog.write() as connection:
        connection.execute(
            "INSERT INTO datasource (name, uri, access, settings)"
            " VALUES ('one', 's3://one/', '{}', '{}'), ('two', 's3://two/', '{}', '{}')"
        )


def replace_assets(catalog: Catalog, found: list[tuple[int, str, int]], moved: list[tuple[int, str, int]]) -> None:
    """Delete all assets, insert some, and move and trash the first of them, as single statements."""
    with catalog.write() as connection:
        connection.execute("DELETE FROM asset")
        connection.execute(
            "INSERT INTO asset (id, datasource_id, key, name, state, token, size, media_type, kind, digest)"
            " OVERRIDING SYSTEM VALUE"
            " SELECT row_number() OVER (), source, key, key, state, '', 1, 'text/plain', 'text', ''"
            " FROM unnest(%s::integer[], %s::text[], %s::integer[]) AS made (source, key, state)",
            [list(column) for column in zip(*found, strict=True)],
        )
        for number, (source, key, state) in enumerate(moved, 1):
            connection.execute(
                "UPDATE asset SET datasource_id = %s, key = %s, state = %s WHERE id = %s", [source, key, state, number]
            )


def naive(assets: list[tuple[int, str, int]], path: str) -> dict[tuple[str, str], tuple[int, bool]]:
    counts, deeper = Counter[tuple[str, str]](), set[tuple[str, str]]()
    for source, key, state in assets:
        rest = key.removeprefix(path)
        if state != TRASH and key.startswith(path) and "/" in rest:
            folder = ("one" if source == 1 else "two", path + rest.split("/")[0] + "/")
            counts[folder] += 1
            if rest.count("/") > 1:
                deeper.add(folder)
    return {folder: (count, folder in deeper) for folder, count in counts.items()}


def listed(catalog: Catalog, path: str, query: str | None, limit: int) -> dict[tuple[str, str], tuple[int, bool]]:
    found: dict[tuple[str, str], tuple[int, bool]] = {}
    after = START
    while True:
        page = (
            list_children(catalog, path, datasource=None, limit=limit, after=after)
            if query is None
            else list_children_of(catalog, select_ids(query), path, datasource=None, limit=limit, after=after)
        )
        for _, one in page:
            assert (one.datasource, one.path) not in found
            found[one.datasource, one.path] = (one.assets, one.has_folders)
        if len(page) < limit:
            return found
        after = page[-1][0]


assets = st.tuples(st.integers(1, 2), keys, st.sampled_from([0, 1, TRASH]))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(assets, min_size=1, max_size=12), st.lists(assets, max_size=4), st.integers(1, 3))
def test_folders_count_what_is_in_them(
    catalog: Catalog, found: list[tuple[int, str, int]], moved: list[tuple[int, str, int]], limit: int
) -> None:
    moved = moved[: len(found)]
    replace_assets(catalog, found, moved)
    now = [*moved, *found[len(moved) :]]
    for path in ("", "a/", "a/b/", "/", "%/"):
        expected = naive(now, path)
        assert listed(catalog, path, None, limit) == expected
        assert listed(catalog, path, "", limit) == expected
    folders.fold(catalog)
    for path in ("", "a/", "a/b/", "/"):
        assert listed(catalog, path, None, limit) == naive(now, path)


def test_no_folder_is_left_without_assets(catalog: Catalog) -> None:
    replace_assets(catalog, [(1, "a/b/c.txt", 0)], [])
    folders.fold(catalog)
    replace_assets(catalog, [(1, "top.txt", 0)], [])
    folders.fold(catalog)
    with catalog.read() as connection:
        assert connection.execute("SELECT count(*) FROM folder").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM folder_change").fetchone() == (0,)


def test_only_folders_of_a_named_datasource_are_listed(catalog: Catalog) -> None:
    replace_assets(catalog, [(1, "a/1", 0), (2, "b/2", 0)], [])
    found = list_children(catalog, "", datasource="two", limit=10, after=START)
    assert [one.path for _, one in found] == ["b/"]
    with pytest.raises(NotFound):
        list_children(catalog, "", datasource="three", limit=10, after=START)
