"""How a worker process opens the store it reads from: a value that can be sent, not a connection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from mirrorlake.model.sources import Access, Location
from mirrorlake.storage.base import Store
from mirrorlake.storage.open import open_store
from mirrorlake.storage.wrappers import Retrying


class Opens(Protocol):
    """Anything that opens a store. It must survive pickling when worker processes are used."""

    def open(self) -> Store:
        """A store of one's own, with its retries; counting is added by whoever opens it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreRecipe:
    """Opens the store of a datasource."""

    location: Location
    access: Access
    listing_ordered: bool | None = None

    def open(self) -> Store:
        """The store, with retries."""
        return Retrying(open_store(self.location, self.access, listing_ordered=self.listing_ordered))


@dataclass(frozen=True, slots=True)
class OpenedStore:
    """A store that is open already, for looking within this process."""

    store: Store

    def open(self) -> Store:
        """The very store."""
        return self.store
