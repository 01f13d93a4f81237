"""The kept counts of values narrow searches and count matches; what changed since they were counted is found too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mirrorlake.catalog import field_counts
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search import known_values
from mirrorlake.search.compile import CompiledQuery, compile_query
from mirrorlake.search.count import count_matches
from mirrorlake.search.grammar import parse
from mirrorlake.search.nodes import Query
from mirrorlake.search.run import finder_of, search

ASSETS = 60


@pytest.fixture(scope="module")
def library(catalog: Catalog) -> Catalog:
    with catalog.write() as connection:
        connection.execute("INSERT INTO datasource (name, uri, access, settings) VALUES ('one', 's3://b/', '{}', '{}')")
        connection.execute(
            """
            INSERT INTO asset (id, datasource_id, key, name, token, size, kind, media_type, width, height, orientation,
              digest, placeholder, metadata, facts)
            SELECT n, 1, 'a/' || n, 'name ' || n, '', n, 'image',
              CASE WHEN n <= 6 THEN 'image/gif' ELSE 'image/png' END, 1, 1, 1, '', '',
              jsonb_build_object('site', 'site-' || n % 4, 'half', n % 2 = 0, 'n', n)
                || CASE WHEN n <= 5 THEN '{"rare": "x", "mixed": 1.50}'::jsonb ELSE '{}' END,
              jsonb_build_object('iso', 100)
            FROM generate_series(1, 60) AS n
            """
        )
        connection.execute("INSERT INTO asset_tag SELECT 'few', id FROM asset WHERE id <= 3")
    field_counts.fold(catalog)
    return catalog


def change_site(library: Catalog, site: str) -> None:
    change = "UPDATE asset SET metadata = metadata || jsonb_build_object('site', %s::text) WHERE id = 60"
    with library.write() as connection:
        connection.execute(change, (site,))


def edit(library: Catalog, site: str) -> None:
    """Change the site of the last asset, and count it."""
    change_site(library, site)
    field_counts.fold(library)


@pytest.fixture
def changed(library: Catalog) -> Iterator[Catalog]:
    """The library while one asset is not counted as it is."""
    change_site(library, "site-new")
    yield library
    edit(library, "site-0")


def narrowed(library: Catalog, query: str) -> CompiledQuery:
    parsed = parse(query)
    with library.read() as connection:
        return known_values.narrow(connection, parsed, compile_query(parsed))


@pytest.mark.parametrize(
    "query",
    [
        "metadata.nokey:*", "metadata.nokey>5", "metadata.site:zzz*", "-metadata.site:*", "type:video", "-kind:image",
        "NOT metadata.half:true NOT metadata.half:false", "facts.iso:200", "facts.none:1", "datasource:nowhere",
        "datasource:no*", "-datasource:o*",
        "name metadata.n>1000", "kind:video OR metadata.nokey:*", "-metadata.n<=60",
    ],
)  # fmt: skip
def test_what_no_value_matches_is_not_looked_for(library: Catalog, query: str):
    assert narrowed(library, query).nothing is True
    assert search(library, query, limit=5).items == ()


@pytest.mark.parametrize(
    ("query", "filters"),
    [
        ("metadata.site:*-3", 1), ("metadata.site>site-1", 2), ("-type:image/png", 1), ("-metadata.site:site-1", 3),
        ("metadata.n<4", 3), ("kind:video OR metadata.site>site-2", 1), ("datasource:o*e", 2),
        # The counts say nothing of assets without a key, of numbers as texts, of facts, or of too many values.
        ("-metadata.rare:x", 0), ("metadata.mixed:1.5*", 0), ("facts.iso>50", 0), ("metadata.n>1", 0),
    ],
)  # fmt: skip
def test_matching_values_are_asked_for_one_by_one(library: Catalog, query: str, filters: int):
    compiled = narrowed(library, query)
    assert (len(compiled.filters), compiled.nothing) == (filters, False)
    assert search(library, query, limit=1).items != ()


def test_an_asset_that_changed_after_it_was_counted_is_found_and_no_total_is_taken_from_the_counts(changed: Catalog):
    for query in ("metadata.site:*-new", "metadata.site>site-3", "metadata.site:site-new"):
        assert [asset.id for asset in search(changed, query, limit=5).items] == ["60"]
    assert narrowed(changed, "metadata.site:*-new").filters != ()
    assert narrowed(changed, "metadata.nokey:*").nothing is False
    parsed = parse("metadata.site:site-0")
    with changed.read() as connection:
        assert known_values.count(connection, parsed, compile_query(parsed)) is None
    assert count_matches(changed, parsed, compile_query(parsed), exact=True) == (14, False)


def test_a_negated_number_is_its_opposite_only_where_all_assets_have_a_number(library: Catalog):
    query = "-metadata.n<=30"
    assert narrowed(library, query).filters == ()  # no index on it
    with library.write() as connection:
        connection.execute("INSERT INTO search_index (source, key, state, why) VALUES ('metadata', 'n', 'ready', '')")
    assert len(narrowed(library, query).filters) == 2
    assert search(library, query, limit=60).total == 30

    remove = "UPDATE asset SET metadata = metadata - 'n' WHERE id = 60"
    with library.write() as connection:
        connection.execute(remove)
    assert len(narrowed(library, query).filters) == 3  # with what changed since it was counted
    assert "60" in {asset.id for asset in search(library, query, limit=60).items}
    field_counts.fold(library)
    assert narrowed(library, query).filters == ()
    assert search(library, query, limit=60).total == 30

    with library.write() as connection:
        connection.execute("UPDATE asset SET metadata = metadata || '{\"n\": 60}' WHERE id = 60")
        connection.execute("DELETE FROM search_index")
    field_counts.fold(library)


def test_the_assets_of_a_datasource_are_found_by_what_it_governs(library: Catalog):
    assert narrowed(library, "datasource:one").filters != ()
    assert search(library, "datasource:one", limit=1).total == 60
    assert search(library, "-datasource:one", limit=1).items == ()


SAME_FIELD = [
    "metadata.n:2..50", "metadata.n>1 metadata.n<51", "(metadata.n>1 metadata.n<51) kind:image",
    "-metadata.rare:y metadata.n:2..50 -metadata.rare:z",
]  # fmt: skip


@pytest.mark.parametrize("most_pending", [known_values.MOST_PENDING, 0])
@pytest.mark.parametrize("query", SAME_FIELD)
def test_several_conditions_on_a_field_with_many_values_find_what_they_say(
    changed: Catalog, monkeypatch: pytest.MonkeyPatch, query: str, most_pending: int
):
    monkeypatch.setattr(known_values, "MOST_PENDING", most_pending)
    found = search(changed, query, limit=60)
    assert (len(found.items), found.total) == (49, 49)
    parsed = parse(query)
    assert count_matches(changed, parsed, compile_query(parsed), exact=True) == (49, False)


def test_the_counts_belong_to_the_rows_that_are_searched(library: Catalog, monkeypatch: pytest.MonkeyPatch):
    narrow, seen = known_values.narrow, list[tuple[int, int]]()

    def numbers(connection: Any) -> int:
        return connection.execute("SELECT count(*) FROM asset WHERE metadata ->> 'site' = 'site-late'").fetchone()[0]

    def overtaken(connection: Any, query: Query, compiled: CompiledQuery) -> CompiledQuery:
        found, before = narrow(connection, query, compiled), numbers(connection)
        edit(library, "site-late")
        seen.append((before, numbers(connection)))
        edit(library, "site-0")
        return found

    monkeypatch.setattr(known_values, "narrow", overtaken)
    parsed = parse("metadata.site:site-l* kind:image")
    search(library, "metadata.site:site-l* kind:image", limit=5)
    count_matches(library, parsed, compile_query(parsed), exact=True)
    assert len(seen) >= 2
    assert set(seen) == {(0, 0)}


def test_with_many_changes_the_counts_are_not_used(changed: Catalog, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(known_values, "MOST_PENDING", 0)
    assert narrowed(changed, "metadata.nokey:*").nothing is False
    assert [asset.id for asset in search(changed, "metadata.site:*-new", limit=5).items] == ["60"]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("metadata.site:site-0", 15), ("-metadata.site:site-0", 45), ("metadata.rare:*", 5), ("-metadata.rare:*", 55),
        ("-metadata.rare:x", 55), ("metadata.half:true", 30), ("metadata.n:11..20", 10), ("tag:few", 3), ("tag:no", 0),
        ("type:image/gif", 6), ("kind:image", 60), ("facts.iso:100", 60), ("metadata.mixed:1.5", 5),
        ("metadata.no:1", 0),
    ],
)  # fmt: skip
def test_matches_of_one_field_are_counted_without_reading_assets(library: Catalog, query: str, count: int):
    parsed = parse(query)
    compiled = compile_query(parsed)
    with library.read() as connection:
        assert known_values.count(connection, parsed, compiled) == count
        found = connection.execute(
            f"SELECT count(*) FROM asset WHERE {compiled.where.text.replace('{asset.trash}', '2')}",  # noqa: S608 - ours
            compiled.where.params,
        ).fetchone()
    assert found == (count,)


@pytest.mark.parametrize("query", ["state:any metadata.site:site-0", "name", "metadata.mixed:1.5*", "tag:f*"])
def test_other_matches_are_not(library: Catalog, query: str):
    parsed = parse(query)
    with library.read() as connection:
        assert known_values.count(connection, parsed, compile_query(parsed)) is None


def test_an_order_by_a_key_that_no_asset_has_is_that_of_ids(library: Catalog, changed: Catalog):
    parsed = parse("sort:metadata.nokey")
    with changed.read() as connection:
        assert finder_of(connection, parsed, compile_query(parsed)).unsorted is False
    field_counts.fold(library)
    with library.read() as connection:
        assert finder_of(connection, parsed, compile_query(parsed)).unsorted is True
    first = [asset.id for asset in search(library, "sort:metadata.nokey", limit=3).items]
    assert first == ["1", "2", "3"]
