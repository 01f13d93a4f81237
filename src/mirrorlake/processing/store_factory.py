"""Open the store of a worker process from a value that can be sent to it, unlike a connection."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from mirrorlake.model.sources import Access, Location
from mirrorlake.storage.base import Store
from mirrorlake.storage.open import open_store
from mirrorlake.storage.providers.registry import provider_of
from mirrorlake.storage.retry import RetryPolicy
from mirrorlake.storage.stack import stack_store


class StoreFactory(Protocol):
    """Opens a store. Must be picklable if worker processes are used."""

    def open(self) -> Store:
        """A new store with retries; the caller adds counting."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreConfig:
    """Opens the store of a datasource."""

    location: Location
    access: Access
    listing_ordered: bool | None = None
    resolved: object = None  # the provider's configuration of this machine, if it was read already

    def open(self) -> Store:
        """The store, with retries."""
        store = open_store(self.location, self.access, listing_ordered=self.listing_ordered, resolved=self.resolved)
        return stack_store(store, retry=RetryPolicy())


@dataclass(frozen=True, slots=True)
class OpenedStore:
    """A store that is open already, for processing in this process."""

    store: Store

    def open(self) -> Store:
        """The same store."""
        return self.store


def with_resolved_credentials(store_factory: StoreFactory) -> StoreFactory:
    """The same for worker processes: this machine's configuration is read once here, instead of in each of them.

    Credentials that expire are not included. Raises SettingsError if the configuration cannot be used.
    """
    if not isinstance(store_factory, StoreConfig):
        return store_factory
    resolved = provider_of(store_factory.location.provider).resolve(store_factory.access)
    return store_factory if resolved is None else replace(store_factory, resolved=resolved)
