"""Run one step of a pipeline for several items at once, each in its own thread; large items run exclusively."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Condition
from typing import Self, TypeVar

T = TypeVar("T")


def run_concurrently(
    step: Callable[[T], None], items: Iterator[T], *, at_once: int, exclusive: Callable[[T], bool], name: str
) -> None:
    """Call `step` with each item, `at_once` of them at a time; an `exclusive` item while no other step runs.

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
            single = exclusive(item)
            if single:
                _wait(running, 0)
            running.append(threads.submit(step, item))
            del item  # which may be large, while the next one is drawn
            if single:
                _wait(running, 0)
        _wait(running, 0)


class WorkInProgress:
    """Counts items from their beginning in one thread to their end in another, so that large ones can be exclusive.

    Use it as a context manager around what ends the items: afterwards none begins, and nobody waits.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._count = 0
        self._over = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def begin(self, *, exclusive: bool) -> bool:
        """Begin an item, an `exclusive` one when all others have ended. Returns False if nothing may begin any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._over or not (exclusive and self._count))
            self._count += 1
            return not self._over

    def end(self) -> None:
        """End an item."""
        with self._changed:
            self._count -= 1
            self._changed.notify_all()


def _wait(running: deque[Future[None]], most: int) -> None:
    """Wait, the earliest first, until at most `most` steps are running."""
    while len(running) > most:
        running.popleft().result()
