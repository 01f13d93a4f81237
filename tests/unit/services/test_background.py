"""Long work of a server ends with it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from mirrorlake.core.errors import Conflict, NotFound
from mirrorlake.services.background import Background

RUN = 7


def test_what_goes_on_is_cancelled_and_waited_for_at_the_end() -> None:
    cancelled, ended = threading.Event(), threading.Event()
    asked: list[int] = []

    def cancel(run: int) -> None:
        asked.append(run)
        cancelled.set()

    def work(began: Callable[[int], object]) -> None:
        began(RUN)
        assert cancelled.wait(30)
        ended.set()

    background = Background(cancel)
    assert background.begin(work) == RUN
    assert not ended.is_set()
    background.end()
    assert asked == [RUN]
    assert ended.is_set()


def test_a_run_that_is_over_meanwhile_is_no_mistake() -> None:
    over = threading.Event()

    def refuse(run: int) -> None:
        over.set()
        raise Conflict(f"Run {run} is over.")

    def work(began: Callable[[int], object]) -> None:
        began(RUN)
        assert over.wait(30)

    background = Background(refuse)
    background.begin(work)
    background.end()
    background.end()


def test_what_cannot_begin_says_why() -> None:
    def work(_began: Callable[[int], object]) -> None:
        raise NotFound("There is no run 3.")

    with pytest.raises(NotFound, match="no run 3"):
        Background(lambda _run: None).begin(work)
