"""`az://`: containers of Azure Blob Storage and of servers that speak its protocol."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, cast

from mirrorlake.model.credentials import Credentials
from mirrorlake.model.sources import Access, AccessOptions, Location, Provider
from mirrorlake.storage.providers.azure import access as azure
from mirrorlake.storage.providers.azure import address
from mirrorlake.storage.providers.bucket_provider import BucketProvider

if TYPE_CHECKING:
    from mirrorlake.storage.base import Store  # loads Arrow
    from mirrorlake.storage.providers.azure.credentials import AzureConfig  # loads clients
    from mirrorlake.storage.providers.azure.store import AzureStore  # loads Arrow
    from mirrorlake.storage.writable import WritableStore  # loads what retries need


class AzureProvider(BucketProvider):
    """Containers of storage accounts."""

    scheme = "az"
    example: str | None = address.EXAMPLE
    bucket_type: str | None = "azure"
    other_schemes: tuple[str, ...] = ("https", *address.HADOOP_SCHEMES)

    def parse(self, uri: str, rest: str) -> Location:
        """`az://account/container[/folder]`, and the addresses of Azure's portal and of Hadoop."""
        return address.parse(uri, rest)

    def restore(self, rest: str) -> Location:
        """Account, container and prefix, all literal."""
        account, _, path = rest.partition("/")
        container, _, prefix = path.partition("/")
        return Location(provider=Provider.AZURE, container=f"{account}/{container}", prefix=prefix)

    def read_access(self, values: Mapping[str, object]) -> Access:
        """Endpoint, and whether requests are authenticated."""
        return azure.read_access(values)

    def change_access(self, stored: Access, given: AccessOptions) -> Access:
        """The stored options with the given ones applied."""
        return azure.change_access(azure.azure_access(stored), given)

    def check_options(self, location: Location, given: AccessOptions) -> None:
        """Support --endpoint and --anonymous."""
        del location
        azure.check_options(given)

    def describe_access(self, access: Access) -> Iterator[tuple[str, str]]:
        """Server and credentials."""
        own = azure.azure_access(access)
        yield "server", own.endpoint or "Azure"
        yield "credentials", "none: requests are anonymous" if own.anonymous else "the machine's default"

    def resolve(self, access: Access, credentials: Credentials | None = None) -> AzureConfig | None:
        """The credentials of the connection or of the machine's environment. Tokens are renewed by each process.

        None where the environment specifies a key without its account: only an address names that.
        """
        from mirrorlake.storage.providers.azure.resolving import resolved_config  # noqa: PLC0415  loads clients

        return resolved_config(azure.azure_access(access), credentials)

    def load(self) -> type[AzureStore]:
        """The class of its stores."""
        from mirrorlake.storage.providers.azure.store import AzureStore  # noqa: PLC0415  loads clients

        return AzureStore

    def open(
        self, location: Location, access: Access, *, listing_ordered: bool | None = None, resolved: object = None
    ) -> Store:
        """The container. Azure lists in byte order of keys, except in accounts with a hierarchical namespace."""
        config = cast("AzureConfig | None", resolved)
        return self.load()(location, azure.azure_access(access), listing_ordered=listing_ordered, config=config)

    def open_writable(
        self, location: Location, access: Access, *, flush: bool = True, resolved: object = None
    ) -> WritableStore:
        """The objects below the address's prefix."""
        from mirrorlake.storage.providers.azure.writable import AzureWritableStore  # noqa: PLC0415  loads clients

        del flush
        return AzureWritableStore(location, azure.azure_access(access), config=cast("AzureConfig | None", resolved))
