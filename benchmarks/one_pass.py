"""One pass of a stored datasource in this process, and what it cost here and in PostgreSQL.

`python -m benchmarks.one_pass --home H --name N --ranges 2` prints one JSON line: the report and the costs.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import orjson

from benchmarks.measure import MB, high_water, tree_cpu
from mirrorlake.catalog import datasources
from mirrorlake.cli.documents import report_document
from mirrorlake.core.settings import Settings
from mirrorlake.mirror.pass_plan import RunContext
from mirrorlake.mirror.progress import NullProgress
from mirrorlake.mirror.run import run_pass, store_config
from mirrorlake.postgres.embedded import status
from mirrorlake.postgres.pool import open_catalog
from mirrorlake.processing.library_store import LibraryStore


def postmaster(home: Path) -> int:
    """The process id of the PostgreSQL that serves this home."""
    data = status(home).data
    if data is None:
        raise RuntimeError("the embedded PostgreSQL does not run")
    return int((data / "postmaster.pid").read_text(encoding="ascii").split()[0])


def _own_cpu() -> float:
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def main() -> None:
    """Run the pass and print what it cost."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--ranges", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    settings = Settings(home=arguments.home)
    with open_catalog(settings) as catalog, tempfile.TemporaryDirectory(dir=arguments.home) as workdir:
        source = datasources.by_name(catalog, arguments.name)
        if source is None:
            raise SystemExit(f"no datasource is named {arguments.name}")
        store_config(source).open().close()  # loads the libraries of the provider: start-up, as in the bare reader
        parts = RunContext(
            catalog=catalog,
            thumbnails=LibraryStore.in_folder(settings.thumbnails),
            workdir=Path(workdir),
            processes=arguments.jobs,
            ranges=arguments.ranges,
        )
        database = postmaster(arguments.home)
        started, cpu, database_cpu = time.perf_counter(), _own_cpu(), tree_cpu(database)
        report = run_pass(source, parts, NullProgress())
        spent = {
            "seconds": time.perf_counter() - started,
            "cpu": _own_cpu() - cpu,
            "database_cpu": tree_cpu(database) - database_cpu,
            "peak": high_water() / MB,
            "ranges": arguments.ranges,
            "report": report_document(report),
        }
    print(orjson.dumps(spent).decode())


if __name__ == "__main__":
    main()
