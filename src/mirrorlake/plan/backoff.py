"""When a job that failed for a temporary reason is tried again. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and when a job is tried again.

    An attempt also ends if its worker dies or the database is lost, so that a job that causes this is not repeated
    forever.
    """

    max_attempts: int = 3
    after_failure: bool = True  # also after a temporary failure, such as a source that does not answer
    first_s: float = 60.0  # wait before the second attempt
    factor: float = 4.0  # of each further wait
    longest_s: float = 3600.0

    def delay_s(self, attempt: int, jitter: float) -> float:
        """Seconds to wait after this attempt (1, 2, …) failed.

        `jitter` is a random number from 0 to 1: it spreads jobs that failed together over the second half of the wait.
        """
        wait = min(self.first_s * self.factor ** (attempt - 1), self.longest_s)
        return wait * (0.5 + 0.5 * jitter)

    def allows_another(self, attempt: int | None, *, interrupted: bool = False) -> bool:
        """Whether a job that fails in this attempt is tried again. None means that it is not from the queue.

        `interrupted`: it did not fail for a reason of its own, as if its worker had died.
        """
        return attempt is not None and (self.after_failure or interrupted) and attempt < self.max_attempts


NEVER = RetryPolicy(max_attempts=1, after_failure=False)
