"""Searches, counts, positions, edits and the load of a library of ten million assets with ten metadata keys each."""

from __future__ import annotations

import random
import statistics
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg

from benchmarks.peer_searches import beside_peers
from benchmarks.place import home_in
from benchmarks.search_data import BATCH, Loaded, insert, load, source_id
from benchmarks.tables import Table, number, store, stored
from mirrorlake.catalog import edits, field_counts, library_count, search_indexes
from mirrorlake.catalog.assets import asset_columns
from mirrorlake.core.errors import CatalogError
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.execution import new_job, run_here
from mirrorlake.jobs.handlers.search_indexes import IndexArgs
from mirrorlake.model.access import LIBRARY
from mirrorlake.model.assets import AssetPage
from mirrorlake.model.edits import Edit
from mirrorlake.model.jobs import JobKind
from mirrorlake.postgres.pool import Catalog, open_catalog
from mirrorlake.search.compile import compile_query
from mirrorlake.search.count import count_matches
from mirrorlake.search.grammar import parse
from mirrorlake.search.run import finder_of, search

PAGE = 50
PATIENCE_S = 0.3  # as the pages ask
PAGE_GOAL_MS, COUNT_GOAL_MS, JUMP_GOAL_MS, EDIT_GOAL_MS, LOAD_GOAL = 50, 150, 300, 20, 60_000
EDITS = 200
LOAD, ONCE = "load.json", "once.json"  # in the folder of a library: what was measured while it was made
WARM_UP = 2
# What each kind of query stands for, and the query.
QUERIES = {
    "everything": "",
    "a value of 2 %": "metadata.camera_id:cam-07",
    "a value of 0.02 %": "metadata.site:site-77",
    "a value of 20 assets": "metadata.camera_id:cam-rare",
    "a value that none has": "metadata.camera_id:none",
    "2,000 neighbours": "metadata.session:session-7",
    "two frequent values": "metadata.split:test metadata.weather:fog",
    "a frequent and a rare value": "metadata.camera_id:cam-07 metadata.site:site-77",
    "part of 10 % of names": "heron",
    "part of 0.25 % of names": "lynx",
    "part of few names": "okapi",
    "part of no name": "zebra",
    "a folder of 100,000": "path:set-0000/**",
    "a folder of 2,000": "path:set-0000/day-03/*",
    "a folder that is not there": "path:nowhere/**",
    "a folder anywhere": "path:**/day-03/*",
    "a tag of 10 %": "tag:blurred",
    "a tag of 0.1 %": "tag:favourite",
    "a tag of few": "tag:broken",
    "a type": "type:image/png",
    "a kind that none has": "kind:video",
    "missing": "state:missing",
    "not a value": "NOT metadata.split:train",
    "not a number": "NOT metadata.score<99",
    "not a tag": "-tag:blurred",
    "rare name or rare tag": "okapi OR tag:broken",
    "a number of 50 %": "metadata.score>50",
    "a number of 0.5 %": "metadata.score>99.5",
    "a number of 0.01 %": "metadata.score>99.99",
    "a number that none has": "metadata.score>1000",
    "a width of 0.2 %": "width>5990",
    "dates of 0.1 %": "metadata.captured>2025-12-09",
    "by name": "sort:name",
    "by name, backwards": "sort:-name",
    "by key": "sort:key",
    "by update": "sort:-updated",
    "by size": "sort:-size",
    "by a number": "sort:metadata.score",
    "by a number, backwards": "sort:-metadata.score",
    "a value of 0.02 % by name": "metadata.site:site-77 sort:name",
    "a value of 2 % by a number": "metadata.camera_id:cam-07 sort:metadata.score",
    "part of 0.25 % of names, by name": "lynx sort:name",
    "a day": "metadata.captured:2024-01-01",
    "a key that none has": "metadata.nokey:*",
    "a number under a key that none has": "metadata.nokey>5",
    "by a key that none has": "sort:metadata.nokey",
    "a fact that none has": "facts.iso:100",
    "not the kind that all have": "-kind:image",
    "without a key that all have": "-metadata.split:*",
    "none of all values": "-metadata.reviewed:true -metadata.reviewed:false",
    "a value's beginning, 20 assets": "metadata.camera_id:cam-ra*",
    "a value's beginning that none has": "metadata.site:zzz*",
    "texts of 20 assets": "metadata.camera_id>cam-5",
    "a family of types that none has": "type:video",
    "a datasource that is not there": "datasource:nowhere",
    "a file": "filename:IMG_00000007.jpg",
    "a part of a name with a number": "IMG_0000007",
    "a project of the oldest 10 %": "project:old",
    "a tag of the oldest 10 %": "tag:old",
    "a folder of 100,000 by name": "path:set-0000/** sort:name",
    "a folder of 100,000 by name, backwards": "path:set-0000/** sort:-name",
    "by creation": "sort:-created",
    "an old creation": "created<2025-01-01T01:00Z",
    "no class": "class:car",
    "three annotations": "min-annotations:3",
    "two characters that none has": "~~",
    "a rare negated number": "NOT metadata.score<99.99",
    "a word in 2 % of pictures": "text:dock",
    "a word in few pictures": "text:quarantine",
    "a word that none has": "text:nowhere",
    "words one after the other": 'text:"loading dock"',
    "pictures with text": "has:text",
    "pictures without a word": "-text:dock",
    "a word by name": "text:dock sort:name",
}
# Searches for want of whose indexes the system makes them; repeated until it does.
SLOW = (
    "metadata.score>99.99", "width>5990", "metadata.captured>2025-12-09", "sort:-size", "sort:metadata.score",
    "sort:-created",
)  # fmt: skip
# Before there is an index: of these, nothing but the patience of the search bounds the time.
FIRST = (
    *SLOW, "metadata.score>1000", "NOT metadata.score<99.99", "sort:metadata.temperature", "sort:-height", "~~",
    "-datasource:bench", "sort:type sort:-updated",
    "metadata.split:train sort:-size", "facts.iso>100",
)  # fmt: skip
_TEXTS = """
INSERT INTO picture_text (digest, text, words, model)
SELECT digest, CASE WHEN id % 50 = 11 OR id % 500003 = 11 THEN 'The loading dock' ELSE '' END,
  (CASE WHEN id % 50 = 11 OR id % 500003 = 11 THEN '''the'':1 ''loading'':2 ''dock'':3 ''' || id || ''':4' ELSE '' END
    || CASE WHEN id % 500003 = 11 THEN ' ''quarantine'':5' ELSE '' END)::tsvector, 'bench'
FROM asset WHERE id % 5 = 1 OR id % 500003 = 11
ON CONFLICT DO NOTHING
"""
# Orders in which the middle of the library is jumped to.
ORDERS = ("", "sort:id", "sort:name", "sort:-name", "sort:key", "sort:-updated", "sort:-created", "sort:-size")


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of one thing, done many times."""

    values: tuple[float, ...]

    @property
    def p50(self) -> float:
        """The median."""
        return statistics.median(self.values)

    @property
    def p95(self) -> float:
        """The 95th percentile."""
        return sorted(self.values)[min(len(self.values) - 1, round(len(self.values) * 0.95))]


def measured(assets: int, *, rounds: int, library: Path | None = None) -> list[Table]:
    """Load a library and measure it. One that is kept in a folder is loaded once; later runs search and edit it."""
    with home_in(library) as home, open_catalog(Settings(home=home)) as catalog:
        if not search(catalog, "", limit=1).total:
            store(home / LOAD, [_table_of_load(load(catalog, assets))])
        field_counts.fold(catalog)  # what the writes of the last run added, as a worker does within a minute
        library_count.fold(catalog)
        if not (home / ONCE).exists():
            store(home / ONCE, _once(Settings(home=home), catalog, assets))
        searches = on_library(catalog, rounds=rounds)
        return [*searches, *stored(home / ONCE), *stored(home / LOAD), _writes(catalog, assets)]


def _once(settings: Settings, catalog: Catalog, assets: int) -> list[Table]:
    """First searches, the indexes that they need, and the same library in other products."""
    _read_texts(catalog)
    _forget_indexes(catalog)
    at_once = _first_searches(catalog)
    # A worker does so within a minute after a run, before most people search.
    seconds = _timed(lambda: run_here(settings, catalog, new_job(JobKind.SEARCH_INDEXES, IndexArgs()))) / 1000
    in_advance = _first_searches(catalog)
    first = _table_of_first(at_once, in_advance, seconds)
    return [first, _make_indexes(settings, catalog, assets), beside_peers(settings, catalog)]


def _forget_indexes(catalog: Catalog) -> None:
    """Drop what an interrupted measurement made: first searches have no index, and none was needed before."""
    for index in search_indexes.list_all(catalog):
        search_indexes.drop(catalog, index, lambda _done, _of: None, "it is measured again")
    with catalog.write() as connection:
        connection.execute("TRUNCATE search_use, search_index_declined")


def _read_texts(catalog: Catalog) -> None:
    """As if text had been read in a fifth of the pictures: one of ten of these has some, and few a rare word."""
    with catalog.session() as session:
        session.execute(_TEXTS)
        session.execute("VACUUM ANALYZE picture_text")


def on_library(catalog: Catalog, *, rounds: int) -> list[Table]:
    """Measure the pages and counts of a library that is loaded."""
    bare = Times(tuple(_timed(lambda: _bare(catalog)) for _ in range(4 * rounds)))
    rows: list[tuple[str, ...]] = []
    late = 0
    for name, query in QUERIES.items():
        print(f"search: {name}", file=sys.stderr, flush=True)
        try:
            pages, cpu, counts, wholes = _of_query(catalog, query, 4 * rounds)
        except CatalogError as error:  # it was stopped: that is a result, too
            late += 1
            rows.append((f"{name}: `{query}`", str(error).partition(". ")[0], *[""] * 7, "no"))
            continue
        missed = pages.p95 > PAGE_GOAL_MS or max(counts.values) > COUNT_GOAL_MS
        late += missed
        total = search(catalog, query, limit=PAGE)
        shown = f"{total.total:,}{'+' if total.total_capped else ''}"
        rows.append(
            (f"{name}: `{query}`", number(pages.p50), number(pages.p95), number(cpu.p50), number(max(counts.values)),
             shown, number(wholes.p95), number(pages.p50 / bare.p50), "no" if missed else "yes")
        )  # fmt: skip
    notes = [
        f"Goals: page p95 under {PAGE_GOAL_MS} ms, count at most {COUNT_GOAL_MS} ms; {late} of {len(rows)} miss one.",
        (
            "CPU: p50 of this process and of its process of PostgreSQL, without parallel workers. Compare it where the"
            " machine is busy."
        ),
        f"The ratio is to reading {PAGE} assets by their ids, with all that is shown of them: {number(bare.p50)} ms.",
        "Whole: the page with its assets and its total, as one call returns it.",
    ]
    head = ("first page of 50, ms", "p50", "p95", "CPU", "count, max", "total", "whole, p95", "ratio", "goals met")
    return [Table(title="Searches", head=head, rows=rows, notes=notes), _jumps(catalog, rounds)]


def _first_searches(catalog: Catalog) -> dict[str, tuple[float, AssetPage]]:
    """Each once: milliseconds, and the page. What it took is not recorded as a reason for an index."""
    found: dict[str, tuple[float, AssetPage]] = {}
    for query in FIRST:
        started = time.perf_counter()
        page = search(catalog, query, limit=PAGE, patience_s=PATIENCE_S)
        found[query] = ((time.perf_counter() - started) * 1000, page)
    with catalog.write() as connection:
        connection.execute("DELETE FROM search_use")
    return found


def _table_of_first(
    at_once: dict[str, tuple[float, AssetPage]], in_advance: dict[str, tuple[float, AssetPage]], seconds: float
) -> Table:
    rows: list[tuple[str, ...]] = []
    for query, (before, page) in at_once.items():
        after, later = in_advance[query]
        total = f"{later.total:,}{'+' if later.total_capped else ''}"
        rows.append((f"`{query}`", number(before), _searched(page), number(after), _searched(later), total))
    return Table(
        title="First searches, before and after the system has made indexes in advance",
        head=("once, with the total", "ms before", "searched", "ms after", "searched", "total"),
        rows=rows,
        notes=[
            f"Goal: under {PAGE_GOAL_MS} ms, or a marked page soon after a patience of {PATIENCE_S * 1000:.0f} ms.",
            f"Making the indexes took {seconds:.0f} s. No search had needed one before.",
        ],
    )


def _searched(page: AssetPage) -> str:
    return "all" if page.searched is None else f"the newest {page.searched:,}, marked"


def _of_query(catalog: Catalog, query: str, times: int) -> tuple[Times, Times, Times, Times]:
    parsed = parse(query)
    compiled = compile_query(parsed)
    spent: list[float] = []

    def page() -> None:
        with catalog.read() as connection:
            own, server = time.thread_time(), _cpu_ms(connection.info.backend_pid)
            finder_of(connection, parsed, compiled).first_rows(PAGE)
            spent.append((time.thread_time() - own) * 1000 + _cpu_ms(connection.info.backend_pid) - server)

    def take(work: Callable[[], object]) -> Times:
        return Times(tuple([_timed(work) for _ in range(times + WARM_UP)][WARM_UP:]))

    return (
        take(page),
        Times(tuple(spent[WARM_UP:])),
        take(lambda: count_matches(catalog, parsed, compiled, exact=True)),
        take(lambda: search(catalog, query, limit=PAGE)),
    )


def _cpu_ms(pid: int) -> float:
    """What a process has used so far; Linux counts it in nanoseconds."""
    return int(Path(f"/proc/{pid}/schedstat").read_text("ascii").split()[0]) / 1e6


def _jumps(catalog: Catalog, rounds: int) -> Table:
    total = search(catalog, "", limit=1).total
    rows: list[tuple[str, ...]] = []
    for query in ORDERS:
        offsets = [total // 2 + 997 * turn for turn in range(4 * rounds + WARM_UP)]
        name = f"position {total // 2:,} of `{query}`"
        try:
            times = [_timed(partial(search, catalog, query, limit=PAGE, offset=at)) for at in offsets]
        except CatalogError as error:  # it was stopped: that is a result, too
            rows.append((name, str(error).partition(". ")[0], "", str(JUMP_GOAL_MS)))
            continue
        warm = Times(tuple(times[WARM_UP:]))
        rows.append((name, number(warm.p50), number(warm.p95), str(JUMP_GOAL_MS)))
    return Table(title="Far positions", head=("ms", "p50", "p95", "goal"), rows=rows)


def _make_indexes(settings: Settings, catalog: Catalog, assets: int) -> Table:
    """Search what is slow without an index, and let the job decide."""
    for query in SLOW:
        for _ in range(3):
            try:
                search(catalog, query, limit=PAGE)
            except CatalogError:
                break  # stopped after ten seconds: that is recorded, too
    started = time.perf_counter()
    run_here(settings, catalog, new_job(JobKind.SEARCH_INDEXES, IndexArgs()))
    seconds = time.perf_counter() - started
    rows = [
        (f"{one.source.value} {one.key}", one.state.value, number(one.bytes / 1e6), one.why)
        for one in search_indexes.list_all(catalog)
    ]
    notes = [f"Built in {seconds:.0f} s together, with CREATE INDEX CONCURRENTLY, over {assets:,} assets."]
    return Table(title="Indexes that the system made", head=("value", "state", "MB", "why"), rows=rows, notes=notes)


def _table_of_load(loaded: Loaded) -> Table:
    rows = [
        ("bulk load with all indexes: assets a second", f"{loaded.assets / loaded.seconds:,.0f}", f"{LOAD_GOAL:,}"),
        ("of which making the values costs: µs an asset", number(loaded.making_us), ""),
        ("counting the values afterwards: µs an asset", number(loaded.counting_us), ""),
    ]
    return Table(title="The load", head=("", "", "goal"), rows=rows)


def _writes(catalog: Catalog, assets: int) -> Table:
    """Single edits while batches of a pass are written."""
    source = source_id(catalog)
    ids = random.Random(7).sample(range(1, assets), EDITS)  # noqa: S311  a fixed choice
    with catalog.read() as connection:
        row = connection.execute("SELECT max(id) FROM asset").fetchone()
    newest = assets if row is None else row[0]
    idle = Times(tuple(_timed(partial(_edit, catalog, each)) for each in ids))
    stop = threading.Event()

    def write() -> None:
        with psycopg.connect(catalog.conninfo, autocommit=True) as session:
            first = newest
            while not stop.is_set():
                insert(session, source, first, first + BATCH)
                first += BATCH

    writer = threading.Thread(target=write)
    writer.start()
    try:
        busy = Times(tuple(_timed(partial(_edit, catalog, each)) for each in ids))
    finally:
        stop.set()
        writer.join()
    rows = [
        ("single edit, idle: ms", number(idle.p50), number(idle.p95), ""),
        ("single edit, during a bulk write: ms", number(busy.p50), number(busy.p95), f"{EDIT_GOAL_MS}"),
    ]
    return Table(title="Writes", head=("", "p50", "p95", "goal"), rows=rows)


def _edit(catalog: Catalog, asset_id: int) -> None:
    edits.apply(catalog, [str(asset_id)], Edit(metadata={"weather": f"edited {asset_id}"}), by=LIBRARY)


def _bare(catalog: Catalog) -> None:
    with catalog.read() as connection:
        connection.execute(asset_columns() + b" WHERE asset.id = ANY(%s)", (list(range(1, PAGE + 1)),)).fetchall()


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000
