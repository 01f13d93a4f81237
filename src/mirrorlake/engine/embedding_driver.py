"""The process that is connected to a Ray cluster for a job: `embedding_driver ADDRESS [MODEL MODELS THREADS]`.

It speaks as `embedding.worker` does, and divides the pictures of a request among actors, each with a model of its own.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import msgspec

from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.embedding.registry import LITE, work_of
from mirrorlake.embedding.worker import Embedded, Request, read_message, write_message
from mirrorlake.engine import embedding_actor, ray_task
from mirrorlake.engine.cluster import connect, cpus, gpus

TIMES = 3  # that a batch is embedded, if its actor is lost with its node
_CPU_THREADS = 4  # of an actor with a model of the CLIP family, where no node has a GPU
_PER_ACTOR = 2  # batches at once: one travels while one is embedded
_BATCH = msgspec.msgpack.Decoder(list[Embedded | None])


class Actors:
    """Actors with the model. Ray starts a lost one again elsewhere, and repeats what it was doing."""

    def __init__(self, address: str, model: str | None, models: str) -> None:
        self._ray = ray = connect(address)
        for module in (embedding_actor, ray_task):
            ray.cloudpickle.register_pickle_by_value(module)
        have_gpus = 0 if model in (None, LITE) else gpus(ray)
        threads = 1 if have_gpus or model in (None, LITE) else min(_CPU_THREADS, max(1, cpus(ray)))
        number = have_gpus or max(1, cpus(ray) // threads)
        self._batch = work_of(model, number).batch
        actor = ray.remote(
            num_cpus=threads,
            num_gpus=1 if have_gpus else 0,
            max_restarts=-1,
            max_task_retries=TIMES - 1,
        )(embedding_actor.EmbeddingActor)
        self._actors = [actor.remote(ray_task.installed(), model, models, threads) for _ in range(number)]

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
            done, _ = self._ray.wait(list(running), num_returns=1)
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
        sys.exit(str(error))  # its last line on standard error


if __name__ == "__main__":
    main()
