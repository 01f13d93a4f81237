"""A server of bytes for tests: what it answers need not be HTTP, and need not end."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

Answering = Callable[[socket.socket, bytes], object]  # the connection, and the head of a request


class RawServer:
    """`with RawServer(answer) as server:`; each request is answered by `answer`, until that closes the connection."""

    def __init__(self, answer: Answering) -> None:
        self._answer = answer
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._wires: list[socket.socket] = []
        self._ended = False
        self.heads: list[bytes] = []  # of the requests so far
        self.port: int = self._listening.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        self._listening.close()
        for wire in self._wires:
            with suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)
            wire.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                wire, _ = self._listening.accept()
                self._wires.append(wire)
                if self._ended:  # it was accepted too late for the loop of __exit__
                    wire.close()
                    return
                threading.Thread(target=self._serve, args=(wire,), daemon=True).start()

    def _serve(self, wire: socket.socket) -> None:
        held = b""
        with suppress(OSError):
            while True:
                while b"\r\n\r\n" not in held:
                    more = wire.recv(65536)
                    if not more:
                        return
                    held += more
                head, _, held = held.partition(b"\r\n\r\n")
                self.heads.append(head)
                self._answer(wire, head)


def response(status: str, body: bytes = b"", **headers: str) -> bytes:
    """A whole response. Underscores in the names of headers are hyphens."""
    named = {"Content_Length": str(len(body))} | headers
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in named.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


def sends(answer: bytes) -> Answering:
    """Always the same answer."""
    return lambda wire, _: wire.sendall(answer)


class Endless:
    """Answers with `head` and then `piece` without end; `sent` counts the bytes that left."""

    def __init__(self, head: bytes, piece: bytes) -> None:
        self._head = head
        self._piece = piece
        self.sent = 0

    def __call__(self, wire: socket.socket, _: bytes) -> None:
        wire.sendall(self._head)
        while True:
            wire.sendall(self._piece)
            self.sent += len(self._piece)
