"""Read thumbnails: from packs, found through the catalog, or from the files of their own of earlier versions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mirrorlake.catalog import thumbnail_packs
from mirrorlake.catalog.thumbnail_packs import Place
from mirrorlake.core.errors import ObjectGone
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.packs import pack_key, read_record
from mirrorlake.processing.thumbnails import RIFF_HEADER, begins_complete, is_complete, single_key
from mirrorlake.storage.writable import WritableStore


@dataclass(frozen=True, slots=True)
class Thumbnails:
    """The thumbnails of one workspace. Safe for many threads."""

    catalog: Catalog
    store: WritableStore

    def read(self, digest: bytes) -> bytes | None:
        """The WebP, or None if there is none or it is damaged."""
        return self.read_at(digest, self.locate([digest]).get(digest))

    def locate(self, digests: Iterable[bytes]) -> dict[bytes, Place]:
        """Where those of these thumbnails are that are in packs, by one query."""
        return thumbnail_packs.locate(self.catalog, digests)

    def read_at(self, digest: bytes, place: Place | None) -> bytes | None:
        """As `read`, with the result of `locate`: one request, unless the thumbnail was moved since."""
        try:
            return self._read_single(digest) if place is None else self._read_record(place)
        except ObjectGone:
            moved = self.locate([digest]).get(digest)
        if moved is None or moved == place:
            return None
        try:
            return self._read_record(moved)
        except ObjectGone:
            return None

    def single_exists(self, digest: bytes) -> bool:
        """Whether an earlier version wrote it as a complete file."""
        try:
            start = self.store.get(single_key(digest), length=RIFF_HEADER)
        except ObjectGone:
            return False
        return begins_complete(start.data, start.info.size)

    def _read_record(self, place: Place) -> bytes | None:
        entry = place.entry
        record = self.store.get(pack_key(place.pack), start=entry.start, length=entry.size).data
        return read_record(record, entry.digest)

    def _read_single(self, digest: bytes) -> bytes | None:
        data = self.store.get(single_key(digest)).data
        return data if is_complete(data) else None
