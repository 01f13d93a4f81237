"""The running totals of one pass and its server, for its report, its lease and the progress bar."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from mirrorlake.model.objects import Requests
from mirrorlake.model.runs import Counts

RETRYING_HOLD_S = 12.0  # after a pause: the attempt that follows takes up to 10 s to find that nobody answers


class Meter(Protocol):
    """An object that makes requests and counts them."""

    @property
    def requests(self) -> Requests:
        """Logical calls so far."""
        ...

    @property
    def bytes_read(self) -> int:
        """Bytes of objects so far."""
        ...

    @property
    def retrying_until_ns(self) -> int:
        """The end of the last pause before a retry, on the monotonic clock."""
        ...


class Counters:
    """Sums counts, and reads the meters on demand. Thread-safe."""

    def __init__(self, on_change: Callable[[Counts, Requests, int], None] | None = None) -> None:
        self._on_change = on_change
        self._lock = threading.Lock()
        self._meters: list[Meter] = []
        self._counts = Counts()
        self.server: str | None = None  # the server that requests go to, as of the store

    def measure(self, meter: Meter) -> None:
        """Include the requests of `meter` in the totals."""
        with self._lock:
            self._meters.append(meter)

    def add(self, counts: Counts) -> None:
        """Add `counts`, whose work is committed, and report the new totals."""
        with self._lock:
            self._counts += counts
        if self._on_change is not None:
            self._on_change(self.counts, self.requests, self.bytes_read)

    @property
    def counts(self) -> Counts:
        """The counts so far.

        Images whose labels change, and copies that take the place of another object, are taken from the unchanged ones.
        A confirmation lists none of them, and a partial pass only some.
        """
        with self._lock:
            return replace(self._counts, unchanged=max(0, self._counts.unchanged))

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

    @property
    def retrying(self) -> bool:
        """Whether a request pauses before it is retried, or did so a moment ago."""
        with self._lock:
            until = max((meter.retrying_until_ns for meter in self._meters), default=0)
        return until > 0 and time.monotonic_ns() < until + RETRYING_HOLD_S * 1e9
