"""PostgreSQL reads the indexes that searches count on: plans, not times."""

from __future__ import annotations

import pytest

from mirrorlake.catalog.sql_names import replace_names
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search import far_positions, run
from mirrorlake.search.compile import compile_query
from mirrorlake.search.count import count_matches
from mirrorlake.search.cursor import Cursor
from mirrorlake.search.filters import range_sql
from mirrorlake.search.find import planner, with_filters
from mirrorlake.search.grammar import parse
from mirrorlake.search.run import search
from mirrorlake.search.segments import segments
from mirrorlake.search.sql import Sql

ASSETS = 3_000


@pytest.fixture(scope="module")
def library(catalog: Catalog) -> Catalog:
    with catalog.write() as connection:
        connection.execute("INSERT INTO datasource (name, uri, access, settings) VALUES ('one', 's3://b/', '{}', '{}')")
        connection.execute(
            """
            INSERT INTO asset (id, datasource_id, key, name, token, size, kind, media_type, width, height, orientation,
              digest, placeholder, metadata)
            SELECT n * 200, 1, 'a/' || n % 10 || '/' || n, 'name ' || n, '', n, 'image', 'image/png', 1, 1, 1, '', '',
              jsonb_build_object('n', n, 'tenth', n % 10)
            FROM generate_series(1, 3000) AS n
            """
        )
        connection.execute("ANALYZE asset")
    return catalog


def explain(library: Catalog, text: str, params: tuple[object, ...]) -> str:
    with library.read() as connection:
        lines = connection.execute(replace_names("EXPLAIN " + text).encode(), params, prepare=False).fetchall()
    return "\n".join(line[0] for line in lines)


@pytest.mark.parametrize(
    ("query", "indexes"),
    [
        ("metadata.tenth:3", 2),
        ("name", 1),
        ("path:**/3/*", 1),
        ("type:image/png", 1),
        ("metadata.n:7 OR name", 3),
        ('metadata.n:"7" name', 1),
    ],
)
def test_a_filter_and_ranges_of_ids_are_one_question_to_one_index(library: Catalog, query: str, indexes: int):
    compiled = compile_query(parse(query))
    within = range_sql(0, 1)
    where = Sql(f"{within.text} AND {compiled.where.text}", (*within.params, *compiled.where.params))
    found = with_filters(Sql("asset.id"), where, compiled.filters, 5)
    with library.read() as connection, planner(connection, seqscan=False, indexscan=False):
        lines = connection.execute(replace_names("EXPLAIN " + found.text).encode(), found.params, prepare=False)
        plan = [line[0] for line in lines]
    conditions = [line for line in plan if "Index Cond" in line]
    assert len([line for line in plan if "asset_by_filter" in line]) == len(conditions) == indexes
    assert all("@> '{4}'" in line and " AND " in line for line in conditions)


def test_a_digest_is_looked_up_in_its_index_beside_other_conditions(library: Catalog):
    (member,) = compile_query(parse(f"-tag:x digest:{'0' * 64}")).members
    assert "asset_by_digest" in explain(library, f"{member.text} AND asset_id <= %s LIMIT 5", (*member.params, 10**9))


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("sort:name", "asset_by_name"),
        ("sort:-name", "asset_by_name"),
        ("sort:key", "asset_by_key"),
        ("sort:-updated", "asset_by_update"),
        ("sort:updated", "asset_by_update"),
        ("", "asset_pkey"),
    ],
)
@pytest.mark.parametrize("further", [False, True])
def test_an_order_is_read_from_its_index_and_begins_at_the_cursor(
    library: Catalog, query: str, index: str, *, further: bool
):
    compiled = compile_query(parse(query))
    values = {"sort:updated": "2026-01-01Z", "sort:-updated": "2026-01-01Z", "": None}
    texts = (values.get(query, "name 5"),) if compiled.keys else ()
    place = Cursor(values=texts, asset_id=5, seen=1, total=2, total_capped=False) if further else None
    (segment,) = segments(compiled, place)
    found = explain(
        library,
        f"SELECT id FROM asset WHERE {segment.condition.text} ORDER BY {segment.order.text} LIMIT 5",  # noqa: S608 - ours
        (*segment.condition.params, *segment.order.params),
    )
    assert index in found
    assert "Sort" not in found
    assert ("Index Cond" in found) is further


@pytest.mark.parametrize("query", ["", "sort:id", "sort:name", "metadata.tenth:3"])
def test_a_far_position_is_where_reading_through_gets(library: Catalog, query: str):
    ids = [asset.id for asset in search(library, query, limit=ASSETS).items]
    assert [asset.id for asset in search(library, query, limit=5, offset=2_500).items] == ids[2_500:2_505]
    assert [asset.id for asset in search(library, query, limit=5, offset=3_500).items] == []


@pytest.mark.parametrize(
    "query", ["sort:name", "sort:-name", "sort:key", "sort:-updated", "sort:updated", "sort:-size"]
)
@pytest.mark.parametrize("trash", [False, True])
@pytest.mark.parametrize("read", [0, 300])
def test_a_far_position_in_the_order_of_an_index_is_exact_whatever_the_statistics(
    library: Catalog, query: str, read: int, monkeypatch: pytest.MonkeyPatch, *, trash: bool
):
    monkeypatch.setattr(far_positions, "READ", read)
    monkeypatch.setattr(run, "NEAR", 0)
    state = "UPDATE asset SET state = %s WHERE id % 1400 = 0"
    with library.write() as connection:
        connection.execute(state.replace("% 1400", "%% 1400"), (2 if trash else 0,))
    ids = [asset.id for asset in search(library, query, limit=ASSETS).items]
    for far in (1, 299, 900, 1_500, 2_400, len(ids) - 3, len(ids)):
        assert [asset.id for asset in search(library, query, limit=40, offset=far).items] == ids[far : far + 40]
    # The values that ANALYZE found are those of before: all names sorted elsewhere then.
    with library.write() as connection:
        connection.execute(
            "UPDATE asset SET name = 'a' || name, updated = updated - interval '1 year' WHERE id > 90000"
        )
    ids = [asset.id for asset in search(library, query, limit=ASSETS).items]
    for far in (5, 1_500, 2_500):
        assert [asset.id for asset in search(library, query, limit=40, offset=far).items] == ids[far : far + 40]
    with library.write() as connection:
        connection.execute("UPDATE asset SET name = substr(name, 2) WHERE id > 90000")
        connection.execute(state.replace("% 1400", "%% 1400"), (0,))


def test_the_way_to_a_far_position_begins_at_a_value_near_it(library: Catalog, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(far_positions, "READ", 0)
    (key,) = compile_query(parse("sort:name")).keys
    statements: list[str] = []
    read = far_positions._Reader._rows
    monkeypatch.setattr(
        far_positions._Reader, "_rows", lambda self, text, params: statements.append(text) or read(self, text, params)
    )
    with library.write() as connection:
        connection.execute("ANALYZE asset")
    with library.read() as connection:
        rows = far_positions.far_page(connection, key, (), limit=5, offset=1_500)
    assert rows is not None
    assert len(rows) == 5
    assert "count(*)" in statements[0]


@pytest.mark.parametrize(("query", "count"), [("metadata.tenth:3", 300), ("name", ASSETS), ("-tag:x", ASSETS)])
def test_counts_are_exact_with_and_without_a_filter(library: Catalog, query: str, count: int):
    parsed = parse(query)
    assert count_matches(library, parsed, compile_query(parsed), exact=False) == (count, False)
