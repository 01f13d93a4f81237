"""How many actors embed the pictures of a job on a Ray cluster, and what each takes of its node. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mirrorlake.embedding.registry import LITE
from mirrorlake.engine.cluster import Node

_MOST_THREADS = 4  # of an actor with a model of the CLIP family, where no node has a GPU


@dataclass(frozen=True, slots=True)
class ActorLayout:
    """The actors of a job: how many, and what each one takes of its node."""

    actors: int
    threads: int = 1
    gpu: bool = False


def layout_of(found: Sequence[Node], model: str | None, jobs: int | None = None) -> ActorLayout:
    """The actors for this model that fit on these nodes, with at most `jobs` threads in all, but at least one actor.

    Runs keep a CPU of each node that has several.
    """
    layout = _of_all(found, model)
    if jobs is None or layout.actors * layout.threads <= jobs:
        return layout
    threads = min(layout.threads, jobs)
    return replace(layout, actors=max(1, min(layout.actors, jobs // threads)), threads=threads)


def _of_all(found: Sequence[Node], model: str | None) -> ActorLayout:
    small = model in (None, LITE)
    with_gpus = [] if small else [node for node in found if min(node.gpus, node.cpus)]
    if with_gpus:
        # The threads decode and prepare pictures: a GPU waits for them if they are few.
        threads = min(node.cpus // min(node.gpus, node.cpus) - 1 for node in with_gpus)
        return ActorLayout(sum(min(node.gpus, node.cpus) for node in with_gpus), max(1, threads), gpu=True)
    rooms = [max(1, node.cpus - 1) for node in found if node.cpus]
    if small or not rooms:
        return ActorLayout(max(1, sum(rooms)))
    most = min(_MOST_THREADS, max(rooms))

    def actors(threads: int) -> int:
        return sum(room // threads for room in rooms)

    # The number of threads that uses most CPUs, the largest of equals: each actor loads a model of its own.
    threads = max(range(most, (most - 1) // 2, -1), key=lambda number: actors(number) * number)
    return ActorLayout(actors(threads), threads)
