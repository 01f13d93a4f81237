"""A stored digest of a range is valid exactly as long as none of its objects changes, whoever changes them and when."""

from __future__ import annotations

import psycopg
import pytest

from mirrorlake.catalog import datasources, objects, range_digests
from mirrorlake.catalog.statements import statement
from mirrorlake.model.objects import MeasuredRanges, RangeDigest
from mirrorlake.model.sources import Access, Location, MirrorSettings, Provider
from mirrorlake.postgres.pool import Catalog

INSERT = "INSERT INTO object (datasource_id, state, size, key, token) VALUES (%s, 2, 1, %s, 't')"
RANGES = [("", "b"), ("b", "d"), ("d", "f")]


@pytest.fixture
def source(catalog: Catalog, request: pytest.FixtureRequest) -> int:
    """A datasource with the keys a to f."""
    made = datasources.create(
        catalog,
        name=None,
        location=Location(provider=Provider.S3, container=f"b{abs(hash(request.node.name))}"),
        access=Access(),
        settings=MirrorSettings(),
    )
    with catalog.write() as connection:
        for key in "abcdef":
            connection.execute(INSERT, (made.id, key))
    return made.id


def measured(catalog: Catalog, source: int) -> MeasuredRanges:
    """What a pass computes from one snapshot."""
    with objects.open_known(catalog, source) as known:
        ranges = tuple(RangeDigest(after=after, until=until, objects=2, digest=b"d") for after, until in RANGES)
        return MeasuredRanges(snapshot=known.snapshot(), ranges=ranges)


def valid(catalog: Catalog, source: int) -> list[tuple[str, str]]:
    """The ranges whose digests the next pass would use."""
    with objects.open_known(catalog, source) as known:
        return [(one.after, one.until) for one in known.digests()]


@pytest.mark.parametrize(
    ("statement", "left"),
    [
        ("INSERT INTO object (datasource_id, state, size, key, token) VALUES ({id}, 2, 1, 'bb', 't')", [0, 2]),
        ("DELETE FROM object WHERE datasource_id = {id} AND key = 'a'", [1, 2]),
        ("UPDATE object SET token = 'u' WHERE datasource_id = {id} AND key = 'f'", [0, 1]),
        ("UPDATE object SET key = 'aa' WHERE datasource_id = {id} AND key = 'f'", []),
        ("UPDATE object SET token = 'u' WHERE datasource_id = {id} AND key IN ('b', 'c')", [2]),
        ("UPDATE object SET token = 'u' WHERE datasource_id = {id} AND key = 'none'", [0, 1, 2]),
        ("INSERT INTO object (datasource_id, state, size, key, token) VALUES ({id}, 2, 1, 'z', 't')", [0, 1, 2]),
    ],
)
def test_a_change_of_an_object_ends_the_digest_of_its_range(
    catalog: Catalog, source: int, statement: str, left: list[int]
):
    range_digests.store(catalog, source, [measured(catalog, source)])
    assert valid(catalog, source) == RANGES

    with catalog.write() as connection:
        connection.execute(statement.format(id=source).encode())

    assert valid(catalog, source) == [RANGES[place] for place in left]


def test_a_change_between_the_snapshot_and_storing_prevents_the_digest(catalog: Catalog, source: int):
    before = measured(catalog, source)
    with catalog.write() as connection:
        connection.execute("DELETE FROM object WHERE datasource_id = %s AND key = 'c'", (source,))

    range_digests.store(catalog, source, [before])

    assert valid(catalog, source) == [RANGES[0], RANGES[2]]


def test_a_change_that_is_committed_after_storing_ends_the_digest(catalog: Catalog, source: int):
    with psycopg.connect(catalog.conninfo) as slow:
        slow.execute("UPDATE object SET token = 'u' WHERE datasource_id = %s AND key = 'c'", (source,))
        range_digests.store(catalog, source, [measured(catalog, source)])
        assert valid(catalog, source) == RANGES  # the change is not visible to anybody yet
        slow.commit()

    assert valid(catalog, source) == [RANGES[0], RANGES[2]]


