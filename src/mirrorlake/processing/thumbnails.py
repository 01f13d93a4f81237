"""Thumbnails in the library store, named by the BLAKE3 digest of their object: equal objects share a thumbnail."""

from __future__ import annotations

from dataclasses import dataclass

from mirrorlake.core.errors import CatalogError, DiskFull, ObjectExists, ObjectGone
from mirrorlake.storage.writable import StoredObject, WritableStore

# Change this folder with the size, quality or format of thumbnails.
VERSION = "v1"
DIGEST_BYTES = 32

_RIFF_HEADER = 8


def thumbnail_key(digest: bytes) -> str:
    """The key of the thumbnail of the object with this digest, derived from the digest alone, never from a name.

    Raises ValueError if the digest has a wrong length.
    """
    if len(digest) != DIGEST_BYTES:
        raise ValueError(f"a digest has {DIGEST_BYTES} bytes, not {len(digest)}")
    name = digest.hex()
    # One level: with two, creating the folders takes longer than writing the first ten thousand thumbnails.
    return f"{VERSION}/{name[:2]}/{name}.webp"


@dataclass(frozen=True, slots=True)
class Thumbnails:
    """The thumbnails of one library store. Safe for many threads and processes at once."""

    store: WritableStore

    def read(self, digest: bytes) -> bytes | None:
        """The WebP, or None if there is none, or only an incomplete file after a power failure."""
        try:
            data = self.store.get(thumbnail_key(digest)).data
        except ObjectGone:
            return None
        return data if is_complete(data) else None

    def exists(self, digest: bytes) -> bool:
        """Whether `read` would return one; reads only its first bytes."""
        try:
            start = self.store.get(thumbnail_key(digest), length=_RIFF_HEADER)
        except ObjectGone:
            return False
        return _is_complete(start.data, start.info.size)

    def is_whole(self, digest: bytes, listed: StoredObject) -> bool:
        """Like `exists` for a listed thumbnail; makes no request if the store only keeps complete objects."""
        return listed.size > 0 if self.store.durable else self.exists(digest)

    def write(self, digest: bytes, thumbnail: bytes) -> None:
        """Write a thumbnail; writing it again changes nothing. Readers see all of it or nothing.

        Raises DiskFull, or CatalogError if the store cannot be written: both end the whole run.
        """
        key = thumbnail_key(digest)
        try:
            if self.store.durable:
                self._write_once(key, thumbnail)
            elif not self._is_stored(key, thumbnail):
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

    def _is_stored(self, key: str, thumbnail: bytes) -> bool:
        """Whether the existing file has the size and the first bytes of this one, unlike a file of zeros."""
        try:
            start = self.store.get(key, length=_RIFF_HEADER)
        except ObjectGone:
            return False
        return start.data == thumbnail[:_RIFF_HEADER] and start.info.size == len(thumbnail)


def is_complete(data: bytes) -> bool:
    """Whether these bytes are a whole WebP, by the length in its header."""
    return _is_complete(data[:_RIFF_HEADER], len(data))


def _is_complete(start: bytes, size: int) -> bool:
    # The header of a RIFF file contains the length of the rest.
    return start[:4] == b"RIFF" and int.from_bytes(start[4:], "little") + _RIFF_HEADER == size
