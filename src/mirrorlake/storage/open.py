"""Opens the store that a location names: the one place that knows which class serves which provider."""

from __future__ import annotations

from collections.abc import Callable

from mirrorlake.model.sources import Access, Location, Provider
from mirrorlake.storage.base import Store
from mirrorlake.storage.providers.folder import FolderStore
from mirrorlake.storage.providers.memory import MemoryStore
from mirrorlake.storage.providers.s3 import S3Store
from mirrorlake.storage.providers.s3.credentials import AwsConfig

Presigner = Callable[[str, int], str]  # key, seconds -> URL


def open_store(
    location: Location, access: Access, *, listing_ordered: bool | None = None, config: AwsConfig | None = None
) -> Store:
    """The store of `location`, bare: wrap it as `Metered(Retrying(open_store(...)))`.

    `listing_ordered` says whether an S3 server lists in byte order of keys; None believes AWS only, and
    what is not in order is sorted. `config` is what the machine's AWS configuration says, where it was asked
    already. Raises SettingsError for an unusable endpoint, profile or region, and
    NoSuchBucket where a folder's address names a single file. Makes no request.
    """
    match location.provider:
        case Provider.S3:
            return S3Store(location, access, listing_ordered=listing_ordered, config=config)
        case Provider.FILE:
            return FolderStore(location)
        case Provider.MEMORY:
            return MemoryStore()


def presigner(location: Location, access: Access) -> Presigner | None:
    """Makes URLs that show originals straight from the bucket; None where a store has no such thing."""
    if location.provider is not Provider.S3:
        return None
    return S3Store(location, access).presign
