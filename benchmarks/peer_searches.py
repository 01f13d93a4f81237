"""The same searches by other systems: each in its own process, in an environment that only peers use."""

from __future__ import annotations

import json
import subprocess
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.measure import median
from benchmarks.peer_environment import FIFTYONE, peer_python, run_peer, why_not
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

LIMIT_S = 900.0
ALL = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Another system, in an environment of its own."""

    packages: tuple[str, ...]
    most: int  # assets that it is given: loading more would take longer than the rest of the benchmark
    note: str


_ARROW = "pyarrow==26.0.1"
PEERS = {
    "duckdb": Peer(packages=("duckdb==2.0.1", _ARROW), most=ALL, note="It has a table in the order of ids."),
    "lancedb": Peer(
        packages=("lancedb==0.40.0", _ARROW),
        most=ALL,
        note="It has indexes on two texts and a number, no order and no facets: its pages are any 50 assets.",
    ),
    "datachain": Peer(
        packages=("datachain==0.62.0", _ARROW),
        most=100_000,
        note="It has a saved dataset, which is a table of SQLite without indexes.",
    ),
    "lightly": Peer(
        packages=("lightly-studio==1.2.0", _ARROW),
        most=10_000,
        note="LightlyStudio opens a file for each asset, here all the same small picture, and has no parts of names.",
    ),
    "fiftyone": Peer(
        packages=(*FIFTYONE, _ARROW),
        most=20_000,
        note="It keeps samples in MongoDB, which it starts.",
    ),
}
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
    ]
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        file = Path(folder) / "assets.parquet"
        _export(settings, catalog, file)
        for name, peer in PEERS.items():
            try:
                answer = _ask(name, peer, file)
            except (OSError, subprocess.SubprocessError) as error:
                notes.append(f"{name} was not measured: {why_not(error)}")
                continue
            found[name] = answer["ms"]
            notes.append(f"{name}: {answer['assets']:,} assets, loaded in {number(answer['loaded_s'])} s. {peer.note}")
    rows = [(name, *(_shown(one.get(name)) for one in found.values())) for name in (*CONDITIONS, ORDER, COUNT, FACET)]
    return Table(title="The same searches by other systems", head=("ms", *found), rows=rows, notes=notes)


def _export(settings: Settings, catalog: Catalog, file: Path) -> None:
    options = ExportOptions(path=str(file), format=ExportFormat.PARQUET, fields=FIELDS)
    run_here(settings, catalog, new_job(JobKind.ASSETS_EXPORT, options))


def _ask(name: str, peer: Peer, file: Path) -> dict[str, Any]:
    python = peer_python(f"search-{name}", peer.packages)
    program = Path(__file__).with_name("search_peers.py")
    printed = run_peer(python, "-P", program, name, file, str(peer.most), folder=file.parent, limit_s=LIMIT_S)
    return json.loads(printed.splitlines()[-1])


def _shown(found: list[float] | None) -> str:
    if found is None:
        return ""
    return f"{number(median(found))} / {number(found[round(0.95 * (len(found) - 1))])}"
