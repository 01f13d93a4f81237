"""Passes over unchanged buckets: the cost of finding no change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import obstore
from examples.demo.server import LocalS3

from benchmarks import peers
from benchmarks.measure import Cost, interleaved, median, python, ratio, run, tool
from benchmarks.place import CACHE, TINY, TINY_OBJECTS, environment_of, fresh_home, listing_server, obstore_of
from benchmarks.seed import CatalogSnapshot, know_listed, know_synthetic
from benchmarks.tables import Table, number
from mirrorlake.core.settings import Settings
from mirrorlake.core.text import count_noun
from mirrorlake.postgres.pool import open_catalog
from mirrorlake.storage.providers.s3.access import S3Access

NAME = "bench"


def synthetic(objects: int, *, rounds: int) -> list[Table]:
    """A pass over a synthetic bucket beside the bare reader, with one range and with two."""
    with fresh_home() as home, listing_server(objects) as endpoint:
        with open_catalog(Settings(home=home)) as catalog:
            know_synthetic(catalog, name=NAME, endpoint=endpoint, objects=objects)
        bucket = _Bucket(cloud="", uri="s3://bench/", endpoint=endpoint)
        tables = [_beside_reader(home, bucket, objects, ranges, rounds) for ranges in (1, 2)]
        command = [tool("mirrorlake"), "mirror", "s3://bench/", "--name", NAME, "--json"]
        whole = run(command, environment_of(home))
        _check(whole.document(), objects // 2)
        tables[-1].notes.append(
            f"The whole command `mirrorlake mirror … --json` with its start-up: {whole.wall:.2f} s wall, "
            f"{whole.cpu:.2f} CPU-s, {whole.peak:.0f} MB."
        )
    return tables


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bucket:
    """A synthetic bucket."""

    cloud: str  # for the title
    uri: str
    endpoint: str


def google(objects: int, *, rounds: int) -> list[Table]:
    """The same at Google Cloud Storage."""
    with listing_server(objects, dialect="google") as address:
        return [_elsewhere(_Bucket(cloud=" at Google", uri="gs://bench/", endpoint=address), objects, rounds)]


def azure(objects: int, *, rounds: int) -> list[Table]:
    """The same at Azure."""
    with listing_server(objects, CACHE, "benchmarks.azure_pages") as address:
        bucket = _Bucket(cloud=" at Azure", uri="az://bench/objects", endpoint=f"{address}/bench")
        return [_elsewhere(bucket, objects, rounds)]


def _elsewhere(bucket: _Bucket, objects: int, rounds: int) -> Table:
    with fresh_home() as home:
        with open_catalog(Settings(home=home)) as catalog:
            know_synthetic(catalog, name=NAME, endpoint=bucket.endpoint, objects=objects, uri=bucket.uri, ordered=None)
        return _beside_reader(home, bucket, objects, 1, rounds)


def _beside_reader(home: Path, bucket: _Bucket, objects: int, ranges: int, rounds: int) -> Table:
    environment = environment_of(home)
    flags = ["--uri", bucket.uri, "--endpoint", bucket.endpoint, "--ranges", str(ranges), "--ordered", "--anonymous"]
    reader = partial(run, python("benchmarks.bare_reader", *flags), environment)
    flags = ["--home", str(home), "--name", NAME, "--ranges", str(ranges)]
    our_pass = partial(run, python("benchmarks.one_pass", *flags), environment)
    our_pass()  # the first one after seeding reads tables that nobody has read before
    costs = interleaved(rounds, {"reader": reader, "pass": our_pass})
    bare = [cost.document() for cost in costs["reader"]]
    passes = [cost.document() for cost in costs["pass"]]
    for document in passes:
        _check(document["report"], objects // 2)
    above = [p["cpu"] + p["database_cpu"] - b["cpu"] for p, b in zip(passes, bare, strict=True)]
    wall = ratio([p["seconds"] for p in passes], [b["seconds"] for b in bare])
    most = 1.3 if ranges == 1 else 1.5
    memory = 300 if objects <= 1_000_000 else 400  # noqa: PLR2004  (the goals)
    peak = max(p["peak"] for p in passes)
    table = Table(
        title=f"No change among {objects:,} objects{bucket.cloud}, {count_noun(ranges, 'range')} side by side",
        head=("", "wall s", "CPU s", "PostgreSQL CPU s", "peak MB"),
        rows=[
            _row("bare reader", [b["seconds"] for b in bare], [b["cpu"] for b in bare], [], [b["peak"] for b in bare]),
            _row(
                "no-change pass",
                [p["seconds"] for p in passes],
                [p["cpu"] for p in passes],
                [p["database_cpu"] for p in passes],
                [p["peak"] for p in passes],
            ),
        ],
    )
    table.notes.extend(
        [
            f"Wall of the pass over the reader's: {wall:.2f} (goal: at most {most}).",
            (
                f"CPU above the reader, PostgreSQL included: {median(above) * 1e6 / objects:.2f} s a million objects "
                "(goal: at most 1)."
            ),
            f"GETs: 0. Peak memory of the pass: {peak:.0f} MB (goal: under {memory}).",
        ]
    )
    return table


def _row(name: str, *columns: Sequence[float]) -> tuple[str, ...]:
    return (name, *(number(median(column)) if column else "" for column in columns))


def _check(report: dict[str, object], photographs: int) -> None:
    """Check that nothing but "unchanged" was counted; otherwise the numbers are meaningless."""
    if report["state"] != "succeeded" or report["unchanged"] != photographs or report["requests"]["get"] != 0:
        raise RuntimeError(f"the pass was no no-change pass: {report}")


def on_seaweed(server: LocalS3, *, rounds: int) -> Table:
    """A pass over a real S3 server beside other tools that list it, each in a fresh process."""
    with fresh_home() as home:
        environment = environment_of(home, server)
        with open_catalog(Settings(home=home)) as catalog:
            access = S3Access(endpoint=server.endpoint)
            know_listed(catalog, name=NAME, uri=f"s3://{TINY}/", access=access, known=_known(server))
        address = {"bucket": TINY, "endpoint": server.endpoint}
        flags = ["--bucket", TINY, "--endpoint", server.endpoint]
        reader = ["--uri", f"s3://{TINY}/", "--endpoint", server.endpoint]
        commands = {
            "mirrorlake, no-change pass": [tool("mirrorlake"), "mirror", f"s3://{TINY}/", "--name", NAME, "--json"],
            "mirrorlake's bare reader": python("benchmarks.bare_reader", *reader),
            "obstore, list": python("benchmarks.peers", "obstore", *flags),
            "s5cmd ls": peers.s5cmd(**address),
            "rclone lsf -R --fast-list": peers.rclone(**address),
            "boto3, paginator": python("benchmarks.peers", "boto3", *flags),
        }
        costs = interleaved(rounds, {name: partial(run, command, environment) for name, command in commands.items()})
    for name, found in costs.items():
        _check_complete(name, found[-1])
    table = Table(
        title=f"No change among {TINY_OBJECTS:,} objects on SeaweedFS, beside tools that only list",
        head=("", "wall s", "CPU s", "peak MB"),
        rows=[_row(n, [c.wall for c in f], [c.cpu for c in f], [c.peak for c in f]) for n, f in costs.items()],
    )
    table.notes.append(
        "Each in a fresh process, start-up included. The pass also pairs, sorts (SeaweedFS does not list in key "
        "order) and compares; PostgreSQL's own CPU is not in its line. Every second object is a sidecar."
    )
    return table


def _check_complete(name: str, cost: Cost) -> None:
    if name == "mirrorlake, no-change pass":
        _check(cost.document(), TINY_OBJECTS // 2)
    elif cost.output.startswith("{"):
        if cost.document()["objects"] != TINY_OBJECTS:
            raise RuntimeError(f"{name} listed {cost.output}")
    elif cost.output.count("\n") != TINY_OBJECTS:
        raise RuntimeError(f"{name} listed {cost.output.count(chr(10))} objects")


def _known(server: LocalS3) -> list[CatalogSnapshot]:
    """What a first pass would remember of the loaded bucket."""
    listed = {
        entry["path"]: (entry["size"], (entry["e_tag"] or "").strip('"'))
        for page in obstore.list(obstore_of(server, TINY), chunk_size=1000)
        for entry in page
    }
    return [
        (key, *seen, sidecar := key.replace(".jpg", ".json"), *listed[sidecar])
        for key, seen in sorted(listed.items())
        if key.endswith(".jpg")
    ]
