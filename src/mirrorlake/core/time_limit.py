"""Limit the time of calls that take no timeout, such as reading from a process: whatever they wait for is ended."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager


@contextmanager
def time_limit(seconds: float, end: Callable[[], None]) -> Generator[threading.Event]:
    """Call `end` in another thread if the block takes longer. Once the block is left, the event is set if it was."""
    expired = threading.Event()

    def expire() -> None:
        expired.set()
        end()

    timer = threading.Timer(seconds, expire)
    timer.daemon = True
    timer.start()
    try:
        yield expired
    finally:
        timer.cancel()
        timer.join()  # so that nothing is ended after the block
