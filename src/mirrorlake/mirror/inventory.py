"""Let an inventory replace the listing of a pass.

An inventory is older than a listing: what changed since is missing from it or outdated. So it serves only if no pass
has ended well since it was written, and objects that events or retries have brought up to date meanwhile are left out
on both sides. It proves no removal, as a listing proves none: each object needs its own 404.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from mirrorlake.catalog import objects
from mirrorlake.catalog.objects import KnownObjects
from mirrorlake.catalog.schedules import database_time
from mirrorlake.core.columnar import column, is_in, keep
from mirrorlake.core.errors import StorageError
from mirrorlake.mirror.scan import CatalogSnapshot, KnownSide
from mirrorlake.mirror.spool import SpooledBatches, write_spool
from mirrorlake.model.columns import LISTING
from mirrorlake.model.objects import KeyRange, RangeDigest, UnsupportedKey
from mirrorlake.model.sources import Datasource, Location
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.store_factory import StoreConfig, StoreFactory
from mirrorlake.storage.address import parse_location
from mirrorlake.storage.base import ListPage, Store
from mirrorlake.storage.inventories import Inventory
from mirrorlake.storage.listing_batches import filter_range, listing_batch
from mirrorlake.storage.providers.registry import inventory_service
from mirrorlake.storage.wrappers import StoreWrapper


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """A verified inventory in the work folder, and what to leave out of it."""

    created: datetime
    batches: SpooledBatches
    unsupported: tuple[UnsupportedKey, ...]
    newer: pa.Array[Any]  # keys that the catalog knows better

    @property
    def note(self) -> str:
        """The note of a run that used it."""
        return (
            f"Listed by the inventory of {self.created:%Y-%m-%d %H:%M} UTC."
            " Events and later runs find what has changed since."
        )

    def over(self, store: Store) -> Store:
        """The store with the inventory as its listing."""
        return _InventoryStore(store, self)

    def known(self, snapshot: CatalogSnapshot) -> KnownSide:
        """The catalog without what it knows better."""
        return _SideExcept(snapshot, self.newer)


@dataclass(frozen=True, slots=True)
class _SideExcept:
    """The known objects without some keys."""

    snapshot: CatalogSnapshot
    newer: pa.Array[Any]

    @contextmanager
    def open(self) -> Generator[_RowsExcept | None]:
        with self.snapshot.open() as known:
            yield None if known is None else _RowsExcept(known, self.newer)

    def bounds(self, parts: int) -> list[str]:
        del parts
        return []  # an inventory is sorted as a whole

    def label_files(self, *, after: str | None = None, until: str | None = None) -> Iterator[pa.RecordBatch]:
        for batch in self.snapshot.label_files(after=after, until=until):
            rows = keep(batch, ~is_in(column(batch, "key"), self.newer))
            if rows.num_rows:
                yield rows


@dataclass(frozen=True, slots=True)
class _RowsExcept:
    known: KnownObjects
    newer: pa.Array[Any]

    def rows(self, *, after: str | None = None, until: str | None = None) -> Iterator[pa.RecordBatch]:
        for batch in self.known.rows(after=after, until=until):
            rows = keep(batch, ~is_in(column(batch, "key"), self.newer)) if len(self.newer) else batch
            if rows.num_rows:
                yield rows

    def digests(self, *, after: str | None = None, until: str | None = None) -> list[RangeDigest]:
        return [] if len(self.newer) else self.known.digests(after=after, until=until)

    def snapshot(self) -> str | None:
        return None if len(self.newer) else self.known.snapshot()


class _InventoryStore(StoreWrapper):
    def __init__(self, store: Store, stand_in: StandIn) -> None:
        super().__init__(store)
        self._stand_in = stand_in
        self._pages = iter(stand_in.batches)
        self._ahead = next(self._pages, None)

    @property
    def ordered(self) -> bool:
        """Never: an inventory is written in parts."""
        return False

    def list_page(self, scope: KeyRange, cursor: object | None) -> ListPage:
        """The next part. It is read once, from its start to its end."""
        place = cursor if isinstance(cursor, int) else 0
        batch, self._ahead = self._ahead, next(self._pages, None)
        rows = listing_batch([], [], [], []) if batch is None else filter_range(batch, scope)
        if rows.num_rows and len(self._stand_in.newer):
            rows = keep(rows, ~is_in(column(rows, "key"), self._stand_in.newer))
        return ListPage(
            batch=rows,
            cursor=None if self._ahead is None else place + 1,
            unsupported=() if place else self._stand_in.unsupported,
        )

    def split(self, scope: KeyRange, parts: int) -> list[KeyRange]:
        """One range."""
        del parts
        return [scope]


def inventory_store(source: Datasource, factory: StoreFactory) -> tuple[StoreFactory, Location] | None:
    """How to open the store with the inventories of a datasource, and their place in it; None without any."""
    if source.settings.inventory is None:
        return None
    location = parse_location(source.settings.inventory)
    opens = replace(factory, location=location) if isinstance(factory, StoreConfig) else factory
    return opens, location


def find_stand_in(
    source: Datasource, known_id: int | None, store: Store, *, prefix: str, catalog: Catalog, workdir: Path
) -> StandIn | str | None:
    """The inventory that can replace the listing; why it cannot be used; None if a pass is newer than it.

    Reads and verifies all of it. `store` is the one with the inventories.
    """
    service = inventory_service(source.location.provider)
    try:
        found = service.newest(store, prefix, source.location.container, database_time(catalog))
        last = None if known_id is None else objects.last_listed(catalog, known_id)
        if last is not None and last >= found.created:
            return None
        return _fetch(found, known_id, catalog, workdir)
    except StorageError as error:
        return f"The inventory was not used, and the bucket was listed. {error}"


def _fetch(found: Inventory, known_id: int | None, catalog: Catalog, workdir: Path) -> StandIn:
    unsupported: list[UnsupportedKey] = []

    def batches() -> Generator[pa.RecordBatch]:
        for page in found.pages():
            unsupported.extend(page.unsupported)
            yield page.batch

    spool = workdir / "inventory.arrow"
    write_spool(spool, batches(), LISTING)
    newer = [] if known_id is None else objects.touched_since(catalog, known_id, found.created)
    return StandIn(
        created=found.created,
        batches=SpooledBatches([spool]),
        unsupported=tuple(unsupported),
        newer=pa.array(newer, pa.string()),
    )
