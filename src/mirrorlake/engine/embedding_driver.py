"""The process that is connected to a Ray cluster for a job: `embedding_driver ADDRESS JOBS [MODEL MODELS THREADS]`.

It speaks as `embedding.worker` does, and divides the pictures of a request among actors, each with a model of its own.
"""

from __future__ import annotations

import os
import select
import sys

import msgspec

from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.core.messages import read_message, write_message
from mirrorlake.embedding.registry import work_of
from mirrorlake.embedding.worker import Request
from mirrorlake.engine.actor_layout import layout_of
from mirrorlake.engine.cluster import connect, nodes
from mirrorlake.engine.embedding_actors import Actors

_MOST_BATCH = 512  # pictures for an actor at a time: those of a request are for several actors
REASON = "mirrorlake: "  # begins the line on standard error with the reason why the cluster cannot be used


def _check_job() -> None:
    """Raise MirrorlakeError if nobody can write to standard input any more: the answer may never come."""
    asked = select.poll()
    asked.register(0, 0)
    if any(events & select.POLLHUP for _, events in asked.poll(0)):
        raise MirrorlakeError("The process of the job has ended.")


def _open(address: str, jobs: int | None, model: str | None, models: str) -> Actors:
    ray = connect(address)
    layout = layout_of(nodes(ray), model, jobs)
    work = work_of(model, layout.threads, gpus=1 if layout.gpu else 0)
    return Actors(ray, layout, batch=min(work.batch, _MOST_BATCH), model=model, models=models)


def main() -> None:
    """Answer requests until standard input ends."""
    address, jobs, *rest = sys.argv[1:]
    model, models, *_ = rest or (None, "")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no answer
    try:
        actors = _open(address, int(jobs) or None, model, models)
        while (message := read_message(sys.stdin.buffer)) is not None:
            request = msgspec.msgpack.decode(message, type=Request)
            write_message(answers, msgspec.msgpack.encode(actors.answer(request, _check_job)))
    except MirrorlakeError as error:
        sys.exit(f"{REASON}{error}")


if __name__ == "__main__":
    main()
