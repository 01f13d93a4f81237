"""Thumbnails in the library store, named by the BLAKE3 of the object they were made from: equal objects share one."""

from __future__ import annotations

from dataclasses import dataclass

from mirrorlake.core.errors import CatalogError, DiskFull, ObjectExists, ObjectGone
from mirrorlake.storage.writable import StoredObject, WritableStore

# Size, quality and format of a thumbnail are part of its meaning: when they change, so does this folder.
VERSION = "v1"
DIGEST_BYTES = 32

_RIFF_HEADER = 8


def thumbnail_key(digest: bytes) -> str:
    """The key of the thumbnail of the object with this digest, made of the digest alone, never of a name.

    Raises ValueError for what is no digest.
    """
    if len(digest) != DIGEST_BYTES:
        raise ValueError(f"a digest has {DIGEST_BYTES} bytes, not {len(digest)}")
    name = digest.hex()
    # One level: with two, making folders costs more than the thumbnails of the first ten thousand objects.
    return f"{VERSION}/{name[:2]}/{name}.webp"


@dataclass(frozen=True, slots=True)
class Thumbnails:
    """The thumbnails of one library store. Safe for many threads and processes at once."""

    store: WritableStore

    def read(self, digest: bytes) -> bytes | None:
        """The WebP, or None where there is none, or only a stump that a power cut left."""
        try:
            data = self.store.get(thumbnail_key(digest)).data
        except ObjectGone:
            return None
        return data if _is_complete(data[:_RIFF_HEADER], len(data)) else None

    def exists(self, digest: bytes) -> bool:
        """Whether `read` would answer one, at the cost of its first bytes only."""
        try:
            start = self.store.get(thumbnail_key(digest), length=_RIFF_HEADER)
        except ObjectGone:
            return False
        return _is_complete(start.data, start.info.size)

    def is_whole(self, digest: bytes, listed: StoredObject) -> bool:
        """The same for one that was just listed; a store that keeps objects whole is not asked again."""
        return listed.size > 0 if self.store.durable else self.exists(digest)

    def write(self, digest: bytes, thumbnail: bytes) -> None:
        """Keep a thumbnail; writing it twice changes nothing. Readers see all of it or nothing.

        Raises DiskFull, or CatalogError where the store cannot be written: both end the whole run.
        """
        key = thumbnail_key(digest)
        try:
            if self.store.durable:
                self._write_once(key, thumbnail)
            elif not self._looks_like(key, thumbnail):
                self.store.put(key, thumbnail)
        except DiskFull as error:
            raise DiskFull(
                f"No space is left for thumbnails in {self.store.name}.",
                "Free some space, then run the same command again: it continues where it stopped.",
            ) from error
        except CatalogError as error:
            raise CatalogError(
                f"A thumbnail could not be written in {self.store.name}: {error.message}",
                error.fix or "Check that this folder exists and that this user may write to it.",
            ) from error

    def _write_once(self, key: str, thumbnail: bytes) -> None:
        try:
            self.store.put_if_absent(key, thumbnail)
        except ObjectExists:
            if self.store.head(key).size != len(thumbnail):
                self.store.put(key, thumbnail)

    def _looks_like(self, key: str, thumbnail: bytes) -> bool:
        """Whether what is there has the size and the beginning of this one; a file of zeros has not."""
        try:
            start = self.store.get(key, length=_RIFF_HEADER)
        except ObjectGone:
            return False
        return start.data == thumbnail[:_RIFF_HEADER] and start.info.size == len(thumbnail)


def _is_complete(start: bytes, size: int) -> bool:
    # A RIFF file says how long it is after its first eight bytes.
    return start[:4] == b"RIFF" and int.from_bytes(start[4:], "little") + _RIFF_HEADER == size
