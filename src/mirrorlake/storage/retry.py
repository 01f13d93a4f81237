"""When to ask a server again, and how long to wait before: for reading and for writing stores alike."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from mirrorlake.core.errors import SourceUnreachable

ATTEMPTS = 5
BASE_WAIT_S = 0.5  # before the second attempt; doubled for each further one
LONGEST_WAIT_S = 20.0
LONGEST_ASKED_S = 30.0  # a server may ask for more; then it is asked sooner, and perhaps given up

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often a call is repeated while the server cannot be reached."""

    attempts: int = ATTEMPTS
    sleep: Callable[[float], object] = time.sleep

    def call(self, action: Callable[[], T]) -> T:
        """What `action` answers once it reaches the server. Raises SourceUnreachable after the last attempt."""
        wait = BASE_WAIT_S
        for _ in range(max(1, self.attempts) - 1):
            try:
                return action()
            except SourceUnreachable as error:
                asked = min(error.again_after_s or 0.0, LONGEST_ASKED_S)
                # Jitter: many threads that failed together must not come back together.
                self.sleep(asked + wait * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
                wait = min(2 * wait, LONGEST_WAIT_S)
        return action()


def retry_after_s(value: str) -> float | None:
    """What a `Retry-After` header asks for, in seconds: it holds seconds, or a date. None where it holds neither."""
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):  # no date, or one without a zone
        return None
