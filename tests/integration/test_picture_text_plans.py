"""Searches for text in pictures read the index on words, then the index on digests: plans, not times."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import LiteralString

import psycopg
import pytest
from psycopg.rows import TupleRow

from mirrorlake.catalog.sql_names import replace_names
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search.compile import compile_query
from mirrorlake.search.count import _Counter
from mirrorlake.search.effort import WALK_ROWS
from mirrorlake.search.find import Finder, planner, walk_sql, with_filters
from mirrorlake.search.grammar import parse
from mirrorlake.search.run import search
from mirrorlake.search.segments import Segment, segments
from mirrorlake.search.sql import Param, Sql

ASSETS = 20_000


@pytest.fixture
def reading(empty_catalog: Catalog) -> Iterator[psycopg.Connection[TupleRow]]:
    with empty_catalog.write() as connection:
        connection.execute("INSERT INTO datasource (name, uri, access, settings) VALUES ('one', 's3://b/', '{}', '{}')")
        connection.execute(
            "INSERT INTO asset (id, datasource_id, key, name, token, size, kind, media_type, width, height,"
            " orientation, digest, placeholder)"
            " SELECT n, 1, n::text, n::text, '', n, 'image', 'image/png', 1, 1, 1, int8send(n), ''"
            " FROM generate_series(1, %s) AS n",
            (ASSETS,),
        )
        connection.execute(
            "INSERT INTO picture_text (digest, text, words, model)"
            " SELECT int8send(n), 'some text', ('''common'':1 ''n' || n || ''':2'"
            " || CASE WHEN n %% 10 = 0 THEN ' ''loading'':3 ''dock'':4' ELSE '' END)::tsvector, 'm'"
            " FROM generate_series(1, %s) AS n",
            (ASSETS,),
        )
        connection.execute("ANALYZE asset, picture_text")
    with empty_catalog.read() as connection:
        yield connection


def plan_of(connection: psycopg.Connection[TupleRow], query: str) -> str:
    """The plan with which the matches of a query are gathered."""
    compiled = compile_query(parse(query))
    found = with_filters(Sql("asset.id"), compiled.checked, compiled.filters, None)
    assert compiled.filters
    with planner(connection, seqscan=False):
        return explain(connection, found.text, found.params)


def explain(connection: psycopg.Connection[TupleRow], text: str, params: tuple[object, ...]) -> str:
    lines = connection.execute(replace_names(f"EXPLAIN {text}").encode(), params, prepare=False).fetchall()
    return "\n".join(line[0] for line in lines)


@pytest.mark.parametrize("query", ["text:n77", 'text:"common n77"', "text:n7777*", "text:n77 -tag:seen"])
def test_a_word_is_found_by_its_index_and_its_assets_by_theirs(
    reading: psycopg.Connection[TupleRow], query: str
) -> None:
    plan = plan_of(reading, query)
    assert "picture_text_by_words" in plan
    assert "asset_by_digest" in plan
    assert "Seq Scan on asset" not in plan


@pytest.mark.usefixtures("reading")
def test_pictures_with_text_are_found_without_reading_the_texts(empty_catalog: Catalog) -> None:
    with empty_catalog.session() as session:
        session.execute("UPDATE picture_text SET text = '' WHERE digest > int8send(100)")
        session.execute("ANALYZE picture_text")
    with empty_catalog.read() as connection:
        plan = plan_of(connection, "has:text")
    assert "picture_text_with_text" in plan
    assert "asset_by_digest" in plan


@pytest.mark.parametrize("query", ["text:common", "has:text", "-text:n7", "-has:text", "text:common metadata.a:1"])
def test_assets_that_are_read_in_order_are_checked_one_by_one(
    reading: psycopg.Connection[TupleRow], query: str
) -> None:
    compiled = compile_query(parse(query))
    (segment,) = segments(compiled, None)
    plan = explain(reading, *walk_sql(compiled, segment, 50, WALK_ROWS))
    assert "SubPlan" in plan
    assert "picture_text_by_words" not in plan
    assert "Hash" not in plan
    assert "hashed" not in plan


@pytest.mark.parametrize(
    ("query", "walked"),
    [
        ("text:n77", False),
        ("text:common", True),
        ("has:text", True),
        ("text:common text:n77", False),
        ('text:"loading dock"', True),
    ],
)
def test_the_newest_assets_are_read_first_unless_few_texts_have_the_word(
    reading: psycopg.Connection[TupleRow], query: str, monkeypatch: pytest.MonkeyPatch, *, walked: bool
) -> None:
    seen = list[int | None]()

    def walk(finder: Finder, segment: Segment, need: int, most: int | None) -> list[TupleRow]:
        seen.append(most)
        return original(finder, segment, need, most)

    original = Finder._walk
    monkeypatch.setattr(Finder, "_walk", walk)
    compiled = compile_query(parse(query))
    found = Finder(reading, compiled, walk_rows=1_000).first_rows(50)
    assert bool(seen) is walked
    assert len(found) == (50 if walked else 1)


def test_texts_are_not_read_again_for_each_range_of_ids(
    reading: psycopg.Connection[TupleRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    def narrow(finder: Finder, segment: Segment, need: int) -> list[TupleRow]:
        raise AssertionError("each range would read all texts that have the words")

    monkeypatch.setattr(Finder, "_narrow", narrow)
    compiled = compile_query(parse('text:"loading dock"'))
    found = Finder(reading, compiled, walk_rows=1_000, narrow_rows=10).first_rows(200)
    assert [row[0] for row in found] == [ASSETS - 10 * place for place in range(200)]


def test_common_words_are_found_where_the_newest_pictures_are_not_read_yet(
    empty_catalog: Catalog, reading: psycopg.Connection[TupleRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gather(finder: Finder, segment: Segment, need: int) -> list[TupleRow]:
        raise AssertionError("all texts with the word would be joined with their assets")

    with empty_catalog.write() as connection:
        connection.execute("DELETE FROM picture_text WHERE digest > int8send(15000)")
    monkeypatch.setattr(Finder, "_gather", gather)
    found = Finder(reading, compile_query(parse("text:common")), walk_rows=1_000).first_rows(50)
    assert [row[0] for row in found] == [15_000 - place for place in range(50)]


@pytest.mark.parametrize(
    ("query", "total"),
    [("text:n77", 1), ("text:common", 10_001), ("has:text", 10_001), ('text:"common n77"', 1), ("text:n1999*", 11)],
)
def test_pictures_with_words_are_counted_by_one_statement_that_joins(
    reading: psycopg.Connection[TupleRow], query: str, total: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans = list[str]()

    def number(counter: _Counter, text: LiteralString, params: tuple[Param, ...]) -> int:
        plans.append(explain(reading, text, params))
        return original(counter, text, params)

    original = _Counter._number
    monkeypatch.setattr(_Counter, "_number", number)
    parsed = parse(query)
    counter = _Counter(reading, parsed, compile_query(parsed), time.monotonic() + 60)
    assert counter.up_to(10_001, [0]) == total
    (plan,) = plans
    assert "SubPlan" not in plan
    assert "asset_by_filter" not in plan


def test_words_beside_what_else_selects_are_counted_with_its_index() -> None:
    assert compile_query(parse("text:a -tag:b text:c")).only_texts
    for query in ("text:a metadata.k:1", "text:a OR text:b", "-text:a", "tag:a", "text:a OR metadata.k:1"):
        assert not compile_query(parse(query)).only_texts, query


def test_rare_and_common_words_are_found_in_the_order_of_ids(
    empty_catalog: Catalog, reading: psycopg.Connection[TupleRow]
) -> None:
    def ids(query: str) -> list[int]:
        return [int(asset.id) for asset in search(empty_catalog, query, limit=3, patience_s=2.0).items]

    assert ids("text:n77") == [77]
    assert ids("text:common") == [ASSETS, ASSETS - 1, ASSETS - 2]
    assert ids("text:common id:5") == [5]
    assert ids("text:n1999*") == [19_999, 19_998, 19_997]
    assert ids("text:n77 OR id:4") == [77, 4]
