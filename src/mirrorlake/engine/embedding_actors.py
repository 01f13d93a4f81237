"""The actors that embed the pictures of a job. Pictures of a lost actor are given to those that are left."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.core.text import count_noun
from mirrorlake.embedding.batches import Embedded
from mirrorlake.embedding.worker import Request
from mirrorlake.engine import embedding_actor, ray_task
from mirrorlake.engine.actor_layout import ActorLayout

TIMES = 3  # that a batch is embedded, if its actor is lost with its node
ROOM_S = 600.0  # without any actor: every node is busy with something else, or gone
_CHECK_S = 5.0  # between checks that the job still waits for an answer
_PER_ACTOR = 2  # batches at once: one travels while one is embedded
_BATCH = msgspec.msgpack.Decoder(list[Embedded | None])


class Actors:
    """Actors with the model, each used once it has a place on a node.

    Ray could restart lost actors and repeat their calls. But where every other node is full, a lost actor finds no
    place, and its calls never end.
    """

    def __init__(
        self, ray: Any, layout: ActorLayout, *, batch: int, model: str | None, models: str, room_s: float = ROOM_S
    ) -> None:
        """`ray` is the module, connected to a cluster; an actor is sent `batch` pictures at a time."""
        for module in (embedding_actor, ray_task):
            ray.cloudpickle.register_pickle_by_value(module)
        self._ray = ray
        self._layout = layout
        self._batch = batch
        self._room_s = room_s
        self._class = ray.remote(
            num_cpus=layout.threads, num_gpus=1 if layout.gpu else 0, max_restarts=0, max_task_retries=0
        )(embedding_actor.EmbeddingActor)
        self._arguments = (ray_task.installed(), model, models, layout.threads)
        errors = ray.exceptions
        self._losses = (errors.RayActorError, errors.ObjectLostError, errors.NodeDiedError)
        self._living = dict[int, Any]()  # actors with a place, by number
        self._starting = dict[Any, tuple[int, Any]]()  # the others, by what is answered once they have one
        self._started = self._lost_in_a_row = 0
        self._without_any = time.monotonic()  # since when no actor has a place
        for _ in range(layout.actors):
            self._start()

    def answer(self, request: Request, check: Callable[[], None]) -> list[Embedded | None]:
        """What was found of each picture. Raises MirrorlakeError if the cluster cannot do it, and what `check` raises.

        `check` is called every few seconds.
        """
        batches = self._batches(request)
        found: list[list[Embedded | None]] = [[] for _ in batches]
        waiting, lost = list(range(len(batches)))[::-1], [0] * len(batches)
        free = [number for _ in range(_PER_ACTOR) for number in self._living]
        running: dict[Any, tuple[int, int]] = {}
        while waiting or running:
            while waiting and free:
                place, number = waiting.pop(), free.pop()
                running[self._living[number].answer.remote(batches[place])] = (place, number)
            done, _ = self._ray.wait([*running, *self._starting], num_returns=1, timeout=_CHECK_S)
            check()
            self._check_room()
            for ref in done:
                if ref not in running:
                    free += self._has_started(ref) * _PER_ACTOR
                    continue
                place, number = running.pop(ref)
                try:
                    found[place] = self._read(ref)
                except self._losses as error:
                    self._replace(number, error)
                    free = [one for one in free if one != number]
                    lost[place] += 1
                    if lost[place] == TIMES:
                        raise _failed(error) from error
                    waiting.append(place)
                else:
                    self._lost_in_a_row = 0
                    free += [number] if number in self._living else []
        return [one for some in found for one in some]

    def _batches(self, request: Request) -> Sequence[bytes]:
        """The messages to actors."""
        thumbnails = request.thumbnails
        parts = [thumbnails[first : first + self._batch] for first in range(0, len(thumbnails), self._batch)]
        return [msgspec.msgpack.encode(Request(thumbnails=part, frames=request.frames)) for part in parts]

    def _start(self) -> None:
        self._started += 1
        actor = self._class.remote(*self._arguments)
        self._starting[actor.ready.remote()] = (self._started, actor)

    def _has_started(self, ref: Any) -> list[int]:
        """The number of an actor that has a place now; none if it was lost before that."""
        number, actor = self._starting.pop(ref)
        self._living[number] = actor
        try:
            self._ray.get(ref)
        except self._losses as error:
            self._replace(number, error)
            return []
        except self._ray.exceptions.RayError as error:
            raise _failed(error) from error
        return [number]

    def _replace(self, number: int, error: Exception) -> None:
        """Start another actor for a lost one, once. Raises MirrorlakeError if actors do nothing but end."""
        actor = self._living.pop(number, None)
        if actor is None:
            return
        self._lost_in_a_row += 1
        if self._lost_in_a_row > TIMES * self._layout.actors:
            raise _failed(error) from error
        if not self._living:
            self._without_any = time.monotonic()
        self._ray.kill(actor)  # one that could not be reached may live on, and keep its place
        self._start()

    def _check_room(self) -> None:
        if not self._living and time.monotonic() - self._without_any > self._room_s:
            takes = count_noun(self._layout.threads, "CPU") + (" and a GPU" if self._layout.gpu else "")
            raise MirrorlakeError(
                f"No node of the Ray cluster had room for an actor, which takes {takes}, for {self._room_s:.0f} s."
            )

    def _read(self, ref: Any) -> list[Embedded | None]:
        try:
            reason, answer = self._ray.get(ref)
        except self._losses:
            raise
        except self._ray.exceptions.RayError as error:
            raise _failed(error) from error
        if reason:
            raise MirrorlakeError(reason)
        return _BATCH.decode(answer)


def _failed(error: Exception) -> MirrorlakeError:
    text = " ".join(str(error).split())[-400:]
    return MirrorlakeError(f"An actor of the Ray cluster failed: {text}")
