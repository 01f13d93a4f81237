"""Messages between a process and the one that started it, over pipes: each a length of four bytes and a body."""

from __future__ import annotations

from typing import BinaryIO

LENGTH_BYTES = 4


def read_message(file: BinaryIO, most: int | None = None) -> bytes | None:
    """The next message; None at the end. Raises ValueError if it has more than `most` bytes, before reading them."""
    head = file.read(LENGTH_BYTES)
    if len(head) < LENGTH_BYTES:
        return None
    size = int.from_bytes(head, "big")
    if most is not None and size > most:
        raise ValueError(f"a message of {size} bytes")
    body = file.read(size)
    return body if len(body) == size else None


def write_message(file: BinaryIO, body: bytes) -> None:
    """Send a message at once."""
    file.write(len(body).to_bytes(LENGTH_BYTES, "big") + body)
    file.flush()
