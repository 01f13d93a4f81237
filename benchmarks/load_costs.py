"""What the database spends on loading one asset with ten metadata keys, part by part."""

from __future__ import annotations

import psycopg
from psycopg import sql

from benchmarks.measure import median, tree_cpu
from benchmarks.one_pass import postmaster
from benchmarks.place import fresh_home
from benchmarks.search_data import BATCH, insert, make_values, new_source
from benchmarks.tables import Table, number
from mirrorlake.core.settings import Settings
from mirrorlake.postgres.pool import open_catalog

GOAL = 60_000  # assets a second, on two cores
CORES = 2
# Of each step: what it has more than the one before.
STEPS = (
    "making the values, storing nothing",
    "the rows of asset and object, with their primary keys",
    "orders by name, key and update, and digests",
    "what triggers record for counts and folders",
    "the index on filters: values, names, folders, ranges",
    "five indexes that the system made: two on numbers, size, width, creation",
)
_ORDERS, _TRIGGERS, _FILTERS = 2, 3, 4  # places of steps
_INDEXES = "SELECT indexname FROM pg_indexes WHERE tablename = 'asset' AND indexname <> 'asset_pkey'"
ASSETS = 100_000
_SCORE = "CASE WHEN octet_length(metadata ->> 'score') <= 1000 THEN metadata -> 'score' END"
_MADE = (
    f"CREATE INDEX ON asset (({_SCORE}), id) WHERE (metadata -> 'score') IS NOT NULL",
    (
        "CREATE INDEX ON asset (left(metadata ->> 'captured', 200) COLLATE \"C\", id)"
        " WHERE left(metadata ->> 'captured', 200) IS NOT NULL"
    ),
    "CREATE INDEX ON asset (size, id)",
    "CREATE INDEX ON asset (width, id)",
    "CREATE INDEX ON asset (created, id)",
)


def of_an_asset(*, rounds: int) -> Table:
    """CPU of the database for one asset, with more and more of what a library has."""
    found = [[_cpu(step) for step in range(len(STEPS))] for _ in range(rounds)]
    totals = [median([one[step] for one in found]) * 1e6 for step in range(len(STEPS))]
    rows = [
        (text, number(total - before), number(total))
        for text, total, before in zip(STEPS, totals, [0.0, *totals[:-1]], strict=True)
    ]
    whole = totals[STEPS.index(next(text for text in STEPS if "filters" in text))]
    stored = whole - totals[0]
    return Table(
        title="What the database spends on loading an asset with ten keys",
        head=("", "µs of CPU", "with all above"),
        rows=rows,
        notes=[
            f"{ASSETS:,} assets into an empty library, in transactions of {BATCH:,}; medians of {rounds} loads.",
            (
                f"On {CORES} cores that is at most {CORES * 1e6 / whole:,.0f} assets a second, or"
                f" {CORES * 1e6 / stored:,.0f} without making the values, of the goal of {GOAL:,}."
            ),
        ],
    )


def _cpu(step: int) -> float:
    """Seconds of CPU an asset, with the parts up to this one."""
    with (
        fresh_home() as home,
        open_catalog(Settings(home=home)) as catalog,
        psycopg.connect(catalog.conninfo, autocommit=True) as session,
    ):
        source = new_source(catalog)
        _leave_out(session, step)
        server = postmaster(home)
        started = tree_cpu(server)
        if step == 0:
            make_values(session, ASSETS)
        else:
            for first in range(0, ASSETS, BATCH):
                insert(session, source, first, first + BATCH)
            if step >= _FILTERS:
                session.execute("SELECT gin_clean_pending_list('asset_by_filter')")
        return (tree_cpu(server) - started) / ASSETS


def _leave_out(session: psycopg.Connection, step: int) -> None:
    if step < _FILTERS:
        for (name,) in session.execute(_INDEXES).fetchall():
            if step < _ORDERS or name == "asset_by_filter":
                session.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    if step < _TRIGGERS:
        for table in ("asset", "object"):
            session.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(sql.Identifier(table)))
    if step > _FILTERS:
        for text in _MADE:
            session.execute(text)
