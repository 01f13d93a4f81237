"""Indexes on single values: made and dropped by a job, and read by the SQL of searches."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from mirrorlake.catalog import activity, field_counts, search_indexes
from mirrorlake.catalog.sql_names import replace_names
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.execution import new_job, run_here
from mirrorlake.jobs.handlers.search_indexes import IndexArgs
from mirrorlake.model.access import DEFAULT_WORKSPACE
from mirrorlake.model.activity import ActivityFilter, Subject
from mirrorlake.model.jobs import JobKind
from mirrorlake.model.search_indexes import IndexedValue, IndexMaintenance, IndexSource, IndexState
from mirrorlake.plan import hot_indexes
from mirrorlake.plan.hot_indexes import Choice
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search import known_values, run
from mirrorlake.search.compile import compile_query
from mirrorlake.search.find import planner, walk_sql, with_filters
from mirrorlake.search.grammar import parse
from mirrorlake.search.index_needs import needed_indexes
from mirrorlake.search.run import search
from mirrorlake.search.segments import segments
from mirrorlake.search.sql import Sql

KEY = "odd'key"


@pytest.fixture(scope="module")
def library(catalog: Catalog) -> Catalog:
    with catalog.write() as connection:
        connection.execute("INSERT INTO datasource (name, uri, access, settings) VALUES ('one', 's3://b/', '{}', '{}')")
        connection.execute(
            """
            INSERT INTO asset (id, datasource_id, key, name, token, size, modified, kind, media_type, width, height,
              orientation, digest, placeholder, metadata, facts)
            SELECT n, 1, n, n, '', n * 7919 % 5000, timestamptz '2026-01-01Z' + n * interval '1 hour', 'image',
              'image/png', n % 77, 1, 1, '', '',
              jsonb_build_object('n', n * 7919 % 5000, 'day', (date '2020-01-01' + n)::text),
              jsonb_build_object('iso', n % 999)
            FROM generate_series(1, 5000) AS n
            """
        )
        connection.execute(
            "UPDATE asset SET metadata = metadata || jsonb_build_object('long', repeat('x', 9000)) WHERE id = 7"
        )
        connection.execute("ANALYZE asset")
    return catalog


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=tmp_path_factory.mktemp("home"))


def test_slow_searches_make_an_index_and_disuse_drops_it(
    library: Catalog, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(run, "SLOW_S", 0.0)
    monkeypatch.setattr(hot_indexes, "HOT_SECONDS", 0.0)
    monkeypatch.setattr(hot_indexes, "MIN_ASSETS", 10)
    monkeypatch.setattr(hot_indexes, "MOST_IN_ADVANCE", 0)
    job = new_job(JobKind.SEARCH_INDEXES, IndexArgs())
    assert search_indexes.enqueue_due(library, job) is False  # no search was slow

    search(library, "sort:metadata.rare", limit=5)
    assert search_indexes.enqueue_due(library, job) is True
    assert search_indexes.enqueue_due(library, job) is False  # one is queued
    with library.write() as connection:
        connection.execute("DELETE FROM job")
    assert run_here(settings, library, job) == IndexMaintenance(made=("metadata rare",), dropped=(), failed=())
    (made,) = search_indexes.list_all(library)
    assert (made.source, made.key, made.state) == (IndexSource.METADATA, "rare", IndexState.READY)
    assert made.bytes > 0
    assert "1 search" in made.why

    search(library, "sort:metadata.rare", limit=5)
    assert run_here(settings, library, job) == IndexMaintenance(made=(), dropped=(), failed=())
    with library.write() as connection:
        connection.execute("DELETE FROM search_use")
    monkeypatch.setattr(hot_indexes, "UNUSED", timedelta(seconds=-1))
    assert run_here(settings, library, job).dropped == ("metadata rare",)
    assert search_indexes.list_all(library) == []
    chosen = ActivityFilter(kind=Subject.SEARCH_INDEX)
    found = activity.list_activity(library, DEFAULT_WORKSPACE, chosen, limit=2, audit=False)
    assert [one.action for one in found] == ["delete", "create"]


def test_indexes_are_made_in_advance_when_no_run_is_in_progress_and_disuse_drops_them_for_good(
    library: Catalog, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(hot_indexes, "MIN_ASSETS", 4_000)
    monkeypatch.setattr(hot_indexes, "MOST_IN_ADVANCE", 4)
    job = new_job(JobKind.SEARCH_INDEXES, IndexArgs())
    with library.write() as connection:
        connection.execute("DELETE FROM job")
        connection.execute(
            "INSERT INTO job (kind, lock, state, started) VALUES ('search_indexes', 'x', 'succeeded', now())"
        )
    field_counts.fold(library)
    with library.write() as connection:
        connection.execute("INSERT INTO asset_added (assets, ids) VALUES (1000, '{}')")
    assert search_indexes.enqueue_due(library, job) is False  # many assets are not counted
    with library.write() as connection:
        connection.execute("DELETE FROM asset_added")
        connection.execute("INSERT INTO job (id, kind, lock, state) VALUES (10000, 'mirror', 'y', 'running')")
        connection.execute(
            "INSERT INTO lease (lock, job_id, holder, backend_pid, backend_start, expires)"
            " VALUES ('y', 10000, gen_random_uuid(), 1, now(), now() + interval '1 minute')"
        )
    assert search_indexes.enqueue_due(library, job) is False  # a run is in progress
    with library.write() as connection:
        connection.execute("DELETE FROM lease")
    assert search_indexes.enqueue_due(library, job) is True
    with library.write() as connection:
        connection.execute("DELETE FROM job")

    made = ("column created", "column size", "metadata-text day", "metadata n")
    assert run_here(settings, library, job).made == made
    assert search_indexes.enqueue_due(library, job) is False
    found = search_indexes.list_all(library)
    assert {one.why for one in found} == {"5,000 assets have it"}
    monkeypatch.setattr(hot_indexes, "UNWANTED", timedelta(seconds=-1))
    done = run_here(settings, library, job)
    assert sorted(done.dropped) == sorted(made)
    assert done.made == ("facts iso", "column width", "column height", "column modified")
    last = run_here(settings, library, job)
    assert (last.made, sorted(last.dropped)) == ((), sorted(done.made))
    assert search_indexes.list_all(library) == []
    with library.write() as connection:
        connection.execute("DELETE FROM search_index_declined")


def test_a_build_that_fails_is_kept_with_its_reason_and_leaves_no_index(library: Catalog):
    value = IndexedValue(IndexSource.METADATA, KEY)
    assert search_indexes.build(library, Choice(value=value, why="a test"), lambda *_: None) is None
    (made,) = search_indexes.list_all(library)
    with library.write() as connection:
        connection.execute("INSERT INTO search_index (source, key, state, why) VALUES ('facts', 'x', 'building', '')")
        number = connection.execute("SELECT max(id) FROM search_index").fetchone()
        connection.execute(f"CREATE INDEX asset_search_{number[0] + 1} ON asset (id) WHERE false")
    error = search_indexes.build(
        library, Choice(value=IndexedValue(IndexSource.FACTS, "y"), why="a test"), lambda *_: None
    )
    assert error is not None
    assert "already exists" in error
    states = {one.key: (one.state, one.error) for one in search_indexes.list_all(library)}
    assert states["y"] == (IndexState.FAILED, error)
    assert states[made.key] == (IndexState.READY, None)
    for one in search_indexes.list_all(library):
        search_indexes.drop(library, one, lambda *_: None, "a test")


@pytest.fixture(scope="module")
def indexed(library: Catalog) -> Iterator[dict[IndexedValue, str]]:
    """An index on each value of the queries below, by its name."""
    values = sorted({one for query, _ in READ for one in needed_indexes(parse(query))}, key=str)
    for value in values:
        assert search_indexes.build(library, Choice(value=value, why="a test"), lambda *_: None) is None
    search_indexes.analyze(library)
    made = search_indexes.list_all(library)
    yield {IndexedValue(one.source, one.key): f"asset_search_{one.id}" for one in made}
    for one in made:
        search_indexes.drop(library, one, lambda *_: None, "a test")


READ = [
    ("metadata.n>4990", "where"),
    ("metadata.n<=3", "where"),
    ("metadata.n:5..9", "where"),
    ("metadata.day>2033-08-01", "where"),
    ("metadata.day<2020-01-09", "where"),
    ('metadata.day>="2033-09"', "where"),
    ("metadata.day:2033-08-01", "where"),
    ("metadata.long:*", "where"),
    ("facts.iso>=998", "where"),
    ("size>4990", "where"),
    ("width>75 size<40", "where"),
    ("modified>2026-07-27", "where"),
    ("sort:metadata.n", "order"),
    ("sort:-metadata.n", "order"),
    ("sort:-facts.iso", "order"),
    ("sort:size", "order"),
    ("sort:-width", "order"),
    ("sort:-modified", "order"),
    ("sort:type", "order"),
    ("sort:-created", "order"),
]


def test_a_negated_number_is_found_by_its_index_where_all_assets_have_one(
    library: Catalog, indexed: dict[IndexedValue, str]
):
    field_counts.fold(library)
    parsed = parse("-metadata.n<4900")
    with library.read() as connection:
        narrowed = known_values.narrow(connection, parsed, compile_query(parsed))
        found = with_filters(Sql("asset.id"), narrowed.checked, narrowed.filters, None)
        with planner(connection, seqscan=False):
            lines = connection.execute(replace_names(f"EXPLAIN {found.text}").encode(), found.params, prepare=False)
            plan = "\n".join(line[0] for line in lines)
    assert plan.count(indexed[IndexedValue(IndexSource.METADATA, "n")]) == len(narrowed.filters) == 2
    assert "Seq Scan" not in plan
    page = search(library, "-metadata.n<4900 sort:metadata.n", limit=3)
    assert ([asset.metadata["n"] for asset in page.items], page.total) == ([4900, 4901, 4902], 100)


@pytest.mark.parametrize(("query", "part"), READ)
def test_the_sql_of_a_query_reads_its_index(library: Catalog, indexed: dict[IndexedValue, str], query: str, part: str):
    parsed = parse(query)
    compiled = compile_query(parsed)
    if part == "where":
        text, params = f"SELECT count(*) FROM asset WHERE {compiled.where.text}", compiled.where.params  # noqa: S608 - ours
    else:
        first = segments(compiled, None)[0]
        order = first.order
        text = f"SELECT id FROM asset WHERE {first.condition.text} ORDER BY {order.text} LIMIT 5"  # noqa: S608 - ours
        params = (*first.condition.params, *order.params)
    with library.read() as connection, planner(connection, seqscan=False):
        rows = connection.execute(replace_names("EXPLAIN " + text).encode(), params, prepare=False).fetchall()
    plan = "\n".join(row[0] for row in rows)
    assert any(indexed[value] in plan for value in needed_indexes(parsed)), plan
    assert "Sort" not in plan


@pytest.mark.parametrize("most", [None, 100])
@pytest.mark.parametrize("query", [query for query, part in READ if part == "order"])
def test_reading_in_an_order_reads_the_index_and_sorts_nothing(
    library: Catalog, indexed: dict[IndexedValue, str], query: str, most: int | None
):
    parsed = parse(query)
    compiled = compile_query(parsed)
    text, params = walk_sql(compiled, segments(compiled, None)[0], 5, most)
    with library.read() as connection, planner(connection, seqscan=False):
        rows = connection.execute(replace_names("EXPLAIN " + text).encode(), params, prepare=False).fetchall()
    plan = "\n".join(row[0] for row in rows)
    assert any(indexed[value] in plan for value in needed_indexes(parsed)), plan
    assert "Sort" not in plan


def test_pages_are_the_same_with_and_without_indexes(library: Catalog, indexed: dict[IndexedValue, str]):
    assert indexed
    for query, _ in READ:
        first = search(library, query, limit=40)
        again = search(library, query, limit=20)
        more = search(library, query, limit=20, cursor=again.next_cursor) if again.next_cursor else None
        both = [*again.items, *(more.items if more else ())]
        assert [one.id for one in both] == [one.id for one in first.items], query
