"""A total deadline for the body of an HTTP response, because a slow server could send single bytes forever."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress

import urllib3

POLL_S = 1.0  # between two checks of the responses being read
IDLE_POLLS = 60  # checks without a response after which the thread ends; a new response starts it again


class DeadlineWatch:
    """Closes the connections of responses that take too long; their readers get an error. One thread for all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watched: dict[int, tuple[float, urllib3.BaseHTTPResponse]] = {}
        self._overdue: set[int] = set()
        self._running = False

    @contextmanager
    def limit(self, answer: urllib3.BaseHTTPResponse, seconds: float) -> Generator[None]:
        """Limit the reading of `answer` to `seconds`. Raises TimeoutError if it takes longer."""
        number = id(answer)
        with self._lock:
            self._watched[number] = (time.monotonic() + seconds, answer)
            if not self._running:
                self._running = True
                threading.Thread(target=self._watch, name="deadlines", daemon=True).start()
        try:
            yield
        finally:
            with self._lock:
                del self._watched[number]
                late = number in self._overdue
                self._overdue.discard(number)
            if late:
                raise TimeoutError(f"its response took more than {seconds:,.0f} s")

    def _watch(self) -> None:
        idle = 0
        while True:
            time.sleep(POLL_S)
            with self._lock:
                idle = 0 if self._watched else idle + 1
                if idle > IDLE_POLLS:
                    self._running = False
                    return
                now = time.monotonic()
                for number, (end, answer) in self._watched.items():
                    if end < now:
                        self._overdue.add(number)
                        _shut(answer)


def _shut(answer: urllib3.BaseHTTPResponse) -> None:
    wire = getattr(answer.connection, "sock", None)
    if isinstance(wire, socket.socket):
        with suppress(OSError):  # it ended meanwhile
            wire.shutdown(socket.SHUT_RDWR)
