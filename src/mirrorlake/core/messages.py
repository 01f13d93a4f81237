"""Messages between a process and the one that started it, over pipes: each a length of four bytes and a body."""

from __future__ import annotations

from typing import BinaryIO

LENGTH_BYTES = 4


def read_message(file: BinaryIO) -> bytes | None:
    """The next message; None at the end."""
    head = file.read(LENGTH_BYTES)
    if len(head) < LENGTH_BYTES:
        return None
    size = int.from_bytes(head, "big")
    body = file.read(size)
    return body if len(body) == size else None


def write_message(file: BinaryIO, body: bytes) -> None:
    """Send a message at once."""
    file.write(len(body).to_bytes(LENGTH_BYTES, "big") + body)
    file.flush()
