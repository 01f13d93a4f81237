"""A limit on the bytes of objects that are in memory at once."""

from __future__ import annotations

import threading


class ByteBudget:
    """Bytes that may be in memory at once. Taken in order by one thread, so that no object waits forever."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._free = size
        self._changed = threading.Condition()

    def take(self, wanted: int) -> int:
        """Wait for free bytes and take them; an object larger than the budget takes all of it."""
        bytes_taken = min(wanted, self._size)
        with self._changed:
            self._changed.wait_for(lambda: self._free >= bytes_taken)
            self._free -= bytes_taken
        return bytes_taken

    def give_back(self, bytes_taken: int) -> None:
        """Return bytes that `take` gave."""
        with self._changed:
            self._free += bytes_taken
            self._changed.notify()
