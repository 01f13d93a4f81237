"""Exports of a library in each format, beside a bare COPY of the same columns."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import high_water, median, tree_cpu
from benchmarks.one_pass import postmaster
from benchmarks.place import fresh_home
from benchmarks.tables import Table, number
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.execution import new_job, run_here
from mirrorlake.model.exports import ExportFormat, ExportOptions
from mirrorlake.model.jobs import JobKind
from mirrorlake.postgres.pool import Catalog, open_catalog

GOAL = 50_000  # assets a second
FORMATS = (
    ExportFormat.PARQUET,
    ExportFormat.ARROW,
    ExportFormat.JSONL,
    ExportFormat.CSV,
    ExportFormat.LIST,
)
_INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'asset' AND indexdef LIKE '% USING gin %'"
_ASSETS = """
WITH source AS (
  INSERT INTO datasource (name, uri, access, settings) VALUES ('s', 's3://bench/', '{}', '{}') RETURNING id
)
INSERT INTO asset (datasource_id, key, name, token, size, kind, media_type, width, height, orientation, digest,
  placeholder, metadata)
SELECT source.id, 'images/' || to_char(place, 'FM00000000') || '.jpg', 'image ' || place, md5(place::text),
  100000 + place %% 900000, 'image', 'image/jpeg', 4000, 3000, 1, sha256(place::text::bytea), '\\x00',
  jsonb_build_object('camera', 'cam-' || place %% 13, 'score', place %% 1000 / 1000.0, 'site', 'hall ' || place %% 7,
    'night', place %% 2 = 0, 'batch', place / 1000, 'note', 'number ' || place, 'a', 1, 'b', 2.5, 'c', 'x', 'd', place)
FROM source, generate_series(0, %s - 1) AS place
"""
_TAGS = "INSERT INTO asset_tag SELECT 'tag ' || id % 5, id FROM asset WHERE id % 3 = 0"
_COPY = (
    "COPY (SELECT id, name, key, media_type, size, width, height, token, version, digest, state, created, updated,"
    " modified, metadata, facts FROM asset ORDER BY id) TO STDOUT (FORMAT BINARY)"
)


def exported(assets: int, *, rounds: int) -> list[Table]:
    """All assets with all columns."""
    seconds: dict[str, list[float]] = {}
    own: dict[str, list[float]] = {}
    database: dict[str, list[float]] = {}
    sizes: dict[str, int] = {}
    memory: dict[str, int] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        fresh_home() as home,
        open_catalog(Settings(home=home)) as catalog,
    ):
        _fill(catalog, assets)

        def measure(name: str, work: Callable[[], int]) -> None:
            started, used, cpu = time.perf_counter(), time.process_time(), tree_cpu(postmaster(home))
            sizes[name] = work()
            own.setdefault(name, []).append(time.process_time() - used)
            seconds.setdefault(name, []).append(time.perf_counter() - started)
            database.setdefault(name, []).append(tree_cpu(postmaster(home)) - cpu)
            memory[name] = high_water()

        for turn in range(rounds):
            measure("bare COPY", lambda: _copy(catalog))
            for chosen in FORMATS:
                path = Path(folder) / f"{turn}.{chosen.value}"
                measure(chosen.value, lambda path=path, chosen=chosen: _export(home, catalog, path, chosen))
                path.unlink()
    rows = [
        (
            name,
            f"{assets / median(found):,.0f}",
            number(median(found)),
            number(median(own[name])),
            number(median(database[name])),
            f"{sizes[name] / 1e6:,.0f}",
            f"{memory[name] / 2**20:,.0f}",
        )
        for name, found in seconds.items()
    ]
    return [
        Table(
            title=f"Exports: {assets:,} assets with ten metadata keys, all columns",
            head=("", "assets a second", "wall s", "CPU s", "PostgreSQL CPU s", "MB written", "peak MiB so far"),
            rows=rows,
            notes=[f"Goal: {GOAL:,} assets a second. A list has only the addresses."],
        )
    ]


def _export(home: Path, catalog: Catalog, path: Path, chosen: ExportFormat) -> int:
    job = new_job(JobKind.ASSETS_EXPORT, ExportOptions(path=str(path), format=chosen))
    size: int = run_here(Settings(home=home), catalog, job).size
    return size


def _copy(catalog: Catalog) -> int:
    with catalog.session() as session, session.cursor().copy(_COPY) as copy:
        return sum(len(piece) for piece in copy)


def _fill(catalog: Catalog, assets: int) -> None:
    with catalog.session() as session:
        indexes = session.execute(_INDEXES).fetchall()
        for name, _ in indexes:  # filling a table and indexing it afterwards is faster
            session.execute(f"DROP INDEX {name}".encode())
        session.execute(_ASSETS, (assets,))
        session.execute(_TAGS)
        session.execute("VACUUM ANALYZE asset")
        session.execute("VACUUM ANALYZE asset_tag")
        session.execute("CHECKPOINT")
