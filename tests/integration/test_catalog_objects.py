"""The stream of known objects: complete, in byte order, in small batches."""

from __future__ import annotations

import random
import re
import tracemalloc
from collections.abc import Generator, Iterator
from contextlib import closing

import pyarrow as pa
import pytest

from mirrorlake.catalog import datasources, objects
from mirrorlake.model.columns import KNOWN
from mirrorlake.model.sources import Access, Location, MirrorSettings, Provider
from mirrorlake.postgres.pool import Catalog

ROWS = 200_000


@pytest.fixture(scope="module")
def filled(catalog: Catalog) -> int:
    """A datasource of many keys, written in no order, among objects of another one."""
    made = [
        datasources.create(
            catalog,
            name=None,
            location=Location(provider=Provider.S3, container=bucket),
            access=Access(),
            settings=MirrorSettings(),
        ).id
        for bucket in ("big", "small")
    ]
    with catalog.write() as connection:
        connection.execute(
            "INSERT INTO object (datasource_id, state, size, key, token)"
            " SELECT %s, 2, i, md5(i::text) || '/' || i, 't' || i FROM generate_series(1, %s) AS i",
            (made[0], ROWS),
        )
        connection.execute(
            "INSERT INTO object (datasource_id, state, size, key, token) VALUES (%s, 2, 1, 'only', 't')", (made[1],)
        )
        connection.execute("ANALYZE object")  # as autovacuum does: bounds are drawn only where much is known
        connection.execute("ANALYZE object")  # what autovacuum does soon after
    return made[0]


def known(
    catalog: Catalog, datasource_id: int, *, after: str | None = None, until: str | None = None
) -> Generator[pa.RecordBatch]:
    with objects.open_known(catalog, datasource_id) as found:
        yield from found.rows(after=after, until=until)


def keys_of(batches: Iterator[pa.RecordBatch]) -> list[str]:
    return [key for batch in batches for key in batch.column("key").to_pylist()]


def test_every_known_object_comes_once_in_byte_order(catalog: Catalog, filled: int):
    keys = keys_of(known(catalog, filled))

    assert len(keys) == ROWS
    assert keys == sorted(set(keys), key=str.encode)


def test_batches_have_the_known_layout_and_stay_small(catalog: Catalog, filled: int):
    tracemalloc.start()
    before = pa.total_allocated_bytes()
    most = rows = 0
    for batch in known(catalog, filled):
        assert batch.schema.equals(KNOWN)
        rows += batch.num_rows
        most = max(most, batch.num_rows)
        assert pa.total_allocated_bytes() - before < 30_000_000
        assert tracemalloc.get_traced_memory()[0] < 30_000_000
    tracemalloc.stop()

    assert rows == ROWS
    assert most <= 25_000


@pytest.mark.parametrize("name", ["known_chunk", "known_chunk_until"])
def test_reading_never_sorts_even_where_the_planner_would(catalog: Catalog, filled: int, name: str):
    with catalog.write() as connection:  # rows moved about, no vacuum: scan and sort looks cheap now
        connection.execute("UPDATE object SET size = size + 1 WHERE datasource_id = %s AND size %% 2 = 0", (filled,))
    query = objects.statement(name).query
    with catalog.snapshot() as connection:
        connection.execute(objects.statement("read_in_key_order").query)
        asked = {"datasource_id": filled, "after": "", "until": "f", "rows": objects.CHUNK_ROWS, "depth": 0}
        asked |= {"policies": None, "linked": False}
        once = connection.execute(b"EXPLAIN " + query, asked).fetchall()
        places = list(dict.fromkeys(re.findall(rb"%\((\w+)\)s", query)))
        prepared = re.sub(rb"%\((\w+)\)s", lambda one: b"$%d" % (places.index(one[1]) + 1), query)  # planned unseen
        always = connection.execute(b"EXPLAIN (GENERIC_PLAN) " + prepared).fetchall()

    for plan in (str(once), str(always)):
        assert "Index Scan" in plan
        assert "Sort" not in plan


def test_a_stretch_that_ends_where_the_keys_end_is_the_last(catalog: Catalog, filled: int):
    keys = keys_of(known(catalog, filled))
    for rows in (0, 1, objects.CHUNK_ROWS, objects.CHUNK_ROWS * objects.BATCH_CHUNKS + 1):
        until = keys[rows - 1] if rows else "!"
        assert keys_of(known(catalog, filled, until=until)) == keys[:rows]


def test_what_is_read_is_one_moment_however_long_it_takes(catalog: Catalog, filled: int):
    with closing(known(catalog, filled)) as batches:
        first = next(batches)
        with catalog.write() as connection:
            connection.execute("UPDATE object SET token = token || '+' WHERE datasource_id = %s", (filled,))
        rest = [token for batch in batches for token in batch.column("token").to_pylist()]

    assert len(rest) == ROWS - first.num_rows
    assert not any(token.endswith("+") for token in rest)


def test_bounds_cut_the_stream_without_gap_or_overlap(catalog: Catalog, filled: int):
    cuts = objects.bounds(catalog, filled, 4)
    assert len(cuts) == 3
    assert cuts == sorted(cuts, key=str.encode)

    parts = [
        keys_of(known(catalog, filled, after=after, until=until))
        for after, until in zip([None, *cuts], [*cuts, None], strict=True)
    ]

    assert sum(parts, []) == keys_of(known(catalog, filled))  # noqa: RUF017 - four parts
    assert max(map(len, parts)) < ROWS / 2


def test_bounds_of_little_or_nothing_are_few(catalog: Catalog, filled: int):
    assert objects.bounds(catalog, filled, 1) == []
    assert objects.bounds(catalog, 12345, 4) == []


@pytest.mark.parametrize("seed", range(3))
def test_any_two_bounds_take_exactly_the_keys_between(catalog: Catalog, filled: int, seed: int):
    keys = keys_of(known(catalog, filled))
    after, until = sorted(random.Random(seed).sample(range(len(keys)), 2))  # noqa: S311 - a test's choice

    between = keys_of(known(catalog, filled, after=keys[after], until=keys[until]))

    assert between == keys[after + 1 : until + 1]


def test_a_stream_left_early_gives_its_connection_back_clean(catalog: Catalog, filled: int):
    with closing(known(catalog, filled)) as batches:
        next(batches)

    assert sum(batch.num_rows for batch in known(catalog, filled)) == ROWS
