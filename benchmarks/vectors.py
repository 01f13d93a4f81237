"""Searches by likeness in a large library: how long they take, and how much of what is nearest they find.

The vectors lie around a thousand centres and differ from them mostly in a few directions, as those of pictures do: the
note of the table has their intrinsic dimension, which `benchmarks.recall` shows of real ones. What is nearest is known
from comparing all of them.
"""

from __future__ import annotations

import hashlib
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psycopg

from benchmarks.likeness import percentiles
from benchmarks.place import home_in
from benchmarks.search_data import load
from benchmarks.tables import Table, number
from mirrorlake.catalog import embeddings
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.execution import new_job, run_here
from mirrorlake.jobs.handlers.search_indexes import IndexArgs
from mirrorlake.model.jobs import JobKind
from mirrorlake.postgres.pool import Catalog, open_catalog
from mirrorlake.search.run import search

DIMENSIONS = 512
CENTRES = 1_000
SPREAD = 0.7  # of the vectors around their centre, beside a centre of length 1
DIRECTIONS, WAYS = 24, 16  # in which they differ from it, and how many sets of directions there are
NOISE = 0.1  # in all directions
BLOCK = 20_000
PAGE = 50
SEARCHES = 100
WITHOUT_INDEX = 10  # searches that are slow before their index is made
EVERYTHING = -1.0  # cutoffs: what is measured is the order, not what counts as similar
# Our query, and of the number of an asset whether it matches.
FILTERS = {
    "no filter": ("", lambda _: True),
    "a filter that keeps 1 %": ("metadata.frame<20", lambda number: number % 2_000 < 20),  # noqa: PLR2004
    "a filter that keeps 10 %": ("metadata.frame<200", lambda number: number % 2_000 < 200),  # noqa: PLR2004
}
_ROW = np.dtype([("fields", ">i2"), ("digest_bytes", ">i4"), ("digest", "S32"), ("frame_bytes", ">i4"),
                 ("frame", ">i2"), ("vector_bytes", ">i4"), ("dimensions", ">i2"), ("unused", ">i2"),
                 ("vector", ">f2", DIMENSIONS)])  # fmt: skip
_START, _END = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0), struct.pack(">h", -1)


def searched(assets: int, *, rounds: int, library: Path | None = None) -> list[Table]:
    """Pages of the nearest assets, beside filters, with their recall. A library in a folder is made once."""
    chosen = np.sort(np.random.default_rng(2).choice(assets, min(SEARCHES, assets), replace=False))
    with home_in(library) as home, open_catalog(Settings(home=home)) as catalog:
        seconds = _fill(catalog, assets) if _is_empty(catalog) else None
        _make_indexes(Settings(home=home), catalog, chosen)
        rows: list[tuple[str, ...]] = []
        dimension = 0.0
        for name, (query, _) in FILTERS.items():
            search(catalog, f"like-image:{chosen[0] + 1} {query}", limit=PAGE)
            times, found = _search_all(catalog, chosen, query, rounds)
            wanted, alike = _nearest(assets, chosen, name)
            if not query:
                dimension = intrinsic_dimension(alike[:, 1:3])  # without the asset itself
            recall = np.mean([len(one & other) / len(other) for one, other in zip(found, wanted, strict=True)])
            rows.append((name, *percentiles(times), f"{recall:.3f}"))
        with catalog.read() as connection:
            row = connection.execute("SELECT sum(pg_relation_size(oid)) FROM pg_class WHERE relname LIKE 'embedding_%'")
            size = float(next(iter(row))[0])
    return [
        Table(
            title=f"Likeness among {assets:,} assets with vectors of {DIMENSIONS} numbers",
            head=(f"`like-image:ID`, first {PAGE}", "p50 ms", "p95 ms", f"recall at {PAGE}"),
            rows=rows,
            notes=[
                f"{rounds * len(chosen)} searches of each kind; goal: p95 under 30 ms with a recall of at least 0.95.",
                f"The intrinsic dimension of the vectors is {number(dimension)}, by the two nearest of each.",
                f"Index and vectors take {number(size / assets / 1000)} kB an asset.",
                *([] if seconds is None else [f"Building the index took {seconds:.0f} s."]),
            ],
        )
    ]


def _search_all(catalog: Catalog, chosen: np.ndarray, query: str, rounds: int) -> tuple[list[float], list[set[int]]]:
    times: list[float] = []
    found: list[set[int]] = []
    for turn in range(rounds):
        for one in chosen.tolist():
            started = time.perf_counter()
            page = search(catalog, f"like-image:{one + 1} {query}", limit=PAGE)
            times.append(time.perf_counter() - started)
            if turn == 0:
                found.append({int(asset.id) for asset in page.items})
    return times, found


