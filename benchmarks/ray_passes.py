"""The first pass over photographs on a Ray cluster of this machine, beside the same pass by local processes."""

from __future__ import annotations

from functools import partial

from examples.demo.server import LocalS3
from tests.support.ray_cluster import RayCluster

from benchmarks.measure import Cost, interleaved, median, ratio, run, tool
from benchmarks.place import PHOTO_OBJECTS, PHOTOS, environment_of, fresh_home
from benchmarks.tables import Table, number
from mirrorlake.processing.prestart import cores


def beside_local(server: LocalS3, *, rounds: int) -> Table:
    """Whole first passes by the command line, each into an empty library. The cluster runs all the time."""
    with RayCluster(cpus=cores(), second=False) as cluster:
        engines = {"local": "local", "ray": cluster.address}
        contenders = {
            name: partial(_first_pass, server, {**cluster.environment, "MIRRORLAKE_ENGINE": engine})
            for name, engine in engines.items()
        }
        costs = interleaved(rounds, contenders)
    seconds = {name: [cost.document()["seconds"] for cost in some] for name, some in costs.items()}
    return Table(
        title=f"First pass over {PHOTO_OBJECTS:,} photographs on a Ray cluster of one node, {cores()} cores",
        head=("", "wall s", "wall s with start-up", "photographs a second"),
        rows=[
            (
                name,
                number(median(seconds[name])),
                number(median([cost.wall for cost in some])),
                f"{PHOTO_OBJECTS / median(seconds[name]):.0f}",
            )
            for name, some in costs.items()
        ],
        notes=[
            f"Speed on the cluster over the speed of `local`: {ratio(seconds['local'], seconds['ray']):.2f}.",
            "The cluster's own processes take their part of the same cores.",
        ],
    )


def _first_pass(server: LocalS3, more: dict[str, str]) -> Cost:
    with fresh_home() as home:
        environment = {**environment_of(home, server), **more}
        run([tool("mirrorlake"), "runs", "list", "--json"], environment)  # makes and starts the database
        command = [tool("mirrorlake"), "mirror", f"s3://{PHOTOS}/", "--endpoint", server.endpoint, "--json"]
        cost = run(command, environment)
    report = cost.document()
    if report["state"] != "succeeded" or report["new"] != PHOTO_OBJECTS:
        raise RuntimeError(f"the first pass did not bring every photograph: {report}")
    return cost
