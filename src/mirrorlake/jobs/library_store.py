"""The library store, for thumbnails, uploads and exports: a folder in the data folder, or the bucket of a setting."""

from __future__ import annotations

from mirrorlake.core.errors import SettingsError, UsageError
from mirrorlake.core.settings import Settings
from mirrorlake.model.sources import Access, AccessOptions
from mirrorlake.processing.library_store import LibraryStore
from mirrorlake.storage.address import parse_location
from mirrorlake.storage.providers.registry import provider_of

THUMBNAILS = "thumbnails"  # the folder of the library store that holds them
UPLOADS = "uploads"
EXPORTS = "exports"


def library_store(settings: Settings, folder: str = THUMBNAILS) -> LibraryStore:
    """Open a folder of the library store. Sends no request. Raises SettingsError for invalid settings."""
    if settings.library_store is None:
        return LibraryStore.in_folder(settings.thumbnails.parent / folder)
    try:
        location = parse_location(settings.library_store)
        options = AccessOptions(endpoint=settings.library_endpoint)
        provider = provider_of(location.provider)
        provider.check_options(location, options)
    except UsageError as error:
        raise SettingsError(f"Invalid MIRRORLAKE_LIBRARY_STORE: {error.message}", error.fix) from error
    below = f"{settings.part}/{folder}" if settings.part else folder
    return LibraryStore(location=location.below(below), access=provider.change_access(Access(), options))
