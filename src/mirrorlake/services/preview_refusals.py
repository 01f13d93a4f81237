"""Remember for some minutes what has no preview, so that a file that costs a minute does not cost it with each look."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from mirrorlake.core.errors import NoPreview

KEPT_S = 600.0  # then it is tried again: the machine may have had too much to do
MAX_KEPT = 2000  # of a workspace


class PreviewRefusals:
    """Why there was no preview of a mark. Thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[float, str, str]] = OrderedDict()  # until when, message, fix; oldest first

    def put(self, mark: str, error: NoPreview) -> None:
        """Remember it, in place of the oldest one if there are too many."""
        with self._lock:
            self._kept[mark] = (self._clock() + KEPT_S, error.message, error.fix)
            self._kept.move_to_end(mark)
            while len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)

    def check(self, mark: str) -> None:
        """Raise the NoPreview that is remembered, if there is one."""
        with self._lock:
            until, message, fix = self._kept.get(mark, (0.0, "", ""))
            if self._clock() >= until:
                self._kept.pop(mark, None)
                return
        raise NoPreview(message, fix)
