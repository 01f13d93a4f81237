"""Stop asking a source that does not answer: each request for one of its objects would take a minute of retries."""

from __future__ import annotations

import threading
from typing import Final

from mirrorlake.core.errors import SourceUnreachable

MAX_UNANSWERED: Final = 32  # requests in a row, each of them retried with pauses


class CircuitBreaker:
    """Opens after MAX_UNANSWERED requests in a row without an answer. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._unanswered = 0
        self._last = ""

    def count(self, problem: str | None) -> None:
        """Count a request: why it had no answer, or None."""
        with self._lock:
            self._unanswered = 0 if problem is None else self._unanswered + 1
            self._last = problem or ""

    def error(self) -> SourceUnreachable | None:
        """Why no further request is to be made; None as long as one may have an answer."""
        if self._unanswered < MAX_UNANSWERED:
            return None
        return SourceUnreachable(
            f"{self._unanswered} requests in a row failed. The last: {self._last}",
            "Try again when the source is reachable.",
        )
