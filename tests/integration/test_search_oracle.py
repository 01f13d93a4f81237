"""The SQL of a query answers exactly what the query means, on a real PostgreSQL with awkward assets."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb
from tests.support.queries import FRAGMENTS, KEYS, MOMENTS, TAGS, WORDS, of_first_candidates, queries, write
from tests.support.query_oracle import Row, ids, with_likeness

from mirrorlake.catalog import field_counts, picture_texts
from mirrorlake.catalog.picture_texts import ReadText
from mirrorlake.catalog.sql_names import replace_names
from mirrorlake.model.assets import STATE_NUMBERS, AssetState
from mirrorlake.model.media import MediaKind
from mirrorlake.model.splits import SPLIT_NUMBERS, Split
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search import find, known_values, run
from mirrorlake.search.compile import compile_query
from mirrorlake.search.cursor import Cursor
from mirrorlake.search.filters import BLOCK_BITS
from mirrorlake.search.find import Finder
from mirrorlake.search.grammar import parse
from mirrorlake.search.index_needs import needed_indexes
from mirrorlake.search.nodes import Boolean, Comparison, Everything, MetadataCompare, Or, Query, TimeColumn, TimeCompare
from mirrorlake.search.scanner import Value
from mirrorlake.search.values import read_literal, read_span

ASSETS = 250
VALUES = [
    0, 1, -1, 2, 10, 80, 100, 9007199254740993, 1.5, 0.1, True, False,
    "", "0", "1", "1.0", "1e0", "80", "true", "false", "a", "b", "ab", "B", "50%", "a_b", "a\\b", 'a"b', "é", "e\u0301",
    "2026-01", "2025-12", "2026-13", "0000-01", "TRUE",
    "2026-01-01", "2026-01-01T10:00:30Z", "2026-01-01T10:00", "2026-01-01 12:00:59.5+02:00", "2026-02-30", "2023-02-29",
    "2024-02-29", "2026-01-31T24:00", "2026-01-01T", "2025-12-31T23:30:00-14:00", "0000-01-01", "9999-12-31", "🦝",
]  # fmt: skip
SIDES = [0.25, 0.5, 1.0]  # exact in binary, as are their products


def _text(dice: random.Random) -> str:
    return "".join(dice.choices(FRAGMENTS, k=dice.randint(1, 6)))


HASHES = [0, -1, 2**63 - 1, -(2**63), 0x0F0F_3333_5A5A_1234]  # which near-duplicates surround


def _hash(digest: bytes) -> int | None:
    """A hash that differs from one of HASHES in up to 12 bits."""
    dice = random.Random(digest)  # noqa: S311 - as below
    if dice.random() < 0.1:
        return None
    bits = dice.choice(HASHES) & (2**64 - 1)
    for place in dice.sample(range(64), dice.randint(0, 12)):
        bits ^= 1 << place
    return bits - 2**64 if bits >= 2**63 else bits


def _read(digest: bytes) -> str | None:
    """The text that was read in a picture; None if none was looked for."""
    dice = random.Random(digest[::-1])  # noqa: S311 - as below
    if dice.random() < 0.2:
        return None
    words = [dice.choice([*WORDS, "É", "AB", "出口"]) for _ in range(dice.randint(0, 6))]
    return "".join(word + dice.choice([" ", "\n", "-", "/", ". "]) for word in words).strip()


def _row(dice: random.Random, number: int) -> Row:
    key = _text(dice) if dice.random() < 0.8 else dice.choice(["/a", "a/b", "a/1/b", "//a", "a", "b/a", "a%/b"])
    source = dice.choice(["one", "two"])
    kind = dice.choices(list(MediaKind), weights=[8, 1, 1, 1, 1])[0]
    seen = kind is MediaKind.IMAGE or dice.random() < 0.5
    classes = {name: dice.randint(1, 3) for name in dice.sample(TAGS, dice.choice([0, 0, 1, 2]))}
    digest = dice.randint(1, ASSETS).to_bytes(32)
    in_parts = dice.random() < 0.2
    boxes = [(dice.choice(SIDES), dice.choice(SIDES)) for _ in range(sum(classes.values()))]
    return Row(
        id=number,
        datasource=source,
        also_in="two" if source == "one" and dice.random() < 0.2 else None,
        key=key,
        name=key if dice.random() < 0.7 else _text(dice),
        state=dice.choices(list(AssetState), weights=[6, 2, 2])[0],
        kind=kind,
        type=dice.choice(["image/png", "image/jpeg", "image/webp", "imaginary/png", "im%ge/png"]),
        size=dice.randint(0, 12),
        width=dice.randint(0, 12) if seen else None,
        height=dice.randint(0, 12) if seen else None,
        created=dice.choice(MOMENTS),
        updated=dice.choice(MOMENTS),
        modified=dice.choice([*MOMENTS, None, None]),
        tags=frozenset(dice.sample(TAGS, dice.choice([0, 0, 1, 2]))),
        projects={name: dice.choice([*Split, None]) for name in dice.sample(TAGS, dice.choice([0, 0, 1, 2]))},
        classes=classes,
        boxes=tuple(boxes[1:]),  # the first annotation has none
        metadata={name: dice.choice(VALUES) for name in dice.sample(KEYS, dice.randint(0, len(KEYS)))},
        facts={name: dice.choice(VALUES) for name in dice.sample(KEYS, dice.randint(0, 3))},
        digest=digest,
        in_parts=in_parts,
        hash=_hash(digest),
        text=None if in_parts else _read(digest),
    )


def _insert(connection: psycopg.Connection, row: Row, sources: dict[str, int]) -> None:
    connection.execute(
        "INSERT INTO asset (id, datasource_id, key, name, state, token, size, modified, kind, media_type, width,"
        " height, orientation, digest, sample_digest, placeholder, metadata, facts, created, updated)"
        " VALUES (%s, %s, %s, %s, %s, '', %s, %s, %s, %s, %s, %s, 1, %s, %s, '', %s, %s, %s, %s)",
        (
            row.id, sources[row.datasource], row.key, row.name, STATE_NUMBERS[row.state], row.size, row.modified,
            row.kind, row.type, row.width, row.height, *((None, row.digest) if row.in_parts else (row.digest, None)),
            Jsonb(row.metadata), Jsonb(row.facts), row.created, row.updated,
        ),
    )  # fmt: skip
    connection.execute(
        "INSERT INTO picture_hash (digest, hash) VALUES (%s, %s) ON CONFLICT DO NOTHING", (row.digest, row.hash)
    )
    for tag in row.tags:
        connection.execute("INSERT INTO asset_tag VALUES (%s, %s)", (tag, row.id))
    for project, split in row.projects.items():
        connection.execute(
            "WITH made AS (INSERT INTO project (name) VALUES (%(name)s) ON CONFLICT (name) DO UPDATE"
            " SET name = excluded.name RETURNING id)"
            " INSERT INTO project_asset (project_id, asset_id, split) SELECT id, %(asset)s, %(split)s FROM made",
            {"name": project, "asset": row.id, "split": None if split is None else SPLIT_NUMBERS[split]},
        )
    boxes = [(None, None), *row.boxes]
    for name, count in row.classes.items():
        for width, height in [boxes.pop(0) for _ in range(count)]:
            connection.execute(
                "INSERT INTO annotation (asset_id, class_id, source, x, y, width, height)"
                " SELECT %s, id, 'user', 0, 0, %s, %s FROM label_class WHERE name = %s",
                (row.id, width, height, name),
            )
    if row.also_in:
        connection.execute(
            "INSERT INTO object (datasource_id, state, size, asset_id, key, token) VALUES (%s, 0, 1, %s, %s, '')",
            (sources[row.also_in], row.id, str(row.id)),
        )


@pytest.fixture(scope="module")
def library(catalog: Catalog) -> list[Row]:
    dice = random.Random(20_260_101)  # noqa: S311 - a fixed library, no secret
    # Ids of several blocks: see search.narrowing.
    rows = with_likeness([_row(dice, number + (number // 50 << BLOCK_BITS)) for number in range(1, ASSETS + 1)])
    with catalog.write() as connection:
        sources = {
            name: connection.execute(
                "INSERT INTO datasource (name, uri, access, settings) VALUES (%s, '', '{}', '{}') RETURNING id", (name,)
            ).fetchone()[0]
            for name in ("one", "two")
        }
        connection.execute(
            "WITH made AS (INSERT INTO ontology (name) VALUES ('o') RETURNING id)"
            " INSERT INTO label_class (ontology_id, position, name, shape, colour)"
            " SELECT id, 0, name, 'classification', '#000000' FROM made, unnest(%s::text[]) AS name",
            (TAGS,),
        )
        for row in rows:
            _insert(connection, row, sources)
    read = {row.digest: row.text for row in rows if row.text is not None}
    picture_texts.store(catalog, "a model", [ReadText(digest=digest, text=text) for digest, text in read.items()])
    field_counts.fold(catalog)
    with catalog.write() as connection:  # some were changed after they were counted
        for place in dice.sample(range(ASSETS), 12):
            other = _row(dice, rows[place].id)
            rows[place] = row = replace(rows[place], metadata=other.metadata, facts=other.facts, type=other.type)
            connection.execute(
                "UPDATE asset SET metadata = %s, facts = %s, media_type = %s WHERE id = %s",
                (Jsonb(row.metadata), Jsonb(row.facts), row.type, row.id),
            )
    return rows


@pytest.fixture(scope="module")
def reader(catalog: Catalog, library: list[Row]) -> Iterator[psycopg.Connection]:
    with catalog.read() as connection:
        yield connection


def answered(query: Query, reader: psycopg.Connection) -> list[int]:
    compiled = compile_query(query)
    found = reader.execute(
        replace_names(
            f"SELECT asset.id FROM asset WHERE {compiled.where.text} ORDER BY {compiled.order.text}"  # noqa: S608 - values are bound
        ),
        (*compiled.where.params, *compiled.order.params),
    )
    return [row[0] for row in found]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=queries)
def test_sql_answers_what_the_query_means(query: Query, reader: psycopg.Connection, library: list[Row]):
    assert answered(parse(write(query)), reader) == ids(query, library)


def paged(query: Query, reader: psycopg.Connection, size: int) -> list[int]:
    """All pages, with so little effort allowed that each way of finding a page is used."""
    compiled = compile_query(query)
    if size not in (2, 7):
        compiled = known_values.narrow(reader, query, compiled)
    found: list[int] = []
    place: Cursor | None = None
    while True:
        finder = Finder(
            reader,
            compiled,
            place=place,
            everything=isinstance(query.where, Everything),
            indexed=[] if size % 2 else needed_indexes(query),
            answered=size == 30,
            walk_rows=1 if size == 2 else size + 3,
            narrow_rows=1,
        )
        rows = finder.first_rows(size)
        found += [row[0] for row in rows]
        if len(rows) < size:
            return found
        last, *values = rows[-1]
        place = Cursor(values=tuple(values), asset_id=last, seen=len(found), total=0, total_capped=True)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=queries, size=st.sampled_from([7, 30, 300]))
def test_pages_are_what_the_query_means(query: Query, size: int, reader: psycopg.Connection, library: list[Row]):
    parsed = parse(write(query))
    assert paged(parsed, reader, size) == ids(query, library)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=of_first_candidates,
    size=st.sampled_from([2, 2, 7, 30]),
    limits=st.tuples(st.sampled_from([0, 10**6]), st.sampled_from([1, 3]), st.sampled_from([1, 10**6])),
)
def test_pages_of_folders_times_and_texts_are_what_the_query_means(
    query: Query, size: int, limits: tuple[int, int, int], reader: psycopg.Connection, library: list[Row]
):
    with pytest.MonkeyPatch.context() as patch:
        for name, limit in zip(("MOST_OF_FOLDER", "PARTS", "LONG_WALK_ROWS"), limits, strict=True):
            patch.setattr(find, name, limit)
        assert paged(parse(write(query)), reader, size) == ids(query, library)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=of_first_candidates, patience_s=st.sampled_from([None, 60.0]))
def test_a_search_and_its_cursors_are_what_the_query_means(
    query: Query, patience_s: float | None, catalog: Catalog, library: list[Row]
):
    wanted, found, cursor, totals = ids(query, library), list[int](), None, set[tuple[int, bool]]()
    finder_of = run.finder_of
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "finder_of", lambda *given: replace(finder_of(*given), walk_rows=3, narrow_rows=2))
        patch.setattr(run, "read_assets", lambda _connection, rows: [row[0] for row in rows])
        patch.setattr(find, "LONG_WALK_ROWS", 20)
        patch.setattr(find, "READ_WHOLE", 20)
        while cursor is not None or not totals:
            page = run.search(catalog, write(query), limit=20, cursor=cursor, patience_s=patience_s)
            found += page.items
            totals.add((page.total, page.total_capped))
            cursor = page.next_cursor
    assert found == wanted
    assert totals == {(len(wanted), False)}


@pytest.mark.parametrize("order", ["metadata.{}:desc", "metadata.{}", "width:desc", "modified", "id sort:-id"])
@pytest.mark.parametrize("size", [1, 7])
def test_assets_without_the_sort_value_follow_whatever_block_they_are_in(
    order: str, size: int, reader: psycopg.Connection, library: list[Row]
):
    query = parse(f"kind:image state:any sort:{order.format(KEYS[0])}")
    assert paged(query, reader, size) == ids(query, library)


@pytest.mark.parametrize("comparison", list(Comparison))
def test_every_comparison_answers_what_it_means_for_every_kind_of_value(
    comparison: Comparison, reader: psycopg.Connection, library: list[Row]
):
    texts = sorted({str(value).lower() if isinstance(value, bool) else str(value) for value in VALUES})
    for text in texts:
        for quoted in (True, False):
            literal = read_literal(Value(text, 0, quoted=quoted))
            if isinstance(literal, Boolean) and comparison not in (Comparison.EQ, Comparison.NE):
                continue
            query = Query(Or(tuple(MetadataCompare(key, comparison, literal) for key in KEYS[:2])), ())
            assert answered(query, reader) == ids(query, library), query


@pytest.mark.parametrize("column", list(TimeColumn))
@pytest.mark.parametrize("comparison", list(Comparison))
def test_every_comparison_of_moments_includes_and_excludes_its_edges(
    column: TimeColumn, comparison: Comparison, reader: psycopg.Connection, library: list[Row]
):
    for moment in MOMENTS:
        span = read_span(moment.strftime("%Y-%m-%dT%H:%M:%SZ"))
        day = read_span(moment.strftime("%Y-%m-%d"))
        for each in (span, day):
            assert each is not None
            query = Query(TimeCompare(column, comparison, each), ())
            assert answered(query, reader) == ids(query, library), query
