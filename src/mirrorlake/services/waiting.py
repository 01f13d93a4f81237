"""Pauses between two requests for the state of work that has not ended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

FIRST_POLL_S: Final = 0.2  # the interval grows from here
POLL_S: Final = 2.0


def pauses() -> Iterator[float]:
    """Seconds to wait before each further request."""
    pause = FIRST_POLL_S
    while True:
        yield pause
        pause = min(pause * 1.5, POLL_S)
