"""Write thumbnails as packs, which are registered in the catalog before they are written."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from mirrorlake.catalog import thumbnail_packs
from mirrorlake.catalog.commit import ENTRIES
from mirrorlake.core.columnar import column
from mirrorlake.core.errors import CatalogError, DiskFull
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.packs import PackEntry, pack_key, write_pack
from mirrorlake.storage.writable import WritableStore


@dataclass(frozen=True, slots=True)
class ThumbnailWriter:
    """Writes the thumbnails of a workspace as packs. Every error ends the whole run."""

    catalog: Catalog
    store: WritableStore

    def write_new(self, batch: pa.RecordBatch, *, again: bool = False) -> pa.RecordBatch:
        """Write the thumbnails of PROCESSED rows that no pack has, or with `again` all, as one pack.

        Returns the ENTRIES to commit with the rows. Raises DiskFull, or CatalogError if the store cannot be written.
        """
        found = _thumbnails_of(batch)
        if found and not again:
            known = thumbnail_packs.locate(self.catalog, found)
            found = {digest: webp for digest, webp in found.items() if digest not in known}
        if not found:
            return _entries(0, [])
        pack, entries = self.write(list(found.items()))
        return _entries(pack, entries)

    def add(self, thumbnails: Sequence[tuple[bytes, bytes]], *, flush: bool = False) -> None:
        """Write these thumbnails, by digest, as one pack and record where they are. Only with `exclusive_lock`.

        `flush`: they replace others, which can be deleted then.
        """
        if thumbnails:
            pack, entries = self.write(thumbnails, flush=flush)
            thumbnail_packs.add(self.catalog, pack, entries)

    def write(self, thumbnails: Sequence[tuple[bytes, bytes]], *, flush: bool = False) -> tuple[int, list[PackEntry]]:
        """Write a pack with these thumbnails, and return its id and their places, which nothing refers to yet.

        With `flush`, it survives a power failure.
        """
        name = uuid.uuid4().bytes
        data, entries = write_pack(thumbnails)
        pack = thumbnail_packs.register(self.catalog, name, entries, len(data))
        try:
            put_pack(self.store, name, data, flush=flush)
        except CatalogError:
            thumbnail_packs.forget_unwritten(self.catalog, pack)
            raise
        return pack, entries


def put_pack(store: WritableStore, name: bytes, data: bytes, *, flush: bool = False) -> None:
    """Write the object of a pack, and `flush` it. Raises DiskFull, or CatalogError if the store cannot be written."""
    try:
        store.put(pack_key(name), data)
        if flush:
            store.flush(pack_key(name))
    except DiskFull as error:
        raise DiskFull(
            f"No space is left for thumbnails in {store.name}.",
            "Free some space, then run the same command again: it continues where it stopped.",
        ) from error
    except CatalogError as error:
        raise CatalogError(
            f"Thumbnails could not be written in {store.name}: {error.message}",
            error.fix or "Check that this folder exists and that this user may write to it.",
        ) from error


def _thumbnails_of(batch: pa.RecordBatch) -> dict[bytes, bytes]:
    """The thumbnails of PROCESSED rows, by the digest that names each."""
    names = zip(*(column(batch, name).to_pylist() for name in ("digest", "sample_digest", "thumbnail")), strict=True)
    return {digest or sample: webp for digest, sample, webp in names if webp is not None}


def _entries(pack: int, entries: Sequence[PackEntry]) -> pa.RecordBatch:
    rows = {
        "digest": [one.digest for one in entries],
        "pack_id": [pack] * len(entries),
        "start": [one.start for one in entries],
        "length": [one.length for one in entries],
    }
    return pa.RecordBatch.from_pydict(rows, schema=ENTRIES)
