"""Pages, totals and streams of a search on a real PostgreSQL; nothing that is typed breaks it."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from tests.support.queries import junk

from mirrorlake.catalog import library_count
from mirrorlake.core.errors import CatalogError, QueryError
from mirrorlake.model.assets import Asset, AssetState
from mirrorlake.model.media import MediaKind
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search import count, page_notes, run
from mirrorlake.search.run import search, stream

ASSETS = 120


@pytest.fixture(scope="module")
def library(catalog: Catalog) -> Catalog:
    with catalog.write() as connection:
        connection.execute(
            "INSERT INTO datasource (name, uri, access, settings) VALUES"
            " ('photos', 's3://bucket/in/', '{}', '{}'), ('folder', 'file:///data', '{}', '{}')"
        )
        connection.execute(
            """
            INSERT INTO asset (id, datasource_id, key, name, state, token, size, modified, kind, media_type, width,
              height, orientation, digest, placeholder, metadata, created, updated)
            SELECT n, d.id, 'in/a b' || n, 'name ' || n, CASE WHEN n %% 40 = 0 THEN 2 ELSE 0 END, '', n * 1000, NULL,
              'image', 'image/png', n, 10, 1, '', 'thumb',
              jsonb_build_object('n', n, 'half', n / 2.0, 'even', n %% 2 = 0),
              '2026-01-01Z', '2026-01-02Z'
            FROM generate_series(1, %s) AS n JOIN datasource AS d ON d.name = 'photos'
            """,
            (ASSETS,),
        )
        connection.execute("INSERT INTO asset_tag VALUES ('b', 7), ('a', 7)")
        connection.execute(
            "INSERT INTO object (datasource_id, state, size, asset_id, key, token)"
            " SELECT id, 0, 1, 7, 'x', '' FROM datasource"
        )
    return catalog


def ids(assets: tuple[Asset, ...]) -> list[int]:
    return [int(asset.id) for asset in assets]


ALIVE = [n for n in range(ASSETS, 0, -1) if n % 40]  # newest first, without the trash


def test_an_asset_comes_with_everything_that_is_shown_of_it(library: Catalog):
    (asset,) = search(library, "id:7", limit=10, offset=0).items
    assert asset == Asset(
        id="7",
        name="name 7",
        key="in/a b7",
        uri="s3://bucket/in/a%20b7",
        datasource="photos",
        datasources=("photos", "folder"),
        kind=MediaKind.IMAGE,
        media_type="image/png",
        size=7000,
        width=7,
        height=10,
        tags=("a", "b"),
        metadata={"n": 7, "half": 3.5, "even": False},
        projects=(),
        state=AssetState.PRESENT,
        placeholder="dGh1bWI=",
        modified=None,
        updated=datetime(2026, 1, 2, tzinfo=UTC),
        duration_s=None,
    )


@pytest.mark.parametrize("size", [1, 7, 50, 117, 118, 500])
def test_pages_put_together_are_the_whole_result(library: Catalog, size: int):
    found: list[int] = []
    while page := search(library, "", limit=size, offset=len(found)).items:
        found += ids(page)
    assert found == ALIVE


@pytest.mark.parametrize(("limit", "offset"), [(10, 0), (500, 0), (10, 115), (10, 117), (10, 5000), (0, 0), (117, 0)])
def test_every_page_knows_the_exact_total(library: Catalog, limit: int, offset: int):
    page = search(library, "", limit=limit, offset=offset)
    assert (page.total, page.total_capped) == (len(ALIVE), False)
    assert ids(page.items) == ALIVE[offset : offset + limit]


def test_nothing_found_is_an_empty_page(library: Catalog):
    page = search(library, "no-such-name", limit=10, offset=0)
    assert (page.items, page.total, page.total_capped) == ((), 0, False)


def test_a_total_beyond_the_limit_is_a_lower_bound(library: Catalog, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(count, "COUNT_LIMIT", 50)
    monkeypatch.setattr(count, "COUNT_COST", 0)  # as in a library of many millions of assets
    page = search(library, "-id:0", limit=10, offset=0)
    assert (page.total, page.total_capped) == (50, True)
    deep = search(library, "-id:0", limit=10, offset=60)
    assert (deep.total, deep.total_capped) == (70, True)
    last = search(library, "-id:0", limit=10, offset=110)
    assert (last.total, last.total_capped) == (len(ALIVE), False)


def test_the_total_of_the_whole_library_is_exact_at_any_size(library: Catalog, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(count, "COUNT_LIMIT", 50)
    monkeypatch.setattr(count, "COUNT_COST", 0)
    for query in ("", "sort:name", "sort:-size"):
        for offset in (0, 60):
            page = search(library, query, limit=10, offset=offset)
            assert (page.total, page.total_capped) == (len(ALIVE), False)
    monkeypatch.setattr(library_count, "MOST_TRASH", 1)  # as with many millions in the trash
    page = search(library, "", limit=10)
    assert (page.total, page.total_capped) == (50, True)


def test_a_total_that_can_be_counted_quickly_is_exact(library: Catalog, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(count, "COUNT_LIMIT", 50)
    for query, total in (("", len(ALIVE)), ("name -id:7", len(ALIVE) - 1), ("state:any", ASSETS)):
        page = search(library, query, limit=10)
        assert (page.total, page.total_capped) == (total, False)
        second = search(library, query, limit=10, cursor=page.next_cursor)
        assert (second.total, second.total_capped) == (total, False)


NOTES = {
    "metadata.hlaf>2": "No asset has the metadata key `hlaf`. Did you mean `metadata.half`?",
    "metadata.half>2 metadata.odd:1": "No asset has the metadata key `odd`.",
    "tag:c": "No asset has the tag `c`.",
    "datasource:photo": "No datasource is named `photo`. Did you mean `datasource:photos`?",
    "project:x": "No project is named `x`.",
    "half.n>2": "`half.n>2` was searched in names. To search metadata, write `metadata.half.n>2`.",
}


@pytest.mark.parametrize("query", NOTES)
def test_a_query_with_an_unknown_name_is_explained(library: Catalog, query: str):
    page = search(library, query, limit=10)
    assert page.items == ()
    assert NOTES[query] in page.notes


@pytest.mark.parametrize(
    "query", ["metadata.half>1000", "metadata.n:7 tag:a -tag:b", "name", "tag:a OR metadata.half:1"]
)
def test_a_query_of_known_names_or_with_results_needs_no_explanation(library: Catalog, query: str):
    assert search(library, query, limit=10).notes == ()


def test_a_stream_is_the_whole_result_in_order(library: Catalog, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(run, "STREAM_ROWS", 10)
    assert [int(asset.id) for asset in stream(library, "")] == ALIVE
    assert [int(asset.id) for asset in stream(library, "sort:id", limit=25)] == ALIVE[::-1][:25]


def test_an_abandoned_stream_gives_its_connection_back(library: Catalog):
    for _ in range(20):
        found = stream(library, "")
        assert next(found).id == str(ALIVE[0])
        found.close()
    assert search(library, "id:1", limit=1, offset=0).total == 1


def test_a_wrong_query_is_refused_before_the_first_asset_is_asked_for(library: Catalog):
    with pytest.raises(QueryError):
        stream(library, "width:>")


def test_a_search_that_takes_too_long_ends_with_advice(library: Catalog, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(run, "TIMEOUT_S", 1)
    with psycopg.connect(library.conninfo) as other:
        other.execute("LOCK TABLE asset")
        with pytest.raises(CatalogError, match="longer than 1 seconds"):
            search(library, "", limit=1, offset=0)
        with pytest.raises(CatalogError, match="Add a term"):
            list(stream(library, ""))
    assert search(library, "", limit=1, offset=0).total == len(ALIVE)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(junk)
@example("path:" + "*a" * 500)
@example("path:" + "**a*b" * 170)
@example("filename:" + "*a" * 1_000)
@example("%" * 4_000)
@example('"' + "\\\\" * 2_000 + '"')
@example("-" * 50 + "a")
@example("(" * 50 + "a" + ")" * 50)
@example(" OR ".join(f"metadata.k{n}>{n}" for n in range(150)))
@example(" OR ".join(f"tag:t{n}" for n in range(200)))
@example("metadata.k:" + "9" * 100 + "." + "9" * 90)
@example("metadata.k>1e-90")
@example("created:9999-12-31 OR created>0001-01-01T00:00")
@example('"\'; DROP TABLE asset; --" OR tag:"$$" OR datasource:"%s%(x)s"')
def test_whatever_is_typed_is_answered_or_refused(library: Catalog, text: str):
    try:
        page = search(library, text, limit=5, offset=0)
    except QueryError:
        return
    assert page.total >= len(page.items)


def test_notes_that_take_too_long_are_left_out(library: Catalog, monkeypatch: pytest.MonkeyPatch):
    def slow(catalog: Catalog, *_: object) -> None:
        with catalog.read() as connection:
            connection.execute("SET LOCAL statement_timeout = '10ms'")
            connection.execute("SELECT pg_sleep(60)")

    monkeypatch.setattr(page_notes, "known_names", slow)
    page = search(library, "metadata.odd:1", limit=1)
    assert (page.total, page.notes) == (0, ())
