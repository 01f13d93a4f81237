"""The running totals of one pass, from wherever they arise to the report, the lease and the progress bar."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from mirrorlake.model.objects import Requests
from mirrorlake.model.runs import Counts


class Meter(Protocol):
    """Something that makes requests and counts them."""

    @property
    def requests(self) -> Requests:
        """Logical calls so far."""
        ...

    @property
    def bytes_read(self) -> int:
        """Bytes of objects so far."""
        ...


class Counters:
    """Adds up counts, and asks the meters when somebody wants to know. Thread-safe."""

    def __init__(self, tell: Callable[[Counts, Requests, int], None] | None = None) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._meters: list[Meter] = []
        self._counts = Counts()

    def measure(self, meter: Meter) -> None:
        """Count what `meter` asks from now on."""
        with self._lock:
            self._meters.append(meter)

    def add(self, counts: Counts) -> None:
        """So much more is known and, where it had to be, committed."""
        with self._lock:
            self._counts += counts
        if self._tell is not None:
            self._tell(self.counts, self.requests, self.bytes_read)

    @property
    def counts(self) -> Counts:
        """The counts so far."""
        with self._lock:
            return self._counts

    @property
    def requests(self) -> Requests:
        """Logical calls of all meters so far."""
        with self._lock:
            return sum((meter.requests for meter in self._meters), Requests())

    @property
    def bytes_read(self) -> int:
        """Bytes of objects that all meters read so far."""
        with self._lock:
            return sum(meter.bytes_read for meter in self._meters)
