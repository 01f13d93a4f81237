"""The same searches by other systems: each in its own process, in an environment that only peers use."""

from __future__ import annotations

import json
import subprocess
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.measure import median
from benchmarks.peer_environment import peer_python, run_peer, why_not
from benchmarks.place import CACHE
from benchmarks.search_peers import CONDITIONS, COUNT, FACET, ORDER, ROUNDS, times
from benchmarks.tables import Table, number
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.execution import new_job, run_here
from mirrorlake.model.exports import ExportFormat, ExportOptions
from mirrorlake.model.jobs import JobKind
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search.compile import compile_query
from mirrorlake.search.count import count_matches
from mirrorlake.search.facets import read_facets
from mirrorlake.search.grammar import parse
from mirrorlake.search.run import search

PEERS = ("duckdb", "lancedb")
PACKAGES = ("duckdb==2.0.1", "lancedb==0.40.0", "pyarrow==26.0.1")
FIELDS = ("id", "name", "key", "uri", "media_type", "size", "width", "height", "created", "metadata.camera_id",
          "metadata.site", "metadata.score", "metadata")  # fmt: skip
# Our words for the conditions of `search_peers`.
QUERIES = {
    "everything": "",
    "a value of 2 %": "metadata.camera_id:cam-07",
    "a value of 0.02 %": "metadata.site:site-77",
    "a number of 0.01 %": "metadata.score>99.99",
    "part of 0.25 % of names": "lynx",
    "a folder of 2,000": "path:set-0000/day-03/*",
    ORDER: "sort:metadata.score",
}


def beside_peers(settings: Settings, catalog: Catalog) -> Table:
    """Pages, a count and a facet, by mirrorlake and by each peer that could be installed."""
    ours = {name: times(partial(search, catalog, query, limit=50)) for name, query in QUERIES.items()}
    value = parse(QUERIES["a value of 2 %"])
    ours[COUNT] = times(lambda: count_matches(catalog, value, compile_query(value), exact=True))
    ours[FACET] = times(lambda: read_facets(catalog, "", ("metadata.camera_id",), most=10))
    found: dict[str, dict[str, list[float]]] = {"mirrorlake": ours}
    notes = [
        f"Milliseconds, p50 and p95 of {ROUNDS}. Our page has the newest assets with tags and projects, and the total.",
        "DuckDB has a table in the order of ids.",
        "LanceDB has indexes on two texts and a number, no order and no facets: its pages are any 50 assets.",
    ]
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        file = Path(folder) / "assets.parquet"
        _export(settings, catalog, file)
        for name in PEERS:
            try:
                answer = _ask(name, file)
            except (OSError, subprocess.SubprocessError) as error:
                notes.append(f"{name} was not measured: {why_not(error)}")
                continue
            found[name] = answer["ms"]
            notes.append(f"{name} loaded the assets from Parquet in {number(answer['loaded_s'])} s.")
    rows = [(name, *(_shown(one.get(name)) for one in found.values())) for name in (*CONDITIONS, ORDER, COUNT, FACET)]
    return Table(title="The same searches by other systems", head=("ms", *found), rows=rows, notes=notes)


def _export(settings: Settings, catalog: Catalog, file: Path) -> None:
    options = ExportOptions(path=str(file), format=ExportFormat.PARQUET, fields=FIELDS)
    run_here(settings, catalog, new_job(JobKind.ASSETS_EXPORT, options))


def _ask(name: str, file: Path) -> dict[str, Any]:
    python = peer_python("peers", PACKAGES)
    return json.loads(run_peer(python, "-P", Path(__file__).with_name("search_peers.py"), name, file).splitlines()[-1])


def _shown(found: list[float] | None) -> str:
    if found is None:
        return ""
    return f"{number(median(found))} / {number(found[round(0.95 * (len(found) - 1))])}"