def test_a_change_that_the_snapshot_contains_does_not_matter(catalog: Catalog, source: int):
    range_digests.store(catalog, source, [measured(catalog, source)])
    with catalog.write() as connection:
        connection.execute("UPDATE object SET token = 'u' WHERE datasource_id = %s", (source,))
    assert valid(catalog, source) == []

    range_digests.store(catalog, source, [measured(catalog, source)])

    assert valid(catalog, source) == RANGES
    with catalog.read() as connection:
        counted = connection.execute(
            "SELECT count(*) FROM object_change WHERE datasource_id = %s", (source,)
        ).fetchone()
    assert counted == (0,)  # changes that were applied are not kept


def test_a_rolled_back_change_leaves_the_digests_valid(catalog: Catalog, source: int):
    range_digests.store(catalog, source, [measured(catalog, source)])
    with psycopg.connect(catalog.conninfo) as undecided:
        undecided.execute("DELETE FROM object WHERE datasource_id = %s", (source,))
        undecided.rollback()

    assert valid(catalog, source) == RANGES


def test_digests_of_overlapping_ranges_are_not_stored_twice(catalog: Catalog, source: int):
    range_digests.store(catalog, source, [measured(catalog, source)])
    with objects.open_known(catalog, source) as known:
        other = MeasuredRanges(
            snapshot=known.snapshot(),
            ranges=(
                RangeDigest(after="a", until="c", objects=2, digest=b"x"),
                RangeDigest(after="f", until="g", objects=0, digest=b"y"),
            ),
        )

    range_digests.store(catalog, source, [other])

    assert valid(catalog, source) == [*RANGES, ("f", "g")]


def test_deleting_a_datasource_leaves_no_recorded_change(catalog: Catalog, source: int):
    range_digests.store(catalog, source, [measured(catalog, source)])
    with catalog.write() as connection:
        connection.execute("DELETE FROM object_change WHERE datasource_id = %s", (source,))
        connection.execute("DELETE FROM datasource WHERE id = %s", (source,))
        left = connection.execute(
            "SELECT (SELECT count(*) FROM object_change WHERE datasource_id = %(id)s)"
            " + (SELECT count(*) FROM range_digest WHERE datasource_id = %(id)s)",
            {"id": source},
        ).fetchone()

    assert left == (0,)


def counted(catalog: Catalog, source: int) -> tuple[int, int]:
    """How many assets the list of datasources shows, and how many the objects have."""
    with catalog.read() as connection:
        shown = dict(connection.execute(statement("count_assets").query).fetchall())
        whole = connection.execute(
            "SELECT count(asset_id) FILTER (WHERE state <> 3) FROM object WHERE datasource_id = %s", (source,)
        ).fetchone()
    assert whole is not None
    return shown.get(source, 0), whole[0]


def test_assets_are_counted_as_they_come_and_go(catalog: Catalog, source: int):
    asset = (
        "INSERT INTO asset (datasource_id, key, name, state, token, size, media_type, kind, digest)"
        " VALUES (%s, 'a', 'a', 0, 't', 1, 'text/plain', 'text', '') RETURNING id"
    )
    assert counted(catalog, source) == (0, 0)
    with catalog.write() as connection:
        row = connection.execute(asset, (source,)).fetchone()
        assert row is not None
        for key in "ghi":
            connection.execute(
                "INSERT INTO object (datasource_id, state, size, asset_id, key, token) VALUES (%s, 0, 1, %s, %s, 't')",
                (source, row[0], key),
            )
    assert counted(catalog, source) == (3, 3)
    range_digests.store(catalog, source, [])
    assert counted(catalog, source) == (3, 3)
    with catalog.write() as connection:
        connection.execute("UPDATE object SET state = 3 WHERE datasource_id = %s AND key IN ('g', 'h')", (source,))
        connection.execute("DELETE FROM object WHERE datasource_id = %s AND key = 'g'", (source,))
    assert counted(catalog, source) == (1, 1)
    with catalog.write() as connection:
        connection.execute("UPDATE object SET state = 1 WHERE datasource_id = %s AND key = 'h'", (source,))
    range_digests.store(catalog, source, [])
    assert counted(catalog, source) == (2, 2)
