"""Compare the packs in the library store with the catalog: lost and damaged thumbnails, and packs without a row.

Objects are listed before the catalog is read: a pack is registered before it is written, so an object without a row is
of no run that may still commit it. A pack that was written since is looked up by its name, so that it does not count as
gone. An object that cannot be read ends the command, since the reason is rarely damage: only bytes that were read show
that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mirrorlake.catalog import thumbnail_packs
from mirrorlake.catalog.thumbnail_packs import StoredPack
from mirrorlake.core.errors import ObjectGone
from mirrorlake.library.layout import PackObjects, list_packs
from mirrorlake.library.steps import StepCallback
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.packs import (
    HEAD_BYTES,
    DamagedPack,
    PackEntry,
    count_thumbnails,
    describes_pack,
    index_bytes,
    pack_key,
    read_index,
    read_records,
)
from mirrorlake.storage.writable import OBJECT_BYTES, StoredObject, WritableStore

CHECKING_PACKS = "Checking the packs"


@dataclass(slots=True)
class PackFindings:
    """The packs of the store and of the catalog, and what differs."""

    objects: PackObjects
    packs: list[StoredPack]
    gone: set[int]  # used packs without an object
    ruined: set[int] = field(default_factory=set[int])  # packs of which no thumbnail is intact
    damaged: dict[int, list[bytes]] = field(default_factory=dict[int, list[bytes]])  # digests in other packs

    @property
    def unregistered(self) -> dict[bytes, StoredObject]:
        """The packs without a row in the catalog, by name."""
        known = {pack.name for pack in self.packs}
        return {name: one for name, one in self.objects.present.items() if name not in known}

    @property
    def unreadable(self) -> list[int]:
        """The packs of which no thumbnail can be read."""
        return sorted(self.gone | self.ruined)


def compare_packs(catalog: Catalog, store: WritableStore) -> PackFindings:
    """The packs, without a look into them."""
    objects = list_packs(store)
    packs, gone = thumbnail_packs.list_packs(catalog), set[int]()
    for pack in packs:
        if pack.used and pack.name not in objects.present:
            try:
                objects.present[pack.name] = store.head(pack_key(pack.name))
            except ObjectGone:
                gone.add(pack.id)
    return PackFindings(objects, packs, gone)


def inspect_packs(catalog: Catalog, store: WritableStore, step: StepCallback, *, whole: bool = False) -> PackFindings:
    """The packs, and which of their thumbnails are lost or damaged.

    Of a store that keeps only complete objects, the index of each pack is read, otherwise, or if `whole`, all of it.
    """
    found = compare_packs(catalog, store)
    for number, pack in enumerate(found.packs):
        step(CHECKING_PACKS, number, len(found.packs))
        if not pack.used or pack.id in found.gone:
            continue
        entries = thumbnail_packs.entries_of(catalog, pack.id)
        lacking = _unreadable_entries(store, pack, found.objects.present[pack.name], entries, whole=whole)
        if lacking and len(lacking) == len(entries):
            found.ruined.add(pack.id)
        elif lacking:
            found.damaged[pack.id] = lacking
    return found


def readable_entries(store: WritableStore, one: StoredObject) -> list[PackEntry]:
    """The thumbnails of a pack that the catalog does not know; none if it is truncated or no pack of ours."""
    if one.size > OBJECT_BYTES:
        return []
    try:
        size = index_bytes(count_thumbnails(store.get(one.key, length=HEAD_BYTES).data))
        if size > one.size:
            return []
        data = store.get(one.key, length=size if store.durable else one.size).data
        entries = read_index(data)
    except (DamagedPack, ObjectGone):
        return []
    if not describes_pack(entries, one.size):
        return []
    return entries if store.durable else _intact(data, entries)


def _unreadable_entries(
    store: WritableStore, pack: StoredPack, one: StoredObject, entries: list[PackEntry], *, whole: bool
) -> list[bytes]:
    """The digests of those thumbnails of a pack that cannot be read."""
    try:
        if not whole and store.durable and one.size == pack.size and _index_has(store, pack, entries):
            return []
        data = store.get(one.key, length=pack.size).data
    except ObjectGone:
        data = b""
    intact = {entry.digest for entry in _intact(data, entries)}
    return [entry.digest for entry in entries if entry.digest not in intact]


def _index_has(store: WritableStore, pack: StoredPack, entries: list[PackEntry]) -> bool:
    try:
        index = read_index(store.get(pack_key(pack.name), length=index_bytes(pack.thumbnails)).data)
    except DamagedPack:
        return False
    return set(index).issuperset(entries)


def _intact(data: bytes, entries: list[PackEntry]) -> list[PackEntry]:
    whole = {digest for digest, _ in read_records(data, entries)}
    return [entry for entry in entries if entry.digest in whole]


def unregistered_needs(
    catalog: Catalog, store: WritableStore, found: PackFindings
) -> Iterator[tuple[bytes, StoredObject, list[PackEntry], list[PackEntry]]]:
    """Each pack without a row: its name and object, and its `pack_needs`."""
    for name, one in found.unregistered.items():
        yield name, one, *pack_needs(catalog, store, one)


def pack_needs(catalog: Catalog, store: WritableStore, one: StoredObject) -> tuple[list[PackEntry], list[PackEntry]]:
    """The thumbnails of a pack that the catalog does not know, and those that assets use and no known pack has."""
    entries = readable_entries(store, one)
    used = thumbnail_packs.find_used(catalog, [entry.digest for entry in entries])
    return entries, [entry for entry in entries if used.get(entry.digest) is False]
