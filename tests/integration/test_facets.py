"""Facets are the counts of the assets that a search finds; estimates are marked."""

from __future__ import annotations

from collections import Counter

import pytest

from mirrorlake.catalog import field_counts
from mirrorlake.core.errors import UsageError
from mirrorlake.model.facets import Facet
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search import facets
from mirrorlake.search.facets import read_facets
from mirrorlake.search.run import stream

FIELDS = ("metadata.site", "metadata.score", "metadata.reviewed", "metadata.taken", "tag", "kind", "type", "state",
          "datasource", "size", "width", "created", "updated", "facts.iso", "project", "class", "format")  # fmt: skip


@pytest.fixture(scope="module")
def library(catalog: Catalog) -> Catalog:
    with catalog.write() as connection:
        connection.execute(
            "INSERT INTO datasource (name, uri, access, settings)"
            " VALUES ('a', 's3://a/', '{}', '{}'), ('b', 's3://b/', '{}', '{}')"
        )
        connection.execute(
            """
            INSERT INTO asset (id, datasource_id, key, name, state, token, size, kind, media_type, width, height,
              orientation, digest, placeholder, facts, metadata)
            SELECT n, 1 + n % 2, n::text, n::text, CASE WHEN n % 10 = 0 THEN 2 ELSE 0 END, '', n * 1000, 'image',
              CASE WHEN n % 3 = 0 THEN 'image/png' ELSE 'image/jpeg' END, 4000, 3000, 1, '', 'x',
              jsonb_build_object('iso', 100 * (n % 4)),
              jsonb_build_object('site', 'hall ' || n % 5, 'score', n / 200.0, 'reviewed', n % 2 = 0)
                || CASE WHEN n % 4 = 0 THEN '{"taken": "2026-01-31"}' ELSE '{}' END::jsonb
            FROM generate_series(1, 200) AS n
            """
        )
        connection.execute(
            "INSERT INTO object (datasource_id, state, size, asset_id, key, token)"
            " SELECT datasource_id, CASE state WHEN 2 THEN 3 ELSE 0 END, 1, id, key, '' FROM asset"
        )
        connection.execute("INSERT INTO asset_tag SELECT 'even', n FROM generate_series(2, 200, 2) AS n")
        connection.execute("INSERT INTO project (name) VALUES ('roads')")
        connection.execute("INSERT INTO project_asset SELECT 1, n FROM generate_series(1, 21) AS n")
        connection.execute("INSERT INTO project (name) VALUES ('lanes')")
        connection.execute("INSERT INTO project_asset SELECT 2, n FROM generate_series(15, 40) AS n")
        connection.execute("UPDATE project_asset SET split = 0 WHERE project_id = 1 AND asset_id < 18")
        connection.execute("UPDATE project_asset SET split = asset_id % 3 WHERE project_id = 2 AND asset_id > 16")
    field_counts.fold(catalog)
    return catalog


def read(catalog: Catalog, query: str, *fields: str, most: int = 50) -> dict[str, Facet]:
    return {one.field: one for one in read_facets(catalog, query, fields, most=most).facets}


@pytest.mark.parametrize("query", ["", "tag:even", "metadata.score>0.5 -type:image/png", "state:any", "id:0"])
def test_facets_equal_the_counts_of_the_result(library: Catalog, query: str) -> None:
    assets = list(stream(library, query))
    found = read(library, query, *FIELDS)
    assert all(one.sampled is None for one in found.values())
    for field, values in {
        "metadata.site": [one.metadata["site"] for one in assets],
        "metadata.reviewed": [one.metadata["reviewed"] for one in assets],
        "metadata.taken": [one.metadata["taken"] for one in assets if "taken" in one.metadata],
        "tag": [tag for one in assets for tag in one.tags],
        "type": [one.media_type for one in assets],
        "kind": [one.kind for one in assets],
        "format": [{"image/png": "png", "image/jpeg": "jpg"}[one.media_type] for one in assets],
        "project": [name for one in assets for name in one.projects],
        "datasource": [name for one in assets for name in one.datasources],
    }.items():
        if field == "datasource" and query == "state:any":
            continue  # those in the trash are reached by nothing, and belong to the one that they came from
        assert {one.value: one.assets for one in found[field].values} == Counter(values), field
        assert found[field].assets == len(values)
        assert not found[field].more
    for field in ("size", "metadata.score", "created", "updated", "width", "facts.iso"):
        assert sum(one.assets for one in found[field].bins) == len(assets), field
    assert sum(one.assets for one in found["metadata.taken"].bins) == found["metadata.taken"].assets


@pytest.mark.parametrize("query", ["", "tag:even", "project:roads", "project:lanes", "project:*s -tag:even"])
def test_splits_are_counted_as_they_are_found(library: Catalog, query: str) -> None:
    facet = read(library, query, "split")["split"]
    found = {name: len(list(stream(library, f"{query} split:{name}"))) for name in ("train", "valid", "test", "none")}
    assert {one.value: one.assets for one in facet.values} == {name: count for name, count in found.items() if count}
    assert facet.values
    assert facet.sampled is None


def test_values_of_formats_are_terms_of_a_query(library: Catalog) -> None:
    for one in read(library, "", "format")["format"].values:
        assert len(list(stream(library, f"format:{one.value}"))) == one.assets


def test_only_the_most_frequent_values_are_listed_and_more_is_said(library: Catalog) -> None:
    for query in ("", "-id:0"):
        facet = read(library, query, "metadata.score", most=3)["metadata.score"]
        assert (len(facet.values), facet.more, facet.assets) == (3, True, 180)
        assert [(one.low, one.high) for one in facet.bins][:2] == [(0, 0.05), (0.05, 0.1)]


def test_facets_of_many_matches_are_sampled_and_say_so(library: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facets, "EXACT_ASSETS", 5)
    monkeypatch.setattr(facets, "SAMPLE_ASSETS", 100)
    with library.write() as connection:
        connection.execute("UPDATE pg_class SET reltuples = 200 WHERE relname = 'asset'")
    facet = read(library, "tag:even", "metadata.site")["metadata.site"]
    assert facet.sampled == 0.5
    assert all(one.assets % 2 == 0 for one in facet.values)
    assert read(library, "id:7", "metadata.site")["metadata.site"].sampled is None


def test_an_unknown_field_is_refused_with_the_nearest(library: Catalog) -> None:
    with pytest.raises(UsageError, match="sise") as error:
        read(library, "", "sise")
    assert "size" in error.value.fix
    assert read(library, "", "metadata.nothing")["metadata.nothing"].assets == 0
