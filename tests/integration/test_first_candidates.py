"""Where many assets may match, those near the beginning of the result are checked first: folders and times."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.rows import TupleRow

from mirrorlake.catalog import search_indexes
from mirrorlake.model.search_indexes import IndexedValue, IndexSource
from mirrorlake.plan.hot_indexes import Choice
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search import find
from mirrorlake.search.compile import compile_query
from mirrorlake.search.cursor import Cursor
from mirrorlake.search.find import Finder
from mirrorlake.search.grammar import parse
from mirrorlake.search.segments import Segment
from mirrorlake.search.sql import Sql

ASSETS = 600  # each third one in a block of ids of its own
FOLDERS = ("set/1", "set/10", "set/1-", "set", "Set/1", "sét/1", "set/1/deep")
DAY = IndexedValue(IndexSource.METADATA_TEXT, "day")


@pytest.fixture(scope="module")
def library(catalog: Catalog) -> Iterator[Catalog]:
    with catalog.write() as connection:
        connection.execute("INSERT INTO datasource (name, uri, access, settings) VALUES ('one', 's3://b/', '{}', '{}')")
        connection.execute(
            """
            INSERT INTO asset (id, datasource_id, key, name, token, size, kind, media_type, width, height, orientation,
              digest, placeholder, metadata)
            SELECT n * 20000, 1, (%(folders)s::text[])[n %% 7 + 1] || '/' || n || '.png', n, '', n, 'image',
              'image/png', 1, 1, 1, '', '', jsonb_build_object('day', (date '2020-01-01' + n %% 40)::text)
            FROM generate_series(1, %(assets)s) AS n
            """,
            {"folders": list(FOLDERS), "assets": ASSETS},
        )
        connection.execute("UPDATE asset SET state = 2 WHERE id % 23 = 0")
        connection.execute("ANALYZE asset")
    assert search_indexes.build(catalog, Choice(value=DAY, why="a test"), lambda *_: None) is None
    search_indexes.analyze(catalog)
    yield catalog
    for one in search_indexes.list_all(catalog):
        search_indexes.drop(catalog, one, lambda *_: None, "a test")


def pages(library: Catalog, query: str, size: int) -> list[int]:
    """The ids of all pages of a query, without a walk in order."""
    found: list[int] = []
    place: Cursor | None = None
    with library.read() as connection:
        while True:
            rows = finder(connection, query, place).first_rows(size)
            found += [row[0] for row in rows]
            if len(rows) < size:
                return found
            place = Cursor(values=(), asset_id=rows[-1][0], seen=len(found), total=0, total_capped=True)


def finder(connection: psycopg.Connection[TupleRow], query: str, place: Cursor | None = None) -> Finder:
    compiled = compile_query(parse(query))
    return Finder(connection, compiled, place=place, indexed=[DAY], answered=True, walk_rows=1)


def expected(library: Catalog, condition: str) -> list[int]:
    with library.read() as connection:
        text = f"SELECT id FROM asset WHERE state <> 2 AND {condition} ORDER BY id DESC"  # noqa: S608 - ours
        return [row[0] for row in connection.execute(text.encode()).fetchall()]


@pytest.mark.parametrize(
    ("query", "pattern"),
    [
        ("path:set/1/**", "^set/1/.*$"),
        ("path:set/1/*", "^set/1/[^/]*$"),
        ("path:set/1/d*p/*", "^set/1/d[^/]*p/[^/]*$"),
        ("path:set/**", "^set/.*$"),
        ("path:sét/**", "^sét/.*$"),
        ("path:/set/1/**", "^/?set/1/.*$"),
        ("path:nowhere/**", "^nowhere/"),
    ],
)
@pytest.mark.parametrize("size", [3, 50])
def test_a_folder_is_read_from_the_index_on_keys(library: Catalog, query: str, pattern: str, size: int) -> None:
    wanted = expected(library, f"key ~ '{pattern}'")
    assert pages(library, query, size) == wanted
    assert bool(wanted) is ("nowhere" not in query)


def test_a_large_folder_is_found_by_ranges_of_ids(library: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    ways: list[str] = []
    for name in ("_narrow", "_check_candidates"):
        original = getattr(Finder, name)

        def spied(*given: object, name: str = name, original: object = original) -> object:
            ways.append(name)
            return original(*given)  # type: ignore[operator]

        monkeypatch.setattr(Finder, name, spied)
    wanted = expected(library, "key ~ '^set/1/'")
    assert pages(library, "path:set/1/**", 500) == wanted
    monkeypatch.setattr(find, "MOST_OF_FOLDER", 10)
    assert pages(library, "path:set/1/**", 500) == wanted
    assert ways == ["_check_candidates", "_narrow"]


@pytest.mark.parametrize("order", ["name", "-name", "-size", "metadata.day", "width"])
def test_a_folder_is_sorted_by_way_of_its_keys(library: Catalog, order: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ways: list[int] = []
    original = Finder._sort_folder

    def spied(self: Finder, matching: Sql, segment: Segment, need: int) -> list[TupleRow]:
        ways.append(need)
        return original(self, matching, segment, need)

    monkeypatch.setattr(Finder, "_sort_folder", spied)
    query = f"path:set/1/** sort:{order}"
    with library.read() as connection:
        found = finder(connection, query).first_rows(ASSETS)
        assert ways
        monkeypatch.setattr(find, "MOST_OF_FOLDER", 10)
        ways.clear()
        assert finder(connection, query).first_rows(ASSETS) == found
    assert not ways
    assert sorted(row[0] for row in found) == sorted(expected(library, "key ~ '^set/1/'"))


@pytest.mark.parametrize(
    ("query", "condition"),
    [
        ("metadata.day>2020-01-09", "metadata ->> 'day' > '2020-01-09'"),
        ("metadata.day:2020-01-07", "metadata ->> 'day' = '2020-01-07'"),
        ("metadata.day<2020-01-03", "metadata ->> 'day' < '2020-01-03'"),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 400])
def test_pages_of_times_are_the_whole_result(library: Catalog, query: str, condition: str, size: int) -> None:
    wanted = expected(library, condition)
    assert len(wanted) > 10
    assert pages(library, query, size) == wanted


def test_the_first_times_are_looked_for_near_the_beginning(library: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    original = Finder._check_candidates

    def check(self: Finder, candidates: Sql, segment: Segment, need: int) -> list[TupleRow]:
        asked.append(candidates.text)
        return original(self, candidates, segment, need)

    monkeypatch.setattr(Finder, "_check_candidates", check)
    with library.read() as connection:
        rows = finder(connection, "metadata.day>2020-01-09").first_rows(3)
    assert [row[0] for row in rows] == expected(library, "metadata ->> 'day' > '2020-01-09'")[:3]
    (once,) = asked
    assert once.endswith("asset.id >= %s")
