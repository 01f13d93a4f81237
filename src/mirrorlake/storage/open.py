"""Opens the store that a location names, through the registry of providers."""

from __future__ import annotations

from mirrorlake.model.sources import Access, Location
from mirrorlake.storage.base import Store
from mirrorlake.storage.providers.registry import provider_of


def open_store(
    location: Location, access: Access, *, listing_ordered: bool | None = None, resolved: object = None
) -> Store:
    """The store of `location`, bare: `stack.stack_store` adds retries and what else a caller needs.

    `listing_ordered` says whether a server lists in byte order of keys; None believes the provider's own promise, and
    what is not in order is sorted. `resolved` is what the provider's `resolve` answered, where it was asked already.
    Raises SettingsError for access that cannot be used, and UsageError where a folder's address names a single file.
    Makes no request.
    """
    provider = provider_of(location.provider)
    return provider.open(location, access, listing_ordered=listing_ordered, resolved=resolved)
