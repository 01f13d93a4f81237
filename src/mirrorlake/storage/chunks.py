"""Cut a stream of bytes into pieces of one size, for uploads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def chunks(parts: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in pieces of `size` (the last one may be smaller); at least one piece."""
    held = bytearray()
    given = False
    for part in parts:
        held += part
        while len(held) >= size:
            given = True
            yield bytes(held[:size])
            del held[:size]
    if held or not given:
        yield bytes(held)
