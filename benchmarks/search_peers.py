"""Searches of the same assets by DuckDB and LanceDB, in an environment of their own: `search_peers.py NAME FILE`.

Reads the Parquet file that mirrorlake exported, and prints one line of JSON: seconds to load, and milliseconds of each
query. Imports nothing of this project.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROUNDS = 20
# By the names of `benchmarks.search`. The newest 50 assets with all columns, as a page needs them.
CONDITIONS = {
    "everything": "true",
    "a value of 2 %": "camera_id = 'cam-07'",
    "a value of 0.02 %": "site = 'site-77'",
    "a number of 0.01 %": "score > 99.99",
    "part of 0.25 % of names": "name LIKE '%lynx%'",
    "a folder of 2,000": "starts_with(key, 'set-0000/day-03/')",
}
COUNT, FACET, ORDER = "count of a value of 2 %", "facet of one field, whole library", "by a number"


def read(file: str) -> Any:
    """The assets as a table of Arrow, keys of metadata as plain names, ids as numbers."""
    from pyarrow import int64, parquet  # noqa: PLC0415

    table = parquet.read_table(file)
    table = table.rename_columns([name.rpartition(".")[2] for name in table.column_names])
    return table.set_column(table.column_names.index("id"), "id", table.column("id").cast(int64()))


def duckdb(file: str, folder: str) -> tuple[float, dict[str, Callable[[], object]]]:
    """A table of DuckDB, in the order of ids."""
    import duckdb as peer  # noqa: PLC0415

    session = peer.connect(str(Path(folder) / "assets.duckdb"))
    started = time.perf_counter()
    session.register("assets", read(file))
    session.execute("CREATE TABLE asset AS SELECT * FROM assets ORDER BY id")
    session.execute("CHECKPOINT")
    loaded = time.perf_counter() - started

    def ask(text: str) -> Callable[[], object]:
        return lambda: session.execute(text).fetchall()

    page = "SELECT * FROM asset WHERE {} ORDER BY {} LIMIT 50"
    queries = {name: ask(page.format(condition, "id DESC")) for name, condition in CONDITIONS.items()}
    queries[ORDER] = ask(page.format("true", "score, id"))
    queries[COUNT] = ask("SELECT count(*) FROM asset WHERE camera_id = 'cam-07'")
    queries[FACET] = ask("SELECT camera_id, count(*) FROM asset GROUP BY 1 ORDER BY 2 DESC LIMIT 10")
    return loaded, queries


def lancedb(file: str, folder: str) -> tuple[float, dict[str, Callable[[], object]]]:
    """A table of LanceDB with scalar indexes. It has no order: its pages are any 50 assets."""
    import lancedb as peer  # noqa: PLC0415
    from lancedb.index import Bitmap, BTree  # noqa: PLC0415

    started = time.perf_counter()
    table = peer.connect(folder).create_table("asset", read(file))
    for column, kind in (("camera_id", Bitmap), ("site", Bitmap), ("score", BTree)):
        table.create_index(column, config=kind())
    loaded = time.perf_counter() - started

    def ask(condition: str) -> Callable[[], object]:
        return lambda: table.search().where(condition).limit(50).to_arrow()

    queries = {name: ask(condition) for name, condition in CONDITIONS.items() if condition != "true"}
    queries["everything"] = lambda: table.search().limit(50).to_arrow()
    queries[COUNT] = lambda: table.count_rows("camera_id = 'cam-07'")
    return loaded, queries


def main() -> None:
    """Load, ask each query some times, and print what it took."""
    name, file = sys.argv[1:3]
    with tempfile.TemporaryDirectory() as folder:
        loaded, queries = {"duckdb": duckdb, "lancedb": lancedb}[name](file, folder)
        found = {query: times(work) for query, work in queries.items()}
    print(json.dumps({"loaded_s": loaded, "ms": found}))


def times(work: Callable[[], object]) -> list[float]:
    """Milliseconds of each time after the first, the shortest first."""
    work()
    found: list[float] = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        found.append((time.perf_counter() - started) * 1000)
    return sorted(found)


if __name__ == "__main__":
    main()
