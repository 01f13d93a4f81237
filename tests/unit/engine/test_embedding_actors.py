"""Actors that embed: what happens to the pictures of those that are lost. The module `ray` is played."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import msgspec
import pytest

from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.embedding.batches import Embedded
from mirrorlake.embedding.worker import Request
from mirrorlake.engine.actor_layout import ActorLayout
from mirrorlake.engine.embedding_actors import TIMES, Actors


class _RayError(Exception):
    pass


class _ActorDied(_RayError):
    pass


class _Ref:
    """What an actor answers; `number` is None for what tells that it has started."""

    def __init__(self, actor: _Actor, picture: bytes | None) -> None:
        self.actor = actor
        self.picture = picture


class _Actor:
    """An actor that has a place, waits for one, or was lost."""

    def __init__(self, *, placed: bool) -> None:
        self.placed, self.lost = placed, False
        self.ready = SimpleNamespace(remote=lambda: _Ref(self, None))
        self.answer = SimpleNamespace(remote=self._answer)

    def _answer(self, message: bytes) -> _Ref:
        return _Ref(self, msgspec.msgpack.decode(message, type=Request).thumbnails[0])


class _Ray:
    """Plays the module: `places` actors have a place, `lose` decides which one is lost at an answer."""

    def __init__(self, places: int, lose: Callable[[_Actor, bytes | None], bool]) -> None:
        self.cloudpickle = MagicMock()
        self.exceptions = SimpleNamespace(
            RayError=_RayError, RayActorError=_ActorDied, ObjectLostError=_ActorDied, NodeDiedError=_ActorDied
        )
        self.actors = list[_Actor]()
        self.killed = list[_Actor]()
        self.options = dict[str, object]()
        self._places, self._lose = places, lose

    def remote(self, **options: object) -> Callable[[object], Any]:
        self.options = options
        return lambda _class: SimpleNamespace(remote=self._start)

    def _start(self, *_: object) -> _Actor:
        self.actors.append(_Actor(placed=self._places > 0))
        self._places -= 1
        return self.actors[-1]

    def wait(self, refs: Sequence[_Ref], *, num_returns: int, timeout: float) -> tuple[list[_Ref], list[_Ref]]:
        assert num_returns == 1
        assert timeout > 0
        answered = [ref for ref in refs if ref.actor.placed]
        return answered[:1], [ref for ref in refs if ref not in answered[:1]]

    def get(self, ref: _Ref) -> tuple[str, bytes] | None:
        ref.actor.lost = ref.actor.lost or self._lose(ref.actor, ref.picture)
        if ref.actor.lost:
            raise _ActorDied("the node died")
        if ref.picture is None:
            return None
        return "", msgspec.msgpack.encode([Embedded(int(ref.picture), None)])

    def kill(self, actor: _Actor) -> None:
        self.killed.append(actor)


PICTURES = [str(number).encode() for number in range(8)]
EXPECTED = [Embedded(number, None) for number in range(8)]


def _actors(ray: _Ray, actors: int = 2, room_s: float = 600.0) -> Actors:
    return Actors(ray, ActorLayout(actors), batch=1, model="lite", models="", room_s=room_s)


def test_pictures_of_a_lost_actor_are_embedded_by_those_that_are_left():
    ray = _Ray(2, lambda actor, picture: picture == b"3" and actor is ray.actors[1])
    ray_of_one = _Ray(2, lambda actor, picture: picture is not None and actor is ray_of_one.actors[0])
    for each in (ray, ray_of_one):
        there = _actors(each)
        assert there.answer(Request(thumbnails=PICTURES), lambda: None) == EXPECTED
        assert there.answer(Request(thumbnails=PICTURES), lambda: None) == EXPECTED
    # Ray must not repeat calls that wait for an actor without a place: nobody would see it.
    assert (ray_of_one.options["max_restarts"], ray_of_one.options["max_task_retries"]) == (0, 0)
    assert ray_of_one.killed == ray_of_one.actors[:1]
    assert len(ray_of_one.actors) == 3


def test_an_actor_that_finds_a_place_later_helps():
    ray = _Ray(1, lambda actor, picture: picture == b"6" and actor is ray.actors[0])
    there = _actors(ray)

    def give_place() -> None:
        ray.actors[1].placed = True

    assert there.answer(Request(thumbnails=PICTURES), give_place) == EXPECTED


def test_pictures_that_end_every_actor_fail_the_request():
    ray = _Ray(100, lambda _actor, picture: picture == b"5")
    with pytest.raises(MirrorlakeError, match="An actor of the Ray cluster failed: the node died"):
        _actors(ray).answer(Request(thumbnails=PICTURES), lambda: None)
    assert 1 <= len(ray.killed) <= TIMES


def test_actors_that_end_before_they_start_fail_the_request():
    ray = _Ray(100, lambda _actor, picture: picture is None)
    with pytest.raises(MirrorlakeError, match="An actor of the Ray cluster failed"):
        _actors(ray).answer(Request(thumbnails=PICTURES), lambda: None)
    assert len(ray.killed) == 2 * TIMES


def test_a_cluster_without_room_is_not_waited_for_forever():
    with pytest.raises(MirrorlakeError, match=r"No node of the Ray cluster had room for an actor, which takes 1 CPU"):
        _actors(_Ray(0, lambda *_: False), room_s=-1.0).answer(Request(thumbnails=PICTURES), lambda: None)
