"""S3 Inventory: find the newest one, verify it, and read it like a listing.

PREFIX/BUCKET/NAME/2026-11-27T01-00Z/manifest.json, manifest.checksum
PREFIX/BUCKET/NAME/data/….csv.gz
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from mirrorlake.core.errors import ObjectGone, ObjectTooLarge
from mirrorlake.core.text import count_noun
from mirrorlake.model.objects import KeyRange
from mirrorlake.storage.base import ListPage, Store
from mirrorlake.storage.inventories import Inventory, InventoryRefused
from mirrorlake.storage.listing import list_range
from mirrorlake.storage.providers.s3.inventory_files import read_file
from mirrorlake.storage.providers.s3.inventory_manifest import MANIFEST_BYTES, DataFile, Manifest, read_manifest

MAX_AGE = timedelta(days=8)  # inventories are written daily or weekly
_CHECKSUM_BYTES = 1024
_CHECKSUM = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}-\d{2}Z)/manifest\.checksum")


class S3Inventories:
    """Inventories in any bucket."""

    def newest(self, store: Store, prefix: str, bucket: str, now: datetime) -> Inventory:
        """The newest inventory that is complete: S3 writes its checksum last."""
        folder = prefix if prefix.endswith("/") or not prefix else f"{prefix}/"
        found: list[str] = []
        # Folders of manifests begin with a year; data files are beside them, and may be many.
        scope = KeyRange(prefix=folder, until=f"{folder}3" if store.ordered else None)
        with closing(list_range(store, scope)) as listing:
            for batch in listing:
                keys = cast("list[str]", batch.column("key").to_pylist())
                found += [match[1] for key in keys if (match := _CHECKSUM.fullmatch(key[len(folder) :]))]
        if not found:
            raise InventoryRefused(
                f"There is no inventory below {folder!r}.",
                "Specify the folder that contains the dated folders: DESTINATION/BUCKET/NAME/. The first inventory is "
                "written within two days.",
            )
        where = f"{folder}{max(found)}/"
        try:
            manifest = store.get(f"{where}manifest.json", token=None, limit=MANIFEST_BYTES).data
            checksum = store.get(f"{where}manifest.checksum", token=None, limit=_CHECKSUM_BYTES).data
        except (ObjectGone, ObjectTooLarge) as error:
            raise InventoryRefused(
                f"The inventory {where} is damaged: {error.message}", "Wait for the next."
            ) from error
        read = read_manifest(manifest, checksum, where=where, bucket=bucket)
        age = now - read.created
        if age > MAX_AGE:
            raise InventoryRefused(
                f"The newest inventory, {where}, is {count_noun(age.days, 'day')} old.",
                "Check whether the bucket still writes inventories.",
            )
        return S3Inventory(store=store, manifest=read)


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Inventory:
    """One inventory."""

    store: Store
    manifest: Manifest

    @property
    def created(self) -> datetime:
        """The time of which it lists the objects."""
        return self.manifest.created

    def pages(self) -> Iterator[ListPage]:
        """The objects of all files, each read once and verified."""
        for file in self.manifest.files:
            yield from read_file(self._read(file), self.manifest)

    def _read(self, file: DataFile) -> bytes:
        try:
            data = self.store.get(file.key, token=None, limit=file.size).data
        except (ObjectGone, ObjectTooLarge) as error:
            raise InventoryRefused(
                f"The inventory is damaged: its file {file.key!r} is missing or has another size.",
                "Wait for the next inventory.",
            ) from error
        if len(data) != file.size or hashlib.md5(data, usedforsecurity=False).hexdigest() != file.md5:
            raise InventoryRefused(
                f"The inventory is damaged: its file {file.key!r} does not fit its checksum.",
                "Wait for the next inventory.",
            )
        return data
