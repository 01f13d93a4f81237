"""Load beside the requests what the first of them would wait for."""

from __future__ import annotations

import threading
from importlib import import_module

PAUSE_S = 5.0  # for the first visit, which needs the processor for its own answers
_EDITS = "mirrorlake.services.bulk_edits"  # with the handlers of all jobs, and the libraries that reach buckets


def load_ahead(after_s: float = PAUSE_S) -> threading.Thread:
    """Load what edits and other requests of jobs need, after a pause: the first one would wait some tenths of a second.

    Commands do not need it, so it is imported by name where it is used.
    """
    thread = threading.Timer(after_s, import_module, (_EDITS,))
    thread.name, thread.daemon = "load-ahead", True
    thread.start()
    return thread
