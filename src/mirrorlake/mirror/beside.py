"""Run one step of a pipeline for several items at once, each in its own thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def run_beside(
    step: Callable[[T], None], items: Iterator[T], *, at_once: int, alone: Callable[[T], bool], name: str
) -> None:
    """Call `step` with each item, `at_once` of them at a time; an item that is `alone` beside no other one.

    The next item is drawn when there is room for it. After an error no other step begins; once those that have begun
    have ended, the error of the earliest item is raised.
    """
    running: deque[Future[None]] = deque()
    with ThreadPoolExecutor(at_once, name) as threads:
        while True:
            _wait(running, at_once - 1)
            item = next(items, None)
            if item is None:
                break
            single = alone(item)
            if single:
                _wait(running, 0)
            running.append(threads.submit(step, item))
            del item  # which may be large, while the next one is drawn
            if single:
                _wait(running, 0)
        _wait(running, 0)


def _wait(running: deque[Future[None]], most: int) -> None:
    """Wait, the earliest first, until at most `most` steps are running."""
    while len(running) > most:
        running.popleft().result()
