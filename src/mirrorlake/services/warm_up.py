"""Warm up a server: load what its first requests would otherwise wait for."""

from __future__ import annotations

import threading

PAUSE_S = 5.0  # for the first visit, which needs the processor for its own answers


def warm_up(after_s: float = PAUSE_S) -> threading.Thread:
    """Load in a thread what edits and other requests of jobs need, after a pause. It takes some tenths of a second.

    Commands do not need it, so it is imported where it is used.
    """
    thread = threading.Timer(after_s, _load)
    thread.name, thread.daemon = "warm-up", True
    thread.start()
    return thread


def _load() -> None:
    from mirrorlake.services import bulk_edits  # noqa: PLC0415  the handlers of all jobs, and what reaches buckets

    del bulk_edits
