"""What a listing of Azure costs, beside our own listing of S3 and another library's of Azure."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial

from benchmarks.measure import Cost, interleaved, median, python, ratio, run
from benchmarks.place import CACHE, listing_server
from benchmarks.tables import Table, number

GOAL = 1.5  # times the CPU of our reader of S3


def beside_s3(objects: int, *, rounds: int) -> Table:
    """The same objects listed from synthetic pages of both protocols, each in a fresh process."""
    with (
        listing_server(objects) as s3,
        listing_server(objects, CACHE, "benchmarks.azure_pages") as azure,
    ):
        commands = {
            "mirrorlake, Azure": _reader("az://bench/objects", f"{azure}/bench"),
            "mirrorlake, S3": _reader("s3://bench/", s3),
            "obstore, Azure": python("benchmarks.peers", "obstore-azure", "--bucket", "objects", "--endpoint", azure),
        }
        environment = {**os.environ, "MIRRORLAKE_HOME": str(CACHE)}
        costs = interleaved(rounds, {name: partial(run, command, environment) for name, command in commands.items()})
    for name, found in costs.items():
        if any(cost.document()["objects"] != objects for cost in found):
            raise RuntimeError(f"{name} listed {found[-1].output}")
    own, s3_reader = ([cost.document()["cpu"] for cost in costs[f"mirrorlake, {name}"]] for name in ("Azure", "S3"))
    return Table(
        title=f"A listing of {objects:,} objects of Azure",
        head=("", "wall s", "CPU s", "peak MB"),
        rows=[_row(name, found) for name, found in costs.items()],
        notes=[
            "Each in a fresh process, start-up included.",
            (
                f"CPU without start-up: {median(own) * 1e6 / objects:.2f} s a million objects of Azure, "
                f"{median(s3_reader) * 1e6 / objects:.2f} s of S3; {ratio(own, s3_reader):.2f} times as much "
                f"(goal: at most {GOAL}). A page of Azure has twice the bytes an object."
            ),
        ],
    )


def _reader(uri: str, endpoint: str) -> list[str]:
    return python("benchmarks.bare_reader", "--uri", uri, "--endpoint", endpoint, "--ordered", "--anonymous")


def _row(name: str, found: Sequence[Cost]) -> tuple[str, ...]:
    columns = ([cost.wall for cost in found], [cost.cpu for cost in found], [cost.peak for cost in found])
    return (name, *(number(median(column)) for column in columns))
