"""Digests on disk by their first byte, so that their number does not affect memory use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from mirrorlake.processing.thumbnails import DIGEST_BYTES
from mirrorlake.storage.disk import room_in

_FLUSH_BYTES = 4 << 20


class DigestShards:
    """Sets of digests, one for each first byte, in a folder that is created when it is needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._waiting: dict[int, bytearray] = defaultdict(bytearray)
        self._size = 0

    def add(self, digests: Iterable[bytes]) -> None:
        """Add digests. Raises DiskFull."""
        for digest in digests:
            self._waiting[digest[0]] += digest
            self._size += len(digest)
        if self._size >= _FLUSH_BYTES:
            self._flush()

    def of(self, shard: int) -> set[bytes]:
        """Those that begin with this byte. Raises DiskFull."""
        self._flush()
        path = self._path(shard)
        data = path.read_bytes() if path.exists() else b""
        return {data[start : start + DIGEST_BYTES] for start in range(0, len(data), DIGEST_BYTES)}

    def _flush(self) -> None:
        if not self._waiting:
            return
        with room_in(self._folder.parent):
            self._folder.mkdir(exist_ok=True)
            for shard, digests in self._waiting.items():
                with self._path(shard).open("ab") as file:
                    file.write(digests)
        self._waiting.clear()
        self._size = 0

    def _path(self, shard: int) -> Path:
        return self._folder / f"{shard:02x}"
