"""A receiver of webhooks on loopback, which answers as it is told and remembers what it was sent."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Hooks:
    """`answers` are the statuses of the next requests; the last one goes on."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/hooks?key=1"
        self.answers = [200]
        self.body = b""  # of every response
        self.requests: list[tuple[str, dict[str, str], bytes]] = []

    def next_answer(self) -> int:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def receiver() -> Generator[Hooks]:
    """A running receiver."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            hooks.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            status = hooks.next_answer()
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", hooks.url)
            self.send_header("Content-Length", str(len(hooks.body)))
            self.end_headers()
            self.wfile.write(hooks.body)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hooks = Hooks(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hooks
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
