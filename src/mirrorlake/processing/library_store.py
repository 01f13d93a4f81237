"""The library's own store: thumbnails in a folder of this machine, or in a bucket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from mirrorlake.core.errors import CatalogError, ObjectChanged, ObjectExists, ObjectGone, StorageError
from mirrorlake.model.sources import Access, Location
from mirrorlake.storage.providers.folder.provider import folder_location
from mirrorlake.storage.providers.registry import provider_of
from mirrorlake.storage.retry import RetryPolicy
from mirrorlake.storage.writable import RetryingWritableStore, StoredObject, WritableStore

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class LibraryStore:
    """The store of the library's files."""

    location: Location
    access: Access = field(default_factory=Access)
    _store: WritableStore | None = field(default=None, repr=False, compare=False)

    @classmethod
    def in_folder(cls, folder: Path) -> LibraryStore:
        """A folder of this machine."""
        return cls(location=folder_location(str(folder), str(folder)))

    @property
    def store(self) -> WritableStore:
        """The store, opened at first use. It raises CatalogError if it cannot be used, and DiskFull."""
        if self._store is None:
            provider = provider_of(self.location.provider)
            # Thumbnails lost in a power failure can be made again, so writes need not wait for the disk. Those that
            # replace others are flushed before the others go.
            store = provider.open_writable(self.location, self.access, flush=False)
            self._store = _LibraryObjects(store, RetryPolicy())
        return self._store

    def close(self) -> None:
        """Close connections."""
        if self._store is not None:
            self._store.close()


class _LibraryObjects(RetryingWritableStore):
    """Raises CatalogError for every error of the library store: it ends the run, unlike the error of one object."""

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """The objects below `prefix`."""
        try:
            yield from super().list(prefix)
        except StorageError as error:
            raise self._unusable(error) from error

    def _again(self, action: Callable[[], T]) -> T:
        try:
            return super()._again(action)
        except (ObjectGone, ObjectExists, ObjectChanged):
            raise
        except StorageError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: StorageError) -> CatalogError:
        return CatalogError(f"The library store {self.name} cannot be used: {error.message}", error.fix)
