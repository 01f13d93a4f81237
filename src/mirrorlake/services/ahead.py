"""Load beside the requests what the first of them would wait for."""

from __future__ import annotations

import threading

PAUSE_S = 5.0  # for the first visit, which needs the processor for its own answers


def load_ahead(after_s: float = PAUSE_S) -> threading.Thread:
    """Load what edits and other requests of jobs need, after a pause: the first one would wait some tenths of a second.

    Commands do not need it, so it is imported where it is used.
    """
    thread = threading.Timer(after_s, _load)
    thread.name, thread.daemon = "load-ahead", True
    thread.start()
    return thread


def _load() -> None:
    from mirrorlake.services import bulk_edits  # noqa: PLC0415  the handlers of all jobs, and what reaches buckets

    del bulk_edits
