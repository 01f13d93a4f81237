"""The layout of the thumbnail store. Files of their own are how earlier versions stored thumbnails.

    packs/v1/aa/….pack      a pack: `processing/packs.py`
    v1/aa/aa….webp          a thumbnail as a file of its own, in the shard of its first byte
    v1/aa/bb/aabb….webp     the same in an even earlier layout, two folders deep
    aside/BATCH/v1/aa/…     the same, set aside by an earlier version before it was removed; BATCH/runs closes the batch
    .….part                 an unfinished write

All other objects are unknown and never touched.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from mirrorlake.processing.packs import FOLDER, name_of_key
from mirrorlake.processing.thumbnails import VERSION
from mirrorlake.storage.writable import StoredObject, WritableStore

ASIDE = "aside"
UNFINISHED = re.compile(r"\..*\.part")
_NAME = re.compile(r"([0-9a-f]{64})\.webp")
_BYTE = re.compile(r"[0-9a-f]{2}")

Objects = dict[bytes, StoredObject]


@dataclass(slots=True)
class PackObjects:
    """The objects among the packs, by the names of packs."""

    present: Objects = field(default_factory=Objects)
    unfinished: list[StoredObject] = field(default_factory=list[StoredObject])
    unknown: int = 0


@dataclass(slots=True)
class Shard:
    """The files of their own of one shard, by digest."""

    present: Objects = field(default_factory=Objects)
    nested: Objects = field(default_factory=Objects)
    aside: Objects = field(default_factory=Objects)
    unfinished: list[StoredObject] = field(default_factory=list[StoredObject])
    unknown: int = 0

    def elsewhere(self, digest: bytes) -> StoredObject | None:
        """The file of a thumbnail where none is looked for."""
        return self.nested.get(digest) or self.aside.get(digest)


class SingleFiles:
    """The thumbnails that are files of their own. A library that never had any costs one request."""

    def __init__(self, store: WritableStore) -> None:
        self._store = store
        self.batches = store.folders(f"{ASIDE}/")
        self._shards = {name for name in store.folders(f"{VERSION}/") if _BYTE.fullmatch(name)}

    def __bool__(self) -> bool:
        """Whether there may be any."""
        return bool(self.batches or self._shards)

    def shard(self, number: int) -> Shard:
        """The files of digests that begin with this byte. Raises CatalogError."""
        begin = f"{number:02x}"
        if begin not in self._shards and not self.batches:
            return Shard()
        return _read_shard(self._store, begin, self.batches)


def list_packs(store: WritableStore) -> PackObjects:
    """The objects of all packs: about ten thousand for ten million thumbnails."""
    found = PackObjects()
    for one in store.list(FOLDER):
        name = name_of_key(one.key)
        if name is not None:
            found.present[name] = one
        elif UNFINISHED.fullmatch(one.key.rpartition("/")[2]):
            found.unfinished.append(one)
        else:
            found.unknown += 1
    return found


def _read_shard(store: WritableStore, begin: str, batches: Sequence[str]) -> Shard:
    shard = Shard()
    prefix = f"{VERSION}/{begin}/"
    for one in store.list(prefix):
        folder, slash, name = one.key[len(prefix) :].rpartition("/")
        if not slash:
            _add_object(shard, one, name, begin, shard.present)
        elif name and _BYTE.fullmatch(folder):
            _add_object(shard, one, name, begin + folder, shard.nested)
        elif name or not _BYTE.fullmatch(folder):
            shard.unknown += 1
    for batch in batches:
        prefix = f"{ASIDE}/{batch}/{VERSION}/{begin}/"
        for one in store.list(prefix):
            _add_object(shard, one, one.key[len(prefix) :], begin, shard.aside)
    return shard


def _add_object(shard: Shard, one: StoredObject, name: str, begin: str, objects: Objects) -> None:
    match = _NAME.fullmatch(name)
    if match is not None and name.startswith(begin):
        objects[bytes.fromhex(match[1])] = one
    elif UNFINISHED.fullmatch(name):
        shard.unfinished.append(one)
    else:
        shard.unknown += 1
