"""What a job reads of objects beside runs, which count it themselves."""

from __future__ import annotations

import threading

from mirrorlake.processing.preview_task import ReadCost


class Reads:
    """The requests and bytes of a job so far. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.requests = self.bytes = 0

    def add(self, cost: ReadCost) -> None:
        """Add what one object took."""
        with self._lock:
            self.requests += cost.requests
            self.bytes += cost.bytes_read
