"""The physical limit of loading label files: one thread reads them, another copies their finished rows into the table.

`python -m benchmarks.bare_labels --home H --labels FOLDER` prints one JSON line. It empties the annotations of the
library and copies them back, as one COPY with all indexes.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg

from benchmarks.measure import MB, high_water, tree_cpu
from benchmarks.one_pass import postmaster
from mirrorlake.core.settings import Settings
from mirrorlake.postgres.pool import open_catalog

_COLUMNS = "asset_id, class_id, x, y, width, height, source"
_PIECE = 1_000_000  # bytes


def _read(folder: Path) -> int:
    """Read all files below a folder; how many bytes they have."""
    size = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with open(f"{parent}/{name}", "rb", buffering=0) as file:  # noqa: PTH123  a path object takes longer
                size += len(file.read())
    return size


def _keep_rows(session: psycopg.Connection, place: Path) -> None:
    rows = f"COPY (SELECT {_COLUMNS} FROM annotation ORDER BY asset_id, id) TO STDOUT (FORMAT binary)"  # noqa: S608 - literals
    with place.open("wb") as file, session.cursor().copy(rows.encode()) as copy:
        for piece in copy:
            file.write(piece)


def _copy(session: psycopg.Connection, place: Path) -> None:
    command = f"COPY annotation ({_COLUMNS}) FROM STDIN (FORMAT binary)"
    with place.open("rb") as file, session.cursor().copy(command.encode()) as copy:
        while piece := file.read(_PIECE):
            copy.write(piece)


def main() -> None:
    """Copy once and print what it cost."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--labels", type=Path, required=True)
    arguments = parser.parse_args()
    with (
        open_catalog(Settings(home=arguments.home)) as catalog,
        tempfile.TemporaryDirectory(dir=arguments.home) as held,
        psycopg.connect(catalog.conninfo, autocommit=True) as session,
        ThreadPoolExecutor(1) as reader,
    ):
        place, database = Path(held) / "rows", postmaster(arguments.home)
        _keep_rows(session, place)
        session.execute("TRUNCATE annotation")
        session.execute("CHECKPOINT")
        started, cpu, database_cpu = time.perf_counter(), time.process_time(), tree_cpu(database)
        reading = reader.submit(_read, arguments.labels)
        _copy(session, place)
        size = reading.result()
        spent = {
            "bytes": size,
            "seconds": time.perf_counter() - started,
            "cpu": time.process_time() - cpu,
            "database_cpu": tree_cpu(database) - database_cpu,
            "peak": high_water() / MB,
        }
    print(json.dumps(spent))


if __name__ == "__main__":
    main()
