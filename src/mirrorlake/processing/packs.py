"""The format of a pack: about a thousand thumbnails as one object, which can be read without the catalog.

    magic (8 bytes), number of thumbnails (4), BLAKE3 of the index (32)
    index: of each thumbnail its digest (32), the start of its record (8) and the length of its WebP (4)
    records: the checksum of digest and WebP (16), then the WebP

Numbers have their most significant byte first. A thumbnail is read by one request for its record.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from blake3 import blake3

from mirrorlake.processing.thumbnails import DIGEST_BYTES, VERSION

PACK_THUMBNAILS = 1024  # in a pack, where there are enough
PACK_BYTES = 32 << 20  # about; a thousand thumbnails of the usual size have half of this
NAME_BYTES = 16
CHECK_BYTES = 16
FOLDER = f"packs/{VERSION}/"
_MAGIC = b"mlpack\x00\x01"
_HEAD = struct.Struct(">8sI32s")
_ENTRY = struct.Struct(">32sQI")
HEAD_BYTES = _HEAD.size


class DamagedPack(Exception):
    """The bytes are not a pack, or not all of it."""


@dataclass(frozen=True, slots=True)
class PackEntry:
    """One thumbnail of a pack."""

    digest: bytes
    start: int  # of its record
    length: int  # of its WebP

    @property
    def size(self) -> int:
        """The length of its record."""
        return CHECK_BYTES + self.length


def pack_key(name: bytes) -> str:
    """The key of the pack with this name. Raises ValueError if the name has a wrong length."""
    if len(name) != NAME_BYTES:
        raise ValueError(f"the name of a pack has {NAME_BYTES} bytes, not {len(name)}")
    text = name.hex()
    return f"{FOLDER}{text[:2]}/{text}.pack"


def name_of_key(key: str) -> bytes | None:
    """The name of the pack with this key; None if it is not the key of a pack."""
    text = key.rpartition("/")[2].removesuffix(".pack")
    try:
        name = bytes.fromhex(text)
    except ValueError:
        return None
    return name if len(name) == NAME_BYTES and pack_key(name) == key else None


def index_bytes(thumbnails: int) -> int:
    """The length of what comes before the records of a pack."""
    return _HEAD.size + thumbnails * _ENTRY.size


def bytes_in_pack(lengths: Sequence[int]) -> int:
    """What thumbnails of these lengths take up in a pack: their records, and their part of its index."""
    return sum(lengths) + len(lengths) * (CHECK_BYTES + _ENTRY.size)


def write_pack(thumbnails: Sequence[tuple[bytes, bytes]]) -> tuple[bytes, list[PackEntry]]:
    """The bytes of a pack with these digests and WebPs, and where each is."""
    start, entries = index_bytes(len(thumbnails)), list[PackEntry]()
    for digest, webp in thumbnails:
        if len(digest) != DIGEST_BYTES:
            raise ValueError(f"a digest has {DIGEST_BYTES} bytes, not {len(digest)}")
        entry = PackEntry(digest, start, len(webp))
        entries.append(entry)
        start += entry.size
    index = b"".join(_ENTRY.pack(one.digest, one.start, one.length) for one in entries)
    head = _HEAD.pack(_MAGIC, len(entries), blake3(index).digest())
    records = (part for digest, webp in thumbnails for part in (_checksum(digest, webp), webp))
    return b"".join((head, index, *records)), entries


def count_thumbnails(head: bytes) -> int:
    """The number of thumbnails in the pack that begins so. Raises DamagedPack."""
    if len(head) < _HEAD.size:
        raise DamagedPack
    magic, count, _ = _HEAD.unpack_from(head)
    if magic != _MAGIC:
        raise DamagedPack
    return count


def read_index(data: bytes) -> list[PackEntry]:
    """The thumbnails of the pack that begins so, in the order of their records. Raises DamagedPack."""
    end = index_bytes(count_thumbnails(data))
    index = data[_HEAD.size : end]
    if len(data) < end or blake3(index).digest() != _HEAD.unpack_from(data)[2]:
        raise DamagedPack
    return [PackEntry(*entry) for entry in _ENTRY.iter_unpack(index)]


def describes_pack(entries: Sequence[PackEntry], size: int) -> bool:
    """Whether a pack of `size` bytes may have this index: each digest once, no empty image, and no gap or overlap."""
    start = index_bytes(len(entries))
    for one in entries:
        if one.start != start or not one.length:
            return False
        start += one.size
    return start == size and len({one.digest for one in entries}) == len(entries)


def read_record(record: bytes, digest: bytes) -> bytes | None:
    """The WebP of a record; None if it is damaged or another one."""
    webp = record[CHECK_BYTES:]
    return webp if webp and record[:CHECK_BYTES] == _checksum(digest, webp) else None


def read_records(data: bytes, entries: Sequence[PackEntry]) -> Iterator[tuple[bytes, bytes]]:
    """The digests and WebPs of these thumbnails of a whole pack, without those that are damaged."""
    for one in entries:
        webp = read_record(data[one.start : one.start + one.size], one.digest)
        if webp is not None:
            yield one.digest, webp


def _checksum(digest: bytes, webp: bytes) -> bytes:
    return blake3(digest + webp).digest(CHECK_BYTES)
