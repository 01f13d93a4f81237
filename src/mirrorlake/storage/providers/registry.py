"""All storage providers: one row each. Rows are loaded on first use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

from mirrorlake.model.sources import Provider
from mirrorlake.storage.providers.base import StorageProvider


def _s3() -> StorageProvider:
    from mirrorlake.storage.providers.s3.provider import S3Provider  # noqa: PLC0415  only S3 datasources need it

    return S3Provider()


def _gcs() -> StorageProvider:
    from mirrorlake.storage.providers.gcs.provider import GcsProvider  # noqa: PLC0415  only its datasources need it

    return GcsProvider()


def _azure() -> StorageProvider:
    from mirrorlake.storage.providers.azure.provider import AzureProvider  # noqa: PLC0415  only Azure datasources need it

    return AzureProvider()


def _folder() -> StorageProvider:
    from mirrorlake.storage.providers.folder.provider import FolderProvider  # noqa: PLC0415  only folders need it

    return FolderProvider()


def _memory() -> StorageProvider:
    from mirrorlake.storage.providers.memory.provider import MemoryProvider  # noqa: PLC0415  only tests need it

    return MemoryProvider()


_PROVIDERS: dict[Provider, Callable[[], StorageProvider]] = {
    Provider.S3: _s3,
    Provider.GCS: _gcs,
    Provider.AZURE: _azure,
    Provider.FILE: _folder,
    Provider.MEMORY: _memory,
}


@cache
def provider_of(provider: Provider) -> StorageProvider:
    """The provider with this name."""
    return _PROVIDERS[provider]()


def all_providers() -> Iterator[StorageProvider]:
    """All providers, in the order in which messages list them."""
    return map(provider_of, _PROVIDERS)
