"""Open the store of a location through the registry of providers."""

from __future__ import annotations

from mirrorlake.model.sources import Access, Location
from mirrorlake.storage.base import Store
from mirrorlake.storage.providers.registry import provider_of


def open_store(
    location: Location, access: Access, *, listing_ordered: bool | None = None, resolved: object = None
) -> Store:
    """The store of `location` without wrappers: `stack.stack_store` adds retries and other behaviour.

    `listing_ordered` specifies whether a server lists in byte order of keys; None uses the provider's default.
    Unordered listings are sorted. `resolved` is the result of the provider's `resolve`, if it was called. Raises
    SettingsError for invalid access, and UsageError if a folder's address names a single file. Makes no request.
    """
    provider = provider_of(location.provider)
    return provider.open(location, access, listing_ordered=listing_ordered, resolved=resolved)
