"""Connections of clients: how many may be open, and how long one may keep the server waiting.

uvicorn has neither limit: a client that sends half a request, or reads nothing of a response, would hold its
connection for ever.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import dataclass
from enum import Enum, auto
from itertools import chain
from typing import Any, Final

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from mirrorlake.api.problems import MEDIA_TYPE, Problem, problem

# The longest valid address, a query of 8192 characters of 4 bytes each in percent-encoding with a cursor, and headers.
HEAD_BYTES: Final = 128 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of a server. If all connections are in use, a new one replaces the one that has been idle longest."""

    connections: int = 200  # below the 256 open files that macOS allows a process by default
    patience_s: float = 10.0  # for the head of a request, the rest of a refused one, and reading more of a response


class Config(uvicorn.Config):
    """The configuration of uvicorn, with the limits and the connections that they concern."""

    def __init__(self, app: Any, limits: Limits, **options: Any) -> None:
        super().__init__(app, http=ServerConnection, ws="none", h11_max_incomplete_event_size=HEAD_BYTES, **options)
        self.limits = limits
        self.idle: dict[ServerConnection, None] = {}  # in the order in which they became idle


class _Phase(Enum):
    WAITING = auto()  # for the head of a request
    WORKING = auto()  # on a request; bodies have a timeout of their own
    ENDING = auto()  # the response is complete, and the rest of the request or the end of the connection is expected


_OVER: Final = frozenset({h11.CLOSED, h11.MUST_CLOSE, h11.ERROR})


class ServerConnection(H11Protocol):
    """One connection. Times out in every phase but the work of the app itself."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limits = config.limits
        self._idle = config.idle
        self._phase = _Phase.WORKING
        self._timer: asyncio.TimerHandle | None = None
        self._unsent = 0  # bytes of responses when the timer was started

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accept the connection, at the expense of an idle one if there are too many."""
        super().connection_made(transport)
        if len(self.connections) > self._limits.connections:
            unread = (each for each in self._idle if each.transport.get_write_buffer_size())  # perhaps downloads
            idle = (each for each in self._idle if not each.transport.get_write_buffer_size())
            oldest = next(chain(idle, unread), None)
            if oldest is None:
                self._refuse(
                    problem("too-many-connections", "Too many connections", 503, "All connections are in use.")
                )
                return
            del self._idle[oldest]
            oldest.abort()
        self._update_phase()

    def data_received(self, data: bytes) -> None:
        """Parse data of the client."""
        super().data_received(data)
        self._update_phase()

    def on_response_complete(self) -> None:
        """Prepare for the next request."""
        super().on_response_complete()
        self._update_phase()

    def pause_writing(self) -> None:
        """Give the client time to read."""
        super().pause_writing()
        if self._timer is None:
            self._start_timer()

    def resume_writing(self) -> None:
        """The client has read most of what was sent."""
        super().resume_writing()
        if self._phase is _Phase.WORKING:
            self._stop_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_timer()
        self._idle.pop(self, None)
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP."""
        if len(self.conn.trailing_data[0]) > HEAD_BYTES:
            self._refuse(problem("head-too-long", "Request too long", 431, "The address and headers are too long."))
        else:
            self._refuse(problem("bad-request", "Bad Request", 400, msg))

    def abort(self) -> None:
        """End the connection at once. The system forgets what was not sent, too, instead of trying for minutes."""
        held: socket.socket = self.transport.get_extra_info("socket")
        held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def _update_phase(self) -> None:
        phase = self._find_phase()
        if phase is self._phase:
            return
        self._phase = phase
        self._stop_timer()
        self._idle.pop(self, None)
        if phase is not _Phase.WORKING:
            self._idle[self] = None
            self._start_timer()

    def _find_phase(self) -> _Phase:
        ours, theirs = self.conn.our_state, self.conn.their_state
        if ours in _OVER or (ours is h11.DONE and theirs is not h11.DONE):
            return _Phase.ENDING
        return _Phase.WAITING if theirs is h11.IDLE else _Phase.WORKING

    def _start_timer(self) -> None:
        self._unsent = self.transport.get_write_buffer_size()
        self._timer = self.loop.call_later(self._limits.patience_s, self._time_out)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _time_out(self) -> None:
        self._timer = None
        unsent = self.transport.get_write_buffer_size()
        if 0 < unsent < self._unsent:
            self._start_timer()  # a slow reader makes progress
        elif unsent:
            self.abort()
        elif self._phase is _Phase.WAITING and self.conn.trailing_data[0]:
            self._refuse(problem("timeout", "Request Timeout", 408, "The request was not complete in time."))
        elif self._phase is not _Phase.WORKING:
            self.transport.close()

    def _refuse(self, found: Problem) -> None:
        """Answer in place of the app and close."""
        if self.conn.our_state is h11.IDLE:
            body = found.model_dump_json(exclude_none=True).encode()
            headers = [("content-type", MEDIA_TYPE), ("content-length", str(len(body))), ("connection", "close")]
            response = h11.Response(status_code=found.status, headers=headers, reason=found.title.encode())
            for event in (response, h11.Data(data=body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
        self._update_phase()
