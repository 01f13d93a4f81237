"""Cancellation of running work: a check that raises, and the error of a worker that stops."""

from __future__ import annotations

from collections.abc import Callable

CancelCheck = Callable[[], object]  # raises if the work was cancelled


def never_cancelled() -> None:
    """The check of work that cannot be cancelled."""


class WorkerStopped(KeyboardInterrupt):
    """The worker of a pass stops, but the pass was not cancelled: another worker continues it."""
