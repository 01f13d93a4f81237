"""Read parts of an object as a file: by ranges that a decoder asks for, in blocks, within limits.

A decoder reads a header here and a frame there. Each block is one request or a part of one; reading on fetches more at
once. No exception leaves `read`: a decoder in C would print or lose it. `failure` has it, which the caller of the
decoder checks first.
"""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from blake3 import blake3

from mirrorlake.core.errors import ObjectChanged, ReadTooMuch, SourceUnreachable, StorageError
from mirrorlake.storage.base import Store

BLOCK_BYTES = 256 << 10
_CONTEXT = "mirrorlake 2026-11 sample of an object"  # keeps samples apart from digests of contents


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLimits:
    """How much of one object is read."""

    requests: int = 400
    bytes: int = 256 << 20
    ahead: int = 4 << 20  # bytes of the longest request
    cache: int = 16 << 20  # bytes of blocks that are kept
    seconds: float = 300.0  # of waiting for the source, after which no request is made; each has a limit of its own


class RangedObject:
    """One object as a file that can be read anywhere, in one thread. Every block is of the version with `token`.

    `waiting` surrounds each request, so that the time of the network need not count as that of a decoder.
    """

    def __init__(
        self,
        store: Store,
        key: str,
        *,
        token: str,
        size: int,
        limits: ReadLimits | None = None,
    ) -> None:
        self._store = store
        self._key = key
        self._token = token
        self._size = size
        self._limits = limits or ReadLimits()
        self.waiting: Callable[[], AbstractContextManager[object]] = nullcontext
        self._place = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._digests: dict[int, bytes] = {}
        self._next = -1  # the block after those of the last request
        self._ahead = 1  # blocks of the next request that reads on
        self._requests = 0
        self._read = 0
        self._waited = 0.0  # seconds
        self.failure: StorageError | None = None
        self.version: str | None = None  # of the object, if the store keeps versions

    def __len__(self) -> int:
        """The size of the object in bytes."""
        return self._size

    def tell(self) -> int:
        """The position."""
        return self._place

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move the position. Makes no request."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._size}[whence]
        self._place = max(0, start + offset)
        return self._place

    def readinto(self, buffer: Any, /) -> int:
        """Fill a buffer; less only at the end of the object, and after a failure."""
        view = memoryview(buffer).cast("B")
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)

    def read(self, size: int = -1, /) -> bytes:
        """`size` bytes, or all that are left; fewer only at the end of the object, and after a failure."""
        left = max(0, self._size - self._place)
        left = left if size < 0 else min(left, size)
        parts: list[bytes] = []
        while left > 0:
            index, offset = divmod(self._place, BLOCK_BYTES)
            part = self._block(index)[offset : offset + left]
            if not part:
                break
            parts.append(part)
            self._place += len(part)
            left -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def head(self, size: int) -> bytes:
        """The first bytes; the position stays. Raises StorageError."""
        place = self._place
        self.seek(0)
        data = self.read(size)
        self.seek(place)
        self.check()
        return data

    def check(self) -> None:
        """Raise the StorageError that a read met."""
        if self.failure is not None:
            raise self.failure

    def grant(self, limits: ReadLimits) -> None:
        """Go on after ReadTooMuch: these limits count from now."""
        self._limits = limits
        self._requests = self._read = 0
        self.failure = None

    def sample_digest(self) -> bytes:
        """What names the parts that were read: objects share it only if they have the same size and these same parts.

        What was made of an object depends on nothing else. It is no digest of the content: the rest may differ.
        """
        hasher = blake3(derive_key_context=_CONTEXT)
        hasher.update(self._size.to_bytes(8, "big"))
        for index, digest in sorted(self._digests.items()):
            hasher.update(index.to_bytes(8, "big") + digest)
        return hasher.digest()

    def _block(self, index: int) -> bytes:
        """One block, from the cache or the store; empty after a failure."""
        if self.failure is None and index not in self._blocks:
            try:
                self._fetch(index)
            except StorageError as error:
                self.failure = error
            except Exception as error:  # noqa: BLE001  of a store that breaks its contract; it must not reach a decoder
                self.failure = StorageError(f"Unexpected error while reading ({type(error).__name__}: {error}).")
        if self.failure is not None:
            return b""
        self._blocks.move_to_end(index)
        return self._blocks[index]

    def _fetch(self, index: int) -> None:
        """Read this block, and further ones if the object is being read on."""
        self._ahead = min(2 * self._ahead, self._limits.ahead // BLOCK_BYTES) if index == self._next else 1
        start = index * BLOCK_BYTES
        length = min(self._ahead * BLOCK_BYTES, self._size - start)
        self._requests += 1
        self._read += length
        if self._requests > self._limits.requests or self._read > self._limits.bytes:
            raise ReadTooMuch(
                f"{self._key!r} needs more than {self._limits.requests} requests"
                f" or {self._limits.bytes >> 20} MiB to be read in parts."
            )
        if self._waited > self._limits.seconds:
            raise SourceUnreachable(
                f"{self._key!r} was not read to its end: the source answers too slowly.", "The next run tries again."
            )
        began = time.monotonic()
        with self.waiting():
            body = self._store.get_range(self._key, token=self._token, start=start, length=length)
        self._waited += time.monotonic() - began
        if len(body.data) != length or body.info.size != self._size:
            raise ObjectChanged(f"{self._key!r} has changed since it was listed.")
        self.version = body.info.version
        self._next = index + self._ahead
        for offset in range(0, length, BLOCK_BYTES):
            self._keep((start + offset) // BLOCK_BYTES, body.data[offset : offset + BLOCK_BYTES])

    def _keep(self, index: int, block: bytes) -> None:
        self._blocks[index] = block
        self._digests[index] = blake3(block).digest()
        while len(self._blocks) * BLOCK_BYTES > self._limits.cache:
            self._blocks.popitem(last=False)
