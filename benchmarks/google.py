"""Listing Google Cloud Storage: our reader beside our reader of S3, and beside obstore."""

from __future__ import annotations

from functools import partial

from benchmarks.measure import Cost, interleaved, median, python, ratio, run
from benchmarks.place import CACHE, environment_of, listing_server
from benchmarks.tables import Table, number

GOAL = 1.5  # of the CPU of our reader of S3


def listing(objects: int, *, rounds: int) -> list[Table]:
    """The same objects, listed in one range."""
    environment = environment_of(CACHE)
    with listing_server(objects) as s3, listing_server(objects, dialect="google") as google:
        ours = ["--ordered", "--anonymous"]
        commands = {
            "our reader, JSON API": python(
                "benchmarks.bare_reader", "--uri", "gs://bench/", "--endpoint", google, *ours
            ),
            "our reader, S3": python("benchmarks.bare_reader", "--uri", "s3://bench/", "--endpoint", s3, *ours),
            "obstore, XML API": python("benchmarks.peers", "obstore-google", "--bucket", "bench", "--endpoint", s3),
        }
        costs = interleaved(rounds, {name: partial(run, command, environment) for name, command in commands.items()})
    for name, found in costs.items():
        if any(cost.document()["objects"] != objects for cost in found):
            raise RuntimeError(f"{name} did not list {objects:,} objects")
    spent = {name: [_cpu(cost) * 1e6 / objects for cost in found] for name, found in costs.items()}
    mine, s3_reader, obstore = (spent[name] for name in commands)
    table = Table(
        title=f"Listing {objects:,} objects of Google Cloud Storage",
        head=("", "CPU s a million", "wall s", "peak MB"),
        rows=[
            (
                name,
                number(median(spent[name])),
                number(median([cost.document()["seconds"] for cost in found])),
                number(median([cost.peak for cost in found])),
            )
            for name, found in costs.items()
        ],
    )
    table.notes.extend(
        [
            f"CPU over our reader of S3: {ratio(mine, s3_reader):.2f} (goal: at most {GOAL}).",
            f"CPU over obstore: {ratio(mine, obstore):.2f}.",
            "Without the start-up of the process. obstore uses the XML API, so it lists the pages of the S3 server.",
        ]
    )
    return [table]


def _cpu(cost: Cost) -> float:
    return cost.document()["cpu"]
