"""The process that is connected to a Ray cluster for a job: `embedding_driver ADDRESS [MODEL MODELS THREADS]`.

It speaks as `embedding.worker` does, and divides the pictures of a request among actors, each with a model of its own.
"""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.embedding.registry import LITE, work_of
from mirrorlake.embedding.worker import Embedded, Request, read_message, write_message
from mirrorlake.engine import embedding_actor, ray_task
from mirrorlake.engine.cluster import Node, connect, nodes

TIMES = 3  # that a batch is embedded, if its actor is lost with its node
_MOST_THREADS = 4  # of an actor with a model of the CLIP family, where no node has a GPU
_CHECK_S = 5.0  # between checks that the job still waits for an answer
_PER_ACTOR = 2  # batches at once: one travels while one is embedded
REASON = "mirrorlake: "  # begins the line on standard error with the reason why the cluster cannot be used
_BATCH = msgspec.msgpack.Decoder(list[Embedded | None])


@dataclass(frozen=True, slots=True)
class ActorLayout:
    """The actors of a job: how many, and what each one takes of its node."""

    actors: int
    threads: int = 1
    gpu: bool = False


def layout_of(found: Sequence[Node], model: str | None) -> ActorLayout:
    """The actors for this model that fit on these nodes. Runs keep a CPU of each node that has several."""
    small = model in (None, LITE)
    with_gpus = 0 if small else sum(min(node.gpus, node.cpus) for node in found)
    if with_gpus:
        return ActorLayout(with_gpus, gpu=True)
    rooms = [max(1, node.cpus - 1) for node in found if node.cpus]
    if small or not rooms:
        return ActorLayout(max(1, sum(rooms)))
    most = min(_MOST_THREADS, max(rooms))

    def actors(threads: int) -> int:
        return sum(room // threads for room in rooms)

    # The number of threads that uses most CPUs, the largest of equals: each actor loads a model of its own.
    threads = max(range(most, (most - 1) // 2, -1), key=lambda number: actors(number) * number)
    return ActorLayout(actors(threads), threads)


class Actors:
    """Actors with the model. Ray starts a lost one again elsewhere, and repeats what it was doing."""

    def __init__(self, address: str, model: str | None, models: str) -> None:
        self._ray = ray = connect(address)
        for module in (embedding_actor, ray_task):
            ray.cloudpickle.register_pickle_by_value(module)
        layout = layout_of(nodes(ray), model)
        self._batch = work_of(model, layout.actors).batch
        actor = ray.remote(
            num_cpus=layout.threads,
            num_gpus=1 if layout.gpu else 0,
            max_restarts=-1,
            max_task_retries=TIMES - 1,
        )(embedding_actor.EmbeddingActor)
        self._actors = [actor.remote(ray_task.installed(), model, models, layout.threads) for _ in range(layout.actors)]

    def answer(self, request: Request) -> list[Embedded | None]:
        """What was found of each picture. Raises MirrorlakeError if the cluster cannot do it."""
        thumbnails = request.thumbnails
        batches = [thumbnails[first : first + self._batch] for first in range(0, len(thumbnails), self._batch)]
        found: list[list[Embedded | None]] = [[] for _ in batches]
        free = self._actors * _PER_ACTOR
        running: dict[Any, tuple[int, Any]] = {}
        waiting = list(range(len(batches)))[::-1]
        while waiting or running:
            while waiting and free:
                place, actor = waiting.pop(), free.pop()
                message = msgspec.msgpack.encode(Request(thumbnails=batches[place], frames=request.frames))
                running[actor.answer.remote(message)] = (place, actor)
            done, _ = self._ray.wait(list(running), num_returns=1, timeout=_CHECK_S)
            if _job_has_ended():  # nobody reads the answer, and it may never come
                raise MirrorlakeError("The process of the job has ended.")
            for ref in done:
                place, actor = running.pop(ref)
                found[place] = self._read(ref)
                free.append(actor)
        return [one for some in found for one in some]

    def _read(self, ref: Any) -> list[Embedded | None]:
        try:
            reason, answer = self._ray.get(ref)
        except self._ray.exceptions.RayError as error:
            text = " ".join(str(error).split())[-400:]
            raise MirrorlakeError(f"An actor of the Ray cluster failed: {text}") from error
        if reason:
            raise MirrorlakeError(reason)
        return _BATCH.decode(answer)


def _job_has_ended() -> bool:
    """Whether nobody can write to standard input any more."""
    asked = select.poll()
    asked.register(0, 0)
    return any(events & select.POLLHUP for _, events in asked.poll(0))


def main() -> None:
    """Answer requests until standard input ends."""
    address, *rest = sys.argv[1:]
    model, models, _ = rest or (None, "", "")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no answer
    try:
        actors = Actors(address, model, models)
        while (message := read_message(sys.stdin.buffer)) is not None:
            request = msgspec.msgpack.decode(message, type=Request)
            write_message(answers, msgspec.msgpack.encode(actors.answer(request)))
    except MirrorlakeError as error:
        sys.exit(f"{REASON}{error}")


if __name__ == "__main__":
    main()
