"""Near-duplicates in a large library: how long a lookup takes, and beside what."""

from __future__ import annotations

import statistics
import time
from collections.abc import Generator
from contextlib import contextmanager

import numpy as np
import psycopg

from benchmarks.measure import median
from benchmarks.place import fresh_home
from benchmarks.search_data import load
from benchmarks.tables import Table, number
from mirrorlake.core.settings import Settings
from mirrorlake.postgres.pool import Catalog, open_catalog
from mirrorlake.search.run import search

NEAR_EVERY = 1_000  # one asset of a thousand has near-duplicates
FLIPPED = 5  # bits of a near-duplicate that differ
LOOKUPS = 200
# Half of the bits of a hash are set. Asset 0 of each thousand is an original, the four after it are its copies.
_HASHES = "INSERT INTO picture_hash (digest, hash) SELECT digest, hash FROM made JOIN asset ON asset.id = made.id"


def near_duplicates(assets: int, *, rounds: int) -> list[Table]:
    """Searches for near-duplicates, alone and beside a filter, and the same by comparing all hashes."""
    with _loaded(assets) as (catalog, seconds):
        originals = [1 + place * NEAR_EVERY for place in range(min(LOOKUPS, assets // NEAR_EVERY))]
        alone = [_seconds(catalog, f"near-duplicate:{one}") for _ in range(rounds) for one in originals]
        beside = [
            _seconds(catalog, f"near-duplicate:{one} metadata.reviewed:true")
            for _ in range(rounds)
            for one in originals
        ]
        nothing = [_seconds(catalog, f"near-duplicate:{one + 500}") for _ in range(rounds) for one in originals]
        for one in originals[:20]:
            if search(catalog, f"near-duplicate:{one}", limit=50).total != 1 + FLIPPED - 1:
                raise RuntimeError(f"the near-duplicates of asset {one} were not found")
        compared = [_compare_all(catalog, one) for one in originals[: 2 * rounds]]
        size = _index_bytes(catalog)
    rows = [
        ("`near-duplicate:ID`, five found", *percentiles(alone)),
        ("`near-duplicate:ID metadata.reviewed:true`", *percentiles(beside)),
        ("`near-duplicate:ID`, none but itself", *percentiles(nothing)),
        ("comparing all hashes, for comparison", *percentiles(compared)),
    ]
    return [
        Table(
            title=f"Near-duplicates among {assets:,} assets",
            head=("first page, with the total", "p50 ms", "p95 ms"),
            rows=rows,
            notes=[
                f"Hashes of 64 bits, at most 8 of which differ; {len(alone)} searches of each kind.",
                f"All indexes take {size / assets:.0f} bytes an asset; storing a hash {seconds / assets * 1e6:.0f} µs.",
            ],
        )
    ]


@contextmanager
def _loaded(assets: int) -> Generator[tuple[Catalog, float]]:
    dice = np.random.default_rng(1)
    with fresh_home() as home, open_catalog(Settings(home=home)) as catalog:
        load(catalog, assets)
        with psycopg.connect(catalog.conninfo, autocommit=True) as session:
            session.execute("CREATE UNLOGGED TABLE made (id bigint, hash bigint)")
            with session.cursor().copy("COPY made FROM STDIN") as copy:
                for first in range(0, assets, 100_000):
                    hashes = _hashes(dice, min(100_000, assets - first))
                    for place, one in enumerate(hashes.tolist()):
                        copy.write_row((first + place + 1, one))
            session.execute("ANALYZE made")
            started = time.perf_counter()
            session.execute(_HASHES)
            seconds = time.perf_counter() - started
            session.execute("VACUUM ANALYZE picture_hash")
        yield catalog, seconds


def _hashes(dice: np.random.Generator, count: int) -> np.ndarray:
    bits = dice.permuted(np.tile(np.repeat(np.array([0, 1], np.uint8), 32), (count, 1)), axis=1)
    for first in range(0, count - NEAR_EVERY + 1, NEAR_EVERY):
        for copy in range(1, FLIPPED):
            bits[first + copy] = bits[first]
            bits[first + copy, dice.choice(64, FLIPPED, replace=False)] ^= 1
    return np.packbits(bits, axis=1).view(">i8").ravel()


def _seconds(catalog: Catalog, query: str) -> float:
    started = time.perf_counter()
    search(catalog, query, limit=50)
    return time.perf_counter() - started


def _compare_all(catalog: Catalog, asset: int) -> float:
    started = time.perf_counter()
    with catalog.read() as connection:
        connection.execute(
            "SELECT near.digest FROM asset JOIN picture_hash AS one USING (digest), picture_hash AS near"
            " WHERE asset.id = %s AND bit_count((near.hash # one.hash)::bit(64)) <= 8",
            (asset,),
        ).fetchall()
    return time.perf_counter() - started


def _index_bytes(catalog: Catalog) -> int:
    with catalog.read() as connection:
        row = connection.execute("SELECT pg_indexes_size('picture_hash')").fetchone()
    return 0 if row is None else int(row[0])


def percentiles(times: list[float]) -> tuple[str, str]:
    """p50 and p95 of seconds, in milliseconds."""
    return number(median(times) * 1000), number(statistics.quantiles(times, n=20)[-1] * 1000)
