"""Time limits of one HTTP request, kept at every read and write of its socket: a total deadline and a minimum rate.

A timeout of the socket alone starts again with every byte, so a server that sends a byte now and then would hold its
reader for ever.
"""

from __future__ import annotations

import io
import socket
import time
from contextvars import ContextVar
from typing import Any

SILENCE_S = 60.0  # the longest wait for the next bytes
RATE_S = 60.0  # how long the rate of a response is measured before it is evaluated
RATE_BYTES_S = 1024  # the least bytes per second of a response, as an average of RATE_S
SEND_BYTES = 256 << 10  # per call, because a timeout of the socket limits a whole call


class TooSlow(OSError):
    """The server did not keep a time limit. The text is the limit."""


class Pace:
    """The time limits of one request, from now on; `failure` is the limit that was not kept."""

    def __init__(self, deadline_s: float) -> None:
        self._deadline_s = deadline_s
        self._end = time.monotonic() + deadline_s
        self._measured: float | None = None  # since when bytes are counted; None before the first ones
        self._bytes = 0
        self.failure: str | None = None

    def wait_s(self) -> float:
        """How long the next read or write may take, in seconds. Raises TooSlow after the deadline."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise self._failed(f"its response took more than {self._deadline_s:,.0f} s")
        return min(SILENCE_S, left)

    def silent(self) -> TooSlow:
        """The error for a read or write that took longer than `wait_s`."""
        if time.monotonic() >= self._end:
            return self._failed(f"its response took more than {self._deadline_s:,.0f} s")
        return self._failed(f"it was silent for {SILENCE_S:,.0f} s")

    def received(self, count: int) -> None:
        """Count bytes of the response. Raises TooSlow if they came too slowly."""
        now = time.monotonic()
        if self._measured is None:
            self._measured = now
        self._bytes += count
        seconds = now - self._measured
        if seconds < RATE_S:
            return
        if count and self._bytes < RATE_BYTES_S * seconds:
            raise self._failed(f"it sent less than {RATE_BYTES_S:,} bytes per second")
        self._measured, self._bytes = now, 0

    def _failed(self, why: str) -> TooSlow:
        self.failure = why
        return TooSlow(why)


# The pace of the request that this thread sends: also of the one to a proxy, which `http.client` sends.
CURRENT: ContextVar[Pace] = ContextVar("CURRENT")


def send_paced(wire: socket.socket, data: Any) -> None:
    """Send all of `data` within the time limits of the current request. Raises TooSlow and OSError."""
    pace = CURRENT.get()
    view = memoryview(data)
    for start in range(0, len(view), SEND_BYTES):
        _limit(wire, pace)
        try:
            wire.sendall(view[start : start + SEND_BYTES])
        except TimeoutError as error:
            raise pace.silent() from error


def paced_socket(wire: socket.socket) -> PacedSocket:
    """What `http.client` reads a response from, within the time limits of the current request."""
    return PacedSocket(wire, CURRENT.get())


class PacedSocket:
    """What `http.client` needs of a socket: the stream of its bytes."""

    def __init__(self, wire: socket.socket, pace: Pace) -> None:
        self._wire = wire
        self._pace = pace

    def makefile(self, _mode: str) -> io.BufferedReader:
        """The bytes that are received."""
        return io.BufferedReader(_PacedStream(self._wire, self._pace))


class _PacedStream(io.RawIOBase):
    def __init__(self, wire: socket.socket, pace: Pace) -> None:
        super().__init__()
        self._wire = wire
        self._pace = pace

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        _limit(self._wire, self._pace)
        try:
            count = self._wire.recv_into(buffer)
        except TimeoutError as error:
            raise self._pace.silent() from error
        self._pace.received(count)
        return count


def _limit(wire: socket.socket, pace: Pace) -> None:
    """Limit the next read or write; only a changed timeout costs a system call."""
    wait = pace.wait_s()
    if wire.gettimeout() != wait:
        wire.settimeout(wait)
