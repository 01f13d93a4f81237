"""The retry policy of readable and writable stores."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TypeVar

from mirrorlake.core.errors import SourceUnreachable

ATTEMPTS = 5
BASE_WAIT_S = 0.5  # before the second attempt; doubled for each further one
LONGEST_WAIT_S = 20.0
LONGEST_ASKED_S = 30.0  # the maximum of a requested delay; a server that requests more may cause a failure

T = TypeVar("T")


def _unobserved(_wait_s: float) -> None:
    """Nobody watches the retries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often a call is retried while the server is unreachable."""

    attempts: int = ATTEMPTS
    sleep: Callable[[float], object] = time.sleep

    def call(self, action: Callable[[], T], before_retry: Callable[[float], object] = _unobserved) -> T:
        """The result of `action`. Raises SourceUnreachable after the last attempt.

        `before_retry` receives the seconds of each pause before it begins.
        """
        wait = BASE_WAIT_S
        for _ in range(max(1, self.attempts) - 1):
            try:
                return action()
            except SourceUnreachable as error:
                asked = min(error.again_after_s or 0.0, LONGEST_ASKED_S)
                # Jitter: threads that failed at the same time must not retry at the same time.
                pause = asked + wait * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
                before_retry(pause)
                self.sleep(pause)
                wait = min(2 * wait, LONGEST_WAIT_S)
        return action()


def is_passing(status: int) -> bool:
    """Whether a service that is no object store may answer otherwise a little later: time-out, throttling, failure."""
    return status in (408, 429) or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def retry_after_s(value: str) -> float | None:
    """The delay of a `Retry-After` header in seconds. The header contains seconds or a date; None if it is invalid."""
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):  # not a date, or one without a time zone
        return None
