"""Rewrite packs: sparse ones for their dead space, small ones for their number.

chosen ─▶ read whole ─▶ a new pack is written and flushed ─▶ rows moved, old rows deleted ─▶ old objects deleted

A reader that looked up an old pack before finds it gone, and looks up its thumbnail once more. Killed anywhere, the
next cleanup removes the pack to which no row refers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from mirrorlake.catalog import thumbnail_packs
from mirrorlake.catalog.thumbnail_packs import StoredPack
from mirrorlake.core.errors import CatalogError, ObjectGone, SourceUnreachable
from mirrorlake.library.steps import StepCallback
from mirrorlake.mirror.thumbnail_writer import ThumbnailWriter
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.packs import PACK_BYTES, PACK_THUMBNAILS, pack_key, read_records
from mirrorlake.storage.writable import WritableStore

MIN_USED_SHARE = 0.5  # of the bytes of a pack; below, it is rewritten
MIN_SAVED_PACKS = 100  # merging small packs is worthwhile if it saves this number, whatever their dead space is
SMALL_PACK = PACK_THUMBNAILS // 2  # thumbnails; two of these fit into one
MERGING = "Merging packs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """The limits of an automatic cleanup: when it is worthwhile, and how much it does at once."""

    min_dead_share: float  # of the bytes of all packs
    most_packs: int  # rewritten at once; the next cleanup continues


@dataclass(frozen=True, slots=True)
class Repacked:
    """Numbers of packs."""

    done: int  # merged, rewritten or deleted
    remaining: int  # for the next cleanup to rewrite


def is_worthwhile(packs: Sequence[StoredPack], removable: int, upkeep: Upkeep) -> bool:
    """Whether these packs need a cleanup: much of them is dead space, or many are small.

    `removable`: bytes of thumbnails that no asset uses. The cleanup turns them into dead space.
    """
    size = sum(pack.size for pack in packs)
    dead = sum(pack.dead_bytes for pack in packs) + removable
    if size and dead >= upkeep.min_dead_share * size:
        return True
    return sum(len(group) - 1 for group in choose_groups(packs)) >= MIN_SAVED_PACKS


def repack(
    catalog: Catalog,
    store: WritableStore,
    step: StepCallback,
    *,
    min_age_s: float,
    on_unreadable: Callable[[str], object],
    upkeep: Upkeep | None = None,
) -> Repacked:
    """Delete packs without thumbnails that are old enough, and rewrite sparse and small ones.

    With `upkeep`, rewrites only as many packs as it allows, and none that a run may still be committing.
    `on_unreadable` receives each pack that is left as it is because it cannot be read, with the reason.

    Only with `exclusive_lock`. A run whose pack is deleted before it commits writes it again.
    """
    packs = thumbnail_packs.list_packs(catalog)
    empty = [pack.id for pack in packs if not pack.used and pack.age_s >= min_age_s]
    _delete_objects(store, thumbnail_packs.forget(catalog, empty) if empty else [])
    groups = list(choose_groups(pack for pack in packs if upkeep is None or pack.age_s >= min_age_s))
    writer = ThumbnailWriter(catalog, store)
    done = 0
    for number, group in enumerate(groups):
        # What cannot be read is not done: it must not keep what follows from its turn, however much it is.
        if upkeep is not None and done and done + len(group) > upkeep.most_packs:
            return Repacked(done, sum(map(len, groups[number:])))
        step(MERGING, number, len(groups))
        done += _merge(writer, group, on_unreadable)
    return Repacked(done, 0)


@dataclass(slots=True)
class _Group:
    """Packs that become one."""

    packs: list[StoredPack] = field(default_factory=list[StoredPack])
    thumbnails: int = 0
    size: int = 0

    def has_room(self, pack: StoredPack) -> bool:
        return self.thumbnails + pack.used <= PACK_THUMBNAILS and self.size + pack.used_bytes <= PACK_BYTES

    def add(self, pack: StoredPack) -> None:
        self.packs.append(pack)
        self.thumbnails += pack.used
        self.size += pack.used_bytes


def choose_groups(packs: Iterable[StoredPack]) -> Iterator[list[StoredPack]]:
    """The packs to rewrite, those that become one together."""
    group = _Group()
    for pack in packs:
        if not pack.used or not (is_sparse(pack) or pack.used < SMALL_PACK):
            continue
        if not group.has_room(pack):
            yield from _worth_it(group)
            group = _Group()
        group.add(pack)
    yield from _worth_it(group)


def is_sparse(pack: StoredPack) -> bool:
    """Whether most of a pack is dead space."""
    return pack.live_bytes < MIN_USED_SHARE * pack.size


def _worth_it(group: _Group) -> Iterator[list[StoredPack]]:
    if _saves(group.packs):
        yield group.packs


def _saves(packs: list[StoredPack]) -> bool:
    """Whether these packs as one are fewer or smaller."""
    return len(packs) > 1 or any(is_sparse(pack) for pack in packs)


def _merge(writer: ThumbnailWriter, group: list[StoredPack], on_unreadable: Callable[[str], object]) -> int:
    """Write the thumbnails of these packs as one. A pack keeps those that are damaged, which `make` finds."""
    found: dict[bytes, bytes] = {}
    readable: list[StoredPack] = []
    for pack in group:
        data = _read(writer.store, pack, on_unreadable)
        records = dict(read_records(data, thumbnail_packs.entries_of(writer.catalog, pack.id)))
        if records:
            readable.append(pack)
            found |= records
    if not _saves(readable):
        return 0
    new, entries = writer.write(list(found.items()), flush=True)
    emptied = thumbnail_packs.move(writer.catalog, [pack.id for pack in readable], new, entries)
    _delete_objects(writer.store, emptied)
    return len(emptied)


def _read(store: WritableStore, pack: StoredPack, on_unreadable: Callable[[str], object]) -> bytes:
    """The bytes of a pack; none if it cannot be read, which must not keep the others from being merged."""
    try:
        return store.get(pack_key(pack.name)).data
    except ObjectGone:
        return b""
    except CatalogError as error:
        if isinstance(error.__cause__, SourceUnreachable):
            raise
        on_unreadable(f"{pack_key(pack.name)}: {error.message}")
        return b""


def _delete_objects(store: WritableStore, names: Iterable[bytes]) -> None:
    for name in names:
        store.delete(pack_key(name))
