"""The layout of the thumbnail store, read one shard (a first byte of digests) at a time.

    v1/aa/aa….webp       a thumbnail
    v1/aa/bb/aabb….webp  a thumbnail in an earlier layout, two folders deep
    v1/aa/.….part        an unfinished write
    aside/BATCH/v1/…     quarantined thumbnails: `library/quarantine.py`

All other objects are unknown and never touched.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from mirrorlake.core.errors import CatalogError, SourceUnreachable
from mirrorlake.processing.thumbnails import VERSION, Thumbnails
from mirrorlake.storage.writable import StoredObject, WritableStore

QUARANTINE = "aside"
NAME = re.compile(r"([0-9a-f]{64})\.webp")
UNFINISHED = re.compile(r"\..*\.part")
_NESTED = re.compile(r"[0-9a-f]{2}")

Objects = dict[bytes, StoredObject]


@dataclass(slots=True)
class Shard:
    """The objects of one shard, by digest."""

    present: Objects = field(default_factory=Objects)
    nested: Objects = field(default_factory=Objects)
    quarantined: Objects = field(default_factory=Objects)
    unfinished: list[StoredObject] = field(default_factory=list[StoredObject])
    unknown: int = 0


def read_shard(store: WritableStore, number: int, batches: Sequence[str] = ()) -> Shard:
    """The shard of digests that begin with this byte, and its objects in these batches. Raises CatalogError."""
    shard, begin = Shard(), f"{number:02x}"
    prefix = f"{VERSION}/{begin}/"
    for one in store.list(prefix):
        folder, slash, name = one.key[len(prefix) :].rpartition("/")
        if not slash:
            _add_object(shard, one, name, begin, shard.present)
        elif name and _NESTED.fullmatch(folder):
            _add_object(shard, one, name, begin + folder, shard.nested)
        elif name or not _NESTED.fullmatch(folder):
            shard.unknown += 1
    for batch in batches:
        prefix = f"{QUARANTINE}/{batch}/{VERSION}/{begin}/"
        for one in store.list(prefix):
            _add_object(shard, one, one.key[len(prefix) :], begin, shard.quarantined)
    return shard


def quarantine_batches(store: WritableStore) -> list[str]:
    """The names of all batches, closed or not."""
    return store.folders(f"{QUARANTINE}/")


def is_whole(thumbnails: Thumbnails, digest: bytes, listed: StoredObject | None = None) -> bool:
    """Whether a complete thumbnail exists. An unreadable file does not count."""
    try:
        return thumbnails.exists(digest) if listed is None else thumbnails.is_whole(digest, listed)
    except CatalogError as error:
        if isinstance(error.__cause__, SourceUnreachable):
            raise
        return False


def _add_object(shard: Shard, one: StoredObject, name: str, begin: str, objects: Objects) -> None:
    match = NAME.fullmatch(name)
    if match is not None and name.startswith(begin):
        objects[bytes.fromhex(match[1])] = one
    elif UNFINISHED.fullmatch(name):
        shard.unfinished.append(one)
    else:
        shard.unknown += 1