def _blocks(assets: int) -> Iterator[tuple[int, np.ndarray]]:
    """The vectors, always the same ones, with the number of the first of each block."""
    dice = np.random.default_rng(1)
    centres = dice.standard_normal((CENTRES, DIMENSIONS), np.float32) / np.float32(DIMENSIONS**0.5)
    ways = dice.standard_normal((WAYS, DIRECTIONS, DIMENSIONS), np.float32) / np.float32(DIMENSIONS**0.5)
    for first in range(0, assets, BLOCK):
        count = min(BLOCK, assets - first)
        chosen = dice.integers(CENTRES, size=count)
        apart = dice.standard_normal((count, DIRECTIONS), np.float32) / np.float32(DIRECTIONS**0.5)
        vectors = centres[chosen]
        vectors += NOISE * dice.standard_normal((count, DIMENSIONS), np.float32) / np.float32(DIMENSIONS**0.5)
        for way in range(WAYS):
            here = chosen % WAYS == way
            vectors[here] += SPREAD * apart[here] @ ways[way]
        yield first, (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)


def intrinsic_dimension(alike: np.ndarray) -> float:
    """In how many dimensions vectors of length 1 lie, by their similarities to the two nearest others, a row for each.

    From the ratio of both distances, as in https://doi.org/10.1038/s41598-017-11873-y, by its likelihood.
    """
    distances = np.sqrt(np.maximum(2 - 2 * alike.astype(np.float64), 1e-9))
    return len(distances) / float(np.log(distances[:, 1] / distances[:, 0]).sum())


def _nearest(assets: int, chosen: np.ndarray, name: str) -> tuple[list[set[int]], np.ndarray]:
    """Of each search, the ids of the nearest assets that match, and all their similarities, the nearest first."""
    matches = FILTERS[name][1]
    wanted = np.concatenate([vectors[chosen[(chosen >= first) & (chosen < first + len(vectors))] - first]
                             for first, vectors in _blocks(assets)]).astype(np.float32)  # fmt: skip
    best = np.full((len(chosen), PAGE), -2.0, np.float32)
    ids = np.zeros((len(chosen), PAGE), np.int64)
    for first, vectors in _blocks(assets):
        numbers = np.array([first + place for place in range(len(vectors)) if matches(first + place)], np.int64)
        alike = np.concatenate([best, wanted @ vectors[numbers - first].astype(np.float32).T], axis=1)
        known = np.concatenate([ids, np.tile(numbers + 1, (len(chosen), 1))], axis=1)
        kept = np.argpartition(-alike, PAGE - 1, axis=1)[:, :PAGE]
        best, ids = np.take_along_axis(alike, kept, 1), np.take_along_axis(known, kept, 1)
    return [set(one) for one in ids.tolist()], -np.sort(-best, axis=1)


def _is_empty(catalog: Catalog) -> bool:
    with catalog.read() as connection:
        return embeddings.answering_model(connection) is None


def _make_indexes(settings: Settings, catalog: Catalog, chosen: np.ndarray) -> None:
    """Search with each filter until the system makes the index that it lacks, as it does for people."""
    for query, _ in FILTERS.values():
        for one in chosen[:WITHOUT_INDEX].tolist():
            search(catalog, f"like-image:{one + 1} {query}", limit=PAGE)
    run_here(settings, catalog, new_job(JobKind.SEARCH_INDEXES, IndexArgs()))


def _fill(catalog: Catalog, assets: int) -> float:
    load(catalog, assets)
    model = embeddings.prepare_model(
        catalog, name="bench", dimensions=DIMENSIONS, picture_cutoff=EVERYTHING, text_cutoff=EVERYTHING
    )
    with psycopg.connect(catalog.conninfo, autocommit=True) as session:
        table = embeddings.table_of(model).as_string(session)
        with session.cursor().copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:  # type: ignore[arg-type]
            copy.write(_START)
            for first, vectors in _blocks(assets):
                copy.write(_rows(first, vectors))
            copy.write(_END)
        session.execute(f"VACUUM ANALYZE {table}")  # type: ignore[arg-type]
    started = time.perf_counter()
    embeddings.complete_model(catalog, model, lambda _done, _all: None)
    return time.perf_counter() - started


def _rows(first: int, vectors: np.ndarray) -> bytes:
    """As PostgreSQL reads them: https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.4."""
    rows = np.zeros(len(vectors), _ROW)
    rows["fields"], rows["digest_bytes"], rows["frame_bytes"] = 3, 32, 2
    rows["vector_bytes"], rows["dimensions"] = 4 + 2 * DIMENSIONS, DIMENSIONS
    rows["digest"] = [hashlib.sha256(struct.pack(">q", first + place)).digest() for place in range(len(vectors))]
    rows["vector"] = vectors
    return rows.tobytes()
