"""The first pass over real photographs beside a bare loop that reads and draws the same in as many processes."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

from examples.demo.server import LocalS3

from benchmarks.measure import Cost, interleaved, median, python, ratio, run, tool
from benchmarks.peer_environment import FIFTYONE, peer_python, run_peer, why_not
from benchmarks.place import PHOTO_OBJECTS, PHOTOS, environment_of, fresh_home
from benchmarks.tables import Table, number

# By the name of the peer: what it is, and its packages. Each has an environment of its own.
PEERS = {
    "pillow": ("Pillow loop: obstore GET, thumbnail", ("pillow==12.0.0", "obstore==0.9.0")),
    "datachain": ("DataChain with the Pillow thumbnail", ("datachain==0.62.0", "pillow")),
    "fiftyone": ("FiftyOne: download, metadata, small images", (*FIFTYONE, "obstore")),
}
PEER_LIMIT_S = 600.0


def over_photographs(server: LocalS3, *, rounds: int) -> Table:
    """A whole first pass by the command line, each time into an empty library."""
    processes = len(os.sched_getaffinity(0))
    stored: list[int] = []

    def first_pass() -> Cost:
        with fresh_home() as home:
            environment = environment_of(home, server)
            run([tool("mirrorlake"), "runs", "list", "--json"], environment)  # makes and starts the database
            command = [tool("mirrorlake"), "mirror", f"s3://{PHOTOS}/", "--endpoint", server.endpoint, "--json"]
            cost = run([*command, "--jobs", str(processes)], environment)
            stored.append(sum(path.is_file() for path in (home / "library" / "thumbnails" / "packs").rglob("*")))
        report = cost.document()
        if report["state"] != "succeeded" or report["new"] != PHOTO_OBJECTS:
            raise RuntimeError(f"the first pass did not bring every photograph: {report}")
        return cost

    def bare_loop() -> Cost:
        flags = ["--bucket", PHOTOS, "--endpoint", server.endpoint, "--processes", str(processes)]
        return run(python("benchmarks.bare_loop", *flags), server.environment())

    costs = interleaved(rounds, {"bare": bare_loop, "pass": first_pass})
    bare, passes = costs["bare"], costs["pass"]
    seconds = [cost.document()["seconds"] for cost in bare], [cost.document()["seconds"] for cost in passes]
    table = Table(
        title=f"First pass over {PHOTO_OBJECTS:,} photographs, {processes} processes",
        head=("", "wall s", "wall s with start-up", "CPU s with start-up", "photographs a second"),
        rows=[
            (
                name,
                number(median(inside)),
                number(median([cost.wall for cost in whole])),
                number(median([cost.cpu for cost in whole])),
                f"{PHOTO_OBJECTS / median(inside):.0f}",
            )
            for name, inside, whole in (
                ("bare loop: obstore GET, pyvips thumbnail", seconds[0], bare),
                ("first pass of mirrorlake", seconds[1], passes),
            )
        ],
    )
    table.notes.extend(
        [
            (
                f"Speed of the pass over the bare loop's: {ratio(seconds[0], seconds[1]):.2f} (goal: at least 0.90); "
                f"with start-up {ratio([c.wall for c in bare], [c.wall for c in passes]):.2f}."
            ),
            "The pass also checks type and damage, reads EXIF, hashes, stores thumbnails and commits.",
            f"Objects that were written for {PHOTO_OBJECTS:,} thumbnails in a pass: {max(stored)} at most.",
        ]
    )
    peers: list[tuple[str, ...]] = []
    for name, (title, packages) in PEERS.items():
        try:
            seconds = _peer(name, packages, server, processes)
        except (OSError, subprocess.SubprocessError) as error:
            table.notes.append(f"{title} was not measured: {why_not(error)}")
        else:
            peers.append((title, number(seconds), "", "", f"{PHOTO_OBJECTS / seconds:.0f}"))
    return replace(table, rows=[*table.rows, *peers])


def _peer(name: str, packages: tuple[str, ...], server: LocalS3, processes: int) -> float:
    """Seconds that another system takes, once."""
    python = peer_python(f"peer-{name}", packages)
    flags = ["--bucket", PHOTOS, "--endpoint", server.endpoint, "--processes", str(processes)]
    with fresh_home() as home:
        environment = {**os.environ, **server.environment(), "HOME": str(home)}
        script = Path(__file__).with_name("photo_peers.py")
        command = (python, "-P", script, name, *flags)
        printed = run_peer(*command, environment=environment, folder=home, limit_s=PEER_LIMIT_S)
    answer = json.loads(printed.splitlines()[-1])
    if answer["objects"] != PHOTO_OBJECTS:
        raise RuntimeError(f"{name} looked at {answer['objects']} photographs")
    return answer["seconds"]
