"""Completion and facets over a library of ten metadata keys an asset, and what keeping their counts costs."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager

import psycopg
from psycopg import sql

from benchmarks.measure import median, tree_cpu
from benchmarks.one_pass import postmaster
from benchmarks.place import fresh_home
from benchmarks.tables import Table, number
from mirrorlake.catalog import field_counts
from mirrorlake.core.settings import Settings
from mirrorlake.postgres.pool import Catalog, open_catalog
from mirrorlake.search.completion import complete
from mirrorlake.search.facets import read_facets

BATCH = 20_000  # assets in a transaction, about as many as a run commits at once
RECORDED = 100_000  # assets whose recording is measured
_TRIGGERS = ("asset_fields_added", "asset_fields_changed", "asset_fields_deleted")
_SEARCH_INDEXES = (
    "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'asset' AND indexdef LIKE '% USING gin %'"
)
_ASSETS = """
INSERT INTO asset (datasource_id, key, name, state, token, size, modified, kind, media_type, width, height, orientation,
  digest, placeholder, facts, metadata)
SELECT 1, 'set-' || n / 1000 || '/img-' || n || '.jpg', 'img-' || n || '.jpg', 0, '', 100000 + n * 7919 % 5000000,
  '2024-01-01Z'::timestamptz + n * interval '1 minute', 'image', 'image/jpeg', 4000, 3000, 1, sha256(n::text::bytea),
  '\\x00', jsonb_build_object('iso', 100 * (n % 13), 'camera_make', 'make-' || n % 9, 'aperture', 1.4 + n % 8),
  jsonb_build_object('camera_id', 'cam-' || n % 50, 'site', 'site ' || n * 31 % 5000,
    'score', (n * 7919 % 100003) / 1000.0, 'capture.temperature', (n * 31 % 500) / 10.0, 'serial', 'sn-' || n,
    'reviewed', n % 3 = 0, 'shift', (ARRAY['day', 'night'])[1 + n % 2], 'capture.humidity', n % 101,
    'taken', to_char('2024-01-01'::date + (n % 700)::int, 'YYYY-MM-DD'), 'operator', 'operator-' || n % 40)
FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
""".replace(" % ", " %% ")
_TAGS = (
    "INSERT INTO asset_tag SELECT 'blurred', id FROM asset WHERE id % 10 = 3",
    "INSERT INTO asset_tag SELECT 'night-' || id % 200, id FROM asset WHERE id % 7 = 1",
)
_COMPLETED = (
    "", "ta", "temp", "met", "metadata.", "metadata.temp", "metadata.camera_id", "-metadata.s", "facts.", "facts.i",
    "metadata.site:", 'metadata.site:"9', "metadata.camera_id:cam-4", "metadata.serial:sn-12",
    "metadata.score:9", "metadata.taken:2025", "metadata.reviewed:", "tag:", "tag:night", "tag:blu night", "type:",
    "datasource:", "sort:metadata.", "width>100 hum",
)  # fmt: skip
_FILTERED = (
    "metadata.camera_id:cam-7", "metadata.score>99", "metadata.score>20", "tag:blurred", "tag:night-8",
    "metadata.reviewed:true -tag:blurred", "img-99", 'metadata.site:"site 4"', "metadata.capture.temperature<0.2",
    "size>1mb metadata.shift:night",
)  # fmt: skip
_FIELDS = ("metadata.camera_id", "metadata.site", "metadata.score", "metadata.taken", "metadata.serial", "tag", "type",
           "size", "created")  # fmt: skip


def completion(assets: int, *, rounds: int) -> list[Table]:
    """Completions of typical queries, and what recording and counting cost."""
    with _loaded(assets) as (catalog, counted_s):
        times = [
            _seconds(lambda query=query: complete(catalog, query)) for _ in range(rounds * 4) for query in _COMPLETED
        ]
        found = [complete(catalog, query) for query in _COMPLETED]
    if sum(1 for one in found if one.suggestions) < len(found) - 1:
        raise RuntimeError("queries were not completed")
    return [
        Table(
            title=f"Completing a query over {assets:,} assets with ten keys each",
            head=("", "p50 ms", "p95 ms", "goal p95 ms"),
            rows=[("keys, values, tags, fields, operators", *_percentiles(times), "30")],
            notes=[
                f"{len(times)} completions of {len(_COMPLETED)} beginnings, in one process, without HTTP.",
                f"Counting the library in the background took {counted_s / assets * 1e6:.0f} µs an asset.",
            ],
        ),
        _recording(rounds=min(rounds, 3)),
    ]


def facets(assets: int, *, rounds: int) -> list[Table]:
    """Facets of the whole library and of filtered results."""
    with _loaded(assets) as (catalog, _):
        whole = [_seconds(lambda: read_facets(catalog, "", _FIELDS, most=10)) for _ in range(rounds * 8)]
        common = [_seconds(lambda: read_facets(catalog, "", (), most=10)) for _ in range(rounds * 8)]
        filtered: list[float] = []
        sampled = 0
        for query in _FILTERED:
            filtered += [
                _seconds(lambda query=query: read_facets(catalog, query, _FIELDS, most=10)) for _ in range(rounds * 2)
            ]
            sampled += read_facets(catalog, query, _FIELDS, most=10).facets[0].sampled is not None
    return [
        Table(
            title=f"Facets over {assets:,} assets with ten keys each",
            head=("", "p50 ms", "p95 ms", "goal ms"),
            rows=[
                (f"whole library, {len(_FIELDS)} fields, exact", *_percentiles(whole), "150"),
                ("whole library, the common fields", *_percentiles(common), "150"),
                (f"filtered, {len(_FIELDS)} fields", *_percentiles(filtered), "400"),
            ],
            notes=[
                f"{sampled} of {len(_FILTERED)} filters match too many assets and are sampled; the others are exact."
            ],
        )
    ]


def _recording(*, rounds: int) -> Table:
    """Inserting and editing assets with and without the triggers that record changes."""
    cpu: dict[tuple[bool, str], list[float]] = {}
    for _ in range(rounds):
        for recorded in (True, False):
            with (
                fresh_home() as home,
                open_catalog(Settings(home=home)) as catalog,
                psycopg.connect(catalog.conninfo, autocommit=True) as session,
            ):
                _add_source(session)
                if not recorded:
                    for name in _TRIGGERS:
                        session.execute(sql.SQL("DROP TRIGGER {} ON asset").format(sql.Identifier(name)))
                started = tree_cpu(postmaster(home))
                _insert(session, RECORDED)
                inserted = tree_cpu(postmaster(home))
                session.execute("UPDATE asset SET metadata = metadata || '{\"edited\": true}' WHERE id % 10 = 0")
                cpu.setdefault((recorded, "insert"), []).append(inserted - started)
                cpu.setdefault((recorded, "edit"), []).append(tree_cpu(postmaster(home)) - inserted)
    rows = [
        (text, *(number(median(cpu[recorded, work]) / per * 1e6) for recorded in (False, True)))
        for text, work, per in (
            (f"inserting {RECORDED:,} assets, with the indexes of searches", "insert", RECORDED),
            (f"editing {RECORDED // 10:,} of them", "edit", RECORDED // 10),
        )
    ]
    return Table(
        title="Recording changes for the counts",
        head=("", "without, µs an asset", "with, µs an asset"),
        rows=rows,
        notes=["CPU of PostgreSQL. Counting happens later, in the background."],
    )


@contextmanager
def _loaded(assets: int) -> Generator[tuple[Catalog, float]]:
    with fresh_home() as home, open_catalog(Settings(home=home)) as catalog:
        with psycopg.connect(catalog.conninfo, autocommit=True) as session:
            _add_source(session)
            indexes = session.execute(_SEARCH_INDEXES).fetchall()
            for index, _ in indexes:
                session.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(index)))
            _insert(session, assets)
            for text in _TAGS:
                session.execute(text)
            for _, definition in indexes:
                session.execute(definition)
            for table in ("asset", "asset_tag"):
                session.execute(sql.SQL("VACUUM ANALYZE {}").format(sql.Identifier(table)))
        started = time.perf_counter()
        field_counts.fold(catalog)
        yield catalog, time.perf_counter() - started


def _add_source(session: psycopg.Connection) -> None:
    session.execute("INSERT INTO datasource (name, uri, access, settings) VALUES ('bench', 's3://bench/', '{}', '{}')")


def _insert(session: psycopg.Connection, assets: int) -> None:
    for first in range(1, assets + 1, BATCH):
        session.execute(_ASSETS, {"first": first, "last": min(first + BATCH - 1, assets)})


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _percentiles(times: Iterable[float]) -> tuple[str, str]:
    ordered = sorted(1000 * one for one in times)
    return number(median(ordered)), number(ordered[int(0.95 * (len(ordered) - 1))])
