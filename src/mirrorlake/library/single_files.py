"""Move thumbnails that are files of their own into packs."""

from __future__ import annotations

from collections.abc import Sequence

from mirrorlake.core.errors import CatalogError, ObjectGone, SourceUnreachable
from mirrorlake.mirror.thumbnail_writer import ThumbnailWriter
from mirrorlake.processing.packs import PACK_BYTES, PACK_THUMBNAILS
from mirrorlake.processing.thumbnails import is_complete
from mirrorlake.storage.writable import StoredObject


class SinglePacker:
    """Collects files and writes them as packs. Files are removed once their pack is on the disk. Memory: one pack."""

    def __init__(self, writer: ThumbnailWriter) -> None:
        self._writer = writer
        self._waiting: dict[bytes, tuple[bytes, list[str]]] = {}
        self._waiting_bytes = 0
        self.packed = 0  # thumbnails

    def add(self, digest: bytes, files: Sequence[StoredObject]) -> bool:
        """Add the first of the files of a thumbnail that is a complete image; return whether there is one."""
        data = next((data for one in files if (data := self._read(one.key)) is not None), None)
        if data is None:
            return False
        self._waiting[digest] = data, [one.key for one in files]
        self._waiting_bytes += len(data)
        if len(self._waiting) >= PACK_THUMBNAILS or self._waiting_bytes >= PACK_BYTES:
            self.finish()
        return True

    def finish(self) -> None:
        """Write what is waiting. Raises CatalogError, DiskFull."""
        self._writer.add([(digest, data) for digest, (data, _) in self._waiting.items()], flush=True)
        for _, keys in self._waiting.values():
            for key in keys:
                self._writer.store.delete(key)
        self.packed += len(self._waiting)
        self._waiting.clear()
        self._waiting_bytes = 0

    def _read(self, key: str) -> bytes | None:
        """A complete image, or None. A file that cannot be read is none."""
        try:
            data = self._writer.store.get(key).data
        except ObjectGone:
            return None
        except CatalogError as error:
            if isinstance(error.__cause__, SourceUnreachable):
                raise
            return None
        return data if is_complete(data) else None
