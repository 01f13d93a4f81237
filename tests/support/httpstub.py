"""A server for tests whose answers a function decides, with faults on command."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qsl

from tests.support.s3wire import Answer

__all__ = ["Answer", "HttpStub", "Request"]


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str  # as it came over the wire
    query: dict[str, str]
    headers: dict[str, str]  # names in lower case
    body: bytes = b""


@dataclass(slots=True)
class _Fault:
    answer: Answer | Callable[[Request], Answer]
    fits: Callable[[Request], bool]
    times: int


@dataclass(slots=True)
class HttpStub:
    """`with HttpStub(answer) as server:`, then talk to `server.endpoint`."""

    answer: Callable[[Request], Answer]
    requests: list[Request] = field(default_factory=list[Request])
    faults: list[_Fault] = field(default_factory=list[_Fault])
    lock: threading.RLock = field(default_factory=threading.RLock)
    _server: ThreadingHTTPServer | None = None

    @property
    def endpoint(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def fail(
        self,
        answer: Answer | Callable[[Request], Answer],
        *,
        times: int = 1,
        fits: Callable[[Request], bool] = lambda _: True,
    ) -> None:
        """Answer the next `times` requests that fit in this way."""
        self.faults.append(_Fault(answer, fits, times))

    def __enter__(self) -> Self:
        stub = self

        class Handler(_Handler):
            server_stub = stub

        self._server = _Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()

    def respond(self, request: Request) -> Answer:
        with self.lock:
            self.requests.append(request)
            fault = next((one for one in self.faults if one.times and one.fits(request)), None)
            if fault is not None:
                fault.times -= 1
        if fault is None:
            return self.answer(request)
        return fault.answer if isinstance(fault.answer, Answer) else fault.answer(request)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients of fault tests hang up at will."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # one segment per answer: no waiting for delayed ACKs
    server_stub: HttpStub

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Quiet."""

    def _handle(self) -> None:
        path, _, query = self.requestline.split(" ")[1].partition("?")
        request = Request(
            method=self.command,
            path=path,
            query=dict(parse_qsl(query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(self.headers.get("Content-Length") or 0)),
        )
        answer = self.server_stub.respond(request)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        body = answer.body
        if answer.framing == "chunked":
            self.send_header("Transfer-Encoding", "chunked")
            body = (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + b"0\r\n\r\n"
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if answer.cut is None else body[: answer.cut])
        self.wfile.flush()
        if answer.cut is not None:
            self.close_connection = True

    def do_GET(self) -> None:
        self._handle()

    def do_PUT(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def do_DELETE(self) -> None:
        self._handle()
