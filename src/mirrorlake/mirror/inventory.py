"""Let an inventory replace the listing of a pass.

An inventory is older than a listing: what changed since is missing from it or outdated.

- It serves only if no pass has ended well since it was written.
- Where objects changed shortly before it, keys are listed again (`plan/recent_blocks.py`), and its rows replaced.
- Objects that events or retries have brought up to date meanwhile are left out on both sides.
- It proves no removal, as a listing proves none: each object needs its own 404.

What changed elsewhere since is found by the next pass, with a newer inventory or a listing.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from mirrorlake.catalog import objects
from mirrorlake.catalog.objects import KnownObjects
from mirrorlake.catalog.schedules import database_time
from mirrorlake.core.columnar import Column, chosen, column, is_in, keep, latest, no_rows
from mirrorlake.core.errors import ListingDisordered, StorageError
from mirrorlake.core.text import count_noun
from mirrorlake.mirror.recent_listing import RecentListing, list_recent
from mirrorlake.mirror.scan import CatalogSnapshot, KnownSide
from mirrorlake.mirror.spool import SpooledBatches, write_spool
from mirrorlake.model.columns import LISTING
from mirrorlake.model.objects import KeyRange, RangeDigest, UnsupportedKey
from mirrorlake.model.sources import Datasource, Location
from mirrorlake.plan.recent_blocks import BLOCK_ROWS, Block, recent_ranges
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.store_factory import StoreConfig, StoreFactory
from mirrorlake.storage.address import parse_location
from mirrorlake.storage.base import ListPage, Store
from mirrorlake.storage.inventories import Inventory, InventoryRefused
from mirrorlake.storage.listing import OrderCheck
from mirrorlake.storage.listing_batches import filter_range, key_at
from mirrorlake.storage.providers.registry import inventory_service
from mirrorlake.storage.sorting import sorted_batches
from mirrorlake.storage.wrappers import StoreWrapper


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """A verified inventory in the work folder, and what is newer than it."""

    created: datetime
    rows: SpooledBatches  # LISTING, in key order
    recent: RecentListing  # replaces the rows in its ranges
    unsupported: tuple[UnsupportedKey, ...]
    newer: Column  # keys outside those ranges that the catalog knows better

    @property
    def note(self) -> str:
        """The note of a run that used it."""
        ranges = count_noun(len(self.recent.ranges), "range of keys", "ranges of keys")
        ended = f" Listing them ended early: {self.recent.error}" if self.recent.error else ""
        return (
            f"Listed by the inventory of {self.created:%Y-%m-%d %H:%M} UTC. Listed again, because changes are likely "
            f"there: {ranges}.{ended} Events and the next run find what has changed elsewhere since."
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
    newer: Column

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
    newer: Column

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
        self._pages = stand_in.recent.replace_in(stand_in.rows)
        self._ahead = next(self._pages, None)

    @property
    def ordered(self) -> bool:
        """Always: the rows were sorted."""
        return True

    def list_page(self, scope: KeyRange, cursor: object | None) -> ListPage:
        """The next part. It is read once, from its start to its end; its keys are those of the whole source."""
        del scope
        place = cursor if isinstance(cursor, int) else 0
        rows, self._ahead = self._ahead, next(self._pages, None)
        if rows is None:
            rows = no_rows(LISTING)
        if len(self._stand_in.newer):
            rows = keep(rows, ~is_in(column(rows, "key"), self._stand_in.newer))
        return ListPage(
            batch=rows,
            cursor=None if self._ahead is None else place + 1,
            unsupported=() if place else (*self._stand_in.unsupported, *self._stand_in.recent.unsupported),
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
    source: Datasource,
    known_id: int | None,
    inventories: Store,
    store: Store,
    *,
    prefix: str,
    catalog: Catalog,
    workdir: Path,
) -> StandIn | str | None:
    """The inventory that can replace the listing; why it cannot be used; None if a pass is newer than it.

    Reads and verifies all of it: `inventories` is the store with it, `prefix` its place there. `store` is the source.
    """
    service = inventory_service(source.location.provider)
    try:
        now = database_time(catalog)
        found = service.newest(inventories, prefix, source.location.container, now)
        last = None if known_id is None else objects.last_listed(catalog, known_id)
        if last is not None and last >= found.created:
            return None
        rows = _fetch(found, source.location.prefix, workdir)
    except StorageError as error:
        return f"The inventory was not used, and the bucket was listed. {error}"
    ranges = recent_ranges(rows.blocks, source.location.prefix, created=found.created, now=now)
    recent = list_recent(store, ranges if store.ordered else [], workdir)
    newer = pa.array([] if known_id is None else objects.touched_since(catalog, known_id, found.created), pa.string())
    return StandIn(
        created=found.created,
        rows=rows.spool,
        recent=recent,
        unsupported=tuple(rows.unsupported),
        newer=chosen(newer, ~recent.holds(newer)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    spool: SpooledBatches
    blocks: list[Block]
    unsupported: list[UnsupportedKey]


def _fetch(found: Inventory, prefix: str, workdir: Path) -> _Rows:
    """The objects below a prefix, in key order."""
    unsupported: list[UnsupportedKey] = []
    blocks: list[Block] = []
    check = OrderCheck(KeyRange(prefix=prefix))

    def pages() -> Generator[pa.RecordBatch]:
        for page in found.pages():
            unsupported.extend(page.unsupported)
            yield filter_range(page.batch, KeyRange(prefix=prefix))

    def batches() -> Generator[pa.RecordBatch]:
        for batch in sorted_batches(pages(), workdir, BLOCK_ROWS):
            checked = check(batch) if batch.num_rows else batch
            if checked.num_rows:
                blocks.append(Block(last=key_at(checked, -1), changed=latest(column(checked, "modified"))))
                yield checked

    spool = workdir / "inventory.arrow"
    try:
        any_rows = write_spool(spool, batches(), LISTING)
    except ListingDisordered as error:
        raise InventoryRefused(
            "The inventory lists an object twice, with different sizes or ETags.", "Wait for the next one."
        ) from error
    if not any_rows:
        raise InventoryRefused("The inventory lists no object.", "Check the filter of its configuration.")
    return _Rows(spool=SpooledBatches([spool]), blocks=blocks, unsupported=unsupported)
