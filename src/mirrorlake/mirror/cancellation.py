"""How work under way learns that it is to end: a run that was cancelled, a preview that nobody waits for."""

from __future__ import annotations

from collections.abc import Callable

CancelCheck = Callable[[], object]  # raises once the work is to end


def never_cancelled() -> None:
    """For work that goes on to its end."""


class WorkerStopped(KeyboardInterrupt):
    """The worker of a pass is to end, and nobody gave up the pass: another worker goes on with it."""
