"""Passes in which nothing but sidecars changed: what it costs to find them, read them and merge them."""

from __future__ import annotations

import json
import urllib.request
from functools import partial

import psycopg

from benchmarks.measure import Cost, interleaved, median, python, ratio, run
from benchmarks.place import environment_of, fresh_home, listing_server
from benchmarks.seed import know_synthetic
from benchmarks.tables import Table, number
from mirrorlake.core.settings import Settings
from mirrorlake.postgres.pool import open_catalog

NAME = "bench"
GOAL_S = 60
# As if the sidecar of every so-many-th photograph had been another one when it was read last.
_AGE = (
    """
    UPDATE object SET companions = split_part(companions, ':', 1) || ':' || md5(companions)
    WHERE right(split_part(key, '.', 1), 8)::bigint %% %(every)s = 0
    """,
    """
    UPDATE asset SET metadata = jsonb_build_object('camera_id', 'old', 'before', size)
    WHERE right(split_part(key, '.', 1), 8)::bigint %% %(every)s = 0
    """,
)


def changed(objects: int, *, sidecars: int, rounds: int) -> list[Table]:
    """A pass that finds this many changed sidecars, beside bare GETs of the same ones."""
    every = objects // 2 // sidecars
    with fresh_home() as home, listing_server(objects) as endpoint:
        with open_catalog(Settings(home=home)) as catalog:
            know_synthetic(catalog, name=NAME, endpoint=endpoint, objects=objects)
            conninfo = catalog.conninfo
        environment = environment_of(home)
        flags = ["--endpoint", endpoint, "--every", str(every), "--count", str(sidecars)]
        bare = partial(run, python("benchmarks.bare_gets", *flags), environment)
        images = 0

        def one_pass() -> Cost:
            nonlocal images
            _age(conninfo, every, sidecars)
            before = _asked(endpoint)
            flags = ["--home", str(home), "--name", NAME, "--ranges", "2"]
            cost = run(python("benchmarks.one_pass", *flags), environment)
            after = _asked(endpoint)
            images += after.get("image", 0) - before.get("image", 0)
            _check(cost, sidecars, read=after.get("sidecar", 0) - before.get("sidecar", 0))
            return cost

        costs = interleaved(rounds, {"bare": bare, "pass": one_pass})
        _check_merged(conninfo, every, sidecars)
    gets = [cost.document() for cost in costs["bare"]]
    passes = [cost.document() for cost in costs["pass"]]
    table = Table(
        title=f"{sidecars:,} changed sidecars among {objects:,} objects",
        head=("", "wall s", "CPU s", "PostgreSQL CPU s", "peak MB"),
        rows=[
            (
                "bare GETs of the sidecars: obstore, 2 processes",
                number(median([each["seconds"] for each in gets])),
                number(median([each["cpu"] for each in gets])),
                "",
                "",
            ),
            (
                "the pass that lists, reads and merges them",
                number(median([each["seconds"] for each in passes])),
                number(median([each["cpu"] for each in passes])),
                number(median([each["database_cpu"] for each in passes])),
                number(median([each["peak"] for each in passes])),
            ),
        ],
    )
    seconds = [each["seconds"] for each in passes]
    over = ratio(seconds, [each["seconds"] for each in gets])
    table.notes.extend(
        [
            f"Wall of the pass: {median(seconds):.1f} s (goal: under {GOAL_S}).",
            f"GETs of a pass: {sidecars:,} of sidecars; of photographs, in all passes: {images} (goal: 0).",
            (
                f"Wall of the pass over that of the bare GETs: {over:.1f}. "
                "The pass also lists and compares all objects, and commits."
            ),
        ]
    )
    return [table]


def _age(conninfo: str, every: int, sidecars: int) -> None:
    with psycopg.connect(conninfo, autocommit=True) as session:
        for statement in _AGE:
            done = session.execute(statement, {"every": every})
            if done.rowcount != sidecars:
                raise RuntimeError(f"{done.rowcount} sidecars were aged")
        session.execute("VACUUM ANALYZE object")
        session.execute("VACUUM ANALYZE asset")
        session.execute("CHECKPOINT")


def _asked(endpoint: str) -> dict[str, int]:
    """How often sidecars and photographs were asked for, as the server counted."""
    with urllib.request.urlopen(f"{endpoint}/") as answer:  # noqa: S310  (our own server on loopback)
        return json.load(answer)


def _check(cost: Cost, sidecars: int, *, read: int) -> None:
    report = cost.document()["report"]
    told = (report["state"], report["metadata_changed"], report["failed"], report["requests"]["get"])
    if told != ("succeeded", sidecars, 0, sidecars) or read != sidecars:
        raise RuntimeError(f"the pass did not read each changed sidecar once: {report}")


def _check_merged(conninfo: str, every: int, sidecars: int) -> None:
    """The metadata are those of the sidecars: the numbers of a pass that merged nothing would mean nothing."""
    with psycopg.connect(conninfo) as session:
        row = session.execute(
            "SELECT count(*) FROM asset WHERE metadata ->> 'camera_id' = 'cam-' || (metadata ->> 'pair')::bigint %% 13"
            " AND NOT metadata ? 'before' AND right(split_part(key, '.', 1), 8)::bigint %% %(every)s = 0",
            {"every": every},
        ).fetchone()
    if row != (sidecars,):
        raise RuntimeError(f"only {row} sidecars were merged")
