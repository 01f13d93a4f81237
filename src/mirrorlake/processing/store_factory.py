"""Open the store of a worker process from a value that can be sent to it, unlike a connection."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Protocol

from mirrorlake.model.credentials import Credentials
from mirrorlake.model.sources import Access, AccessOptions, Location
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
    credentials: Credentials | None = field(default=None, repr=False)  # of a connection; None: the machine's own
    # What the provider made of them, or of the machine's configuration, if that was done already.
    resolved: object = field(default=None, repr=False)

    def open(self) -> Store:
        """The store, with retries."""
        return stack_store(self.open_plain(), retry=RetryPolicy())

    def open_plain(self) -> Store:
        """The store without retries. Raises SettingsError if access or credentials cannot be used."""
        resolved = self._resolve() if self.resolved is None and self.credentials is not None else self.resolved
        return open_store(self.location, self.access, listing_ordered=self.listing_ordered, resolved=resolved)

    def with_resolved(self) -> StoreConfig:
        """The same with what can be passed to other processes, and is shared by all stores that it opens."""
        resolved = self.resolved or self._resolve()
        return self if resolved is None else replace(self, resolved=resolved)

    def in_region(self, region: str) -> StoreConfig:
        """The same for a bucket in this region."""
        provider = provider_of(self.location.provider)
        access = provider.change_access(self.access, AccessOptions(region=region))
        return replace(self, access=access, resolved=None)

    def _resolve(self) -> object:
        return provider_of(self.location.provider).resolve(self.access, self.credentials)


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
    return store_factory.with_resolved() if isinstance(store_factory, StoreConfig) else store_factory
