"""The interface of a storage provider. Each provider has its own folder and a row in `registry.py`.

Nothing here loads network clients: commands that only show a datasource parse its address and describe its access
without them. `open` loads the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mirrorlake.model.credentials import Credentials
from mirrorlake.model.identity import Identity
from mirrorlake.model.sources import Access, AccessOptions, Location

if TYPE_CHECKING:
    from mirrorlake.storage.base import Store  # loads Arrow
    from mirrorlake.storage.writable import WritableStore  # loads what retries need


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleObject:
    """An address that names one object instead of a folder."""

    uri: str  # of the object
    folder: str  # the address of its folder
    name: str  # of the object within that folder


class StorageProvider(Protocol):
    """One kind of storage: the grammar of its addresses, the options of its access, and how it opens a store."""

    @property
    def example(self) -> str | None:
        """An example address for messages; None for a provider for tests."""
        ...

    @property
    def bucket_type(self) -> str | None:
        """Its `bucket_type` in a datasource document; None if it has no buckets."""
        ...

    @property
    def other_schemes(self) -> tuple[str, ...]:
        """Schemes of other forms of its addresses, such as `https` for those of a cloud's own pages.

        With a host, such as `https://example.com`, only addresses of that host.
        """
        ...

    def parse(self, uri: str, rest: str) -> Location:
        """The location that `uri` names; `rest` is the part after `://`. Makes no request. Raises UsageError."""
        ...

    def restore(self, rest: str) -> Location:
        """The location whose canonical `uri` ends in `rest`. It comes from the catalog and is not checked again."""
        ...

    def guess(self, rest: str) -> str | None:
        """The address that was probably meant by `scheme:rest` without the slashes; None if that is unclear."""
        ...

    def derive_name(self, location: Location) -> str:
        """A readable name for this location, for a datasource without a name. May be empty."""
        ...

    def read_access(self, values: Mapping[str, object]) -> Access:
        """Access as stored in the catalog, in this provider's type. Unknown names are ignored."""
        ...

    def change_access(self, stored: Access, given: AccessOptions) -> Access:
        """`stored` with the given options applied; None means not given."""
        ...

    def check_options(self, location: Location, given: AccessOptions) -> None:
        """Refuse options that this provider does not support. Makes no request. Raises UsageError or SettingsError."""
        ...

    def describe_access(self, access: Access) -> Iterator[tuple[str, str]]:
        """The access to the source, as names and values for users."""
        ...

    def resolve(self, access: Access, credentials: Credentials | None = None) -> object:
        """What authenticates requests: `credentials` of a connection, else the machine's configuration for `access`.

        It is pickled for worker processes.

        None if there is nothing to pass on, and for the machine's credentials that expire. For a connection with
        credentials of its own it is never None: what expires is refreshed by each process itself. Raises SettingsError
        if the configuration is invalid.
        """
        ...

    def check_credentials(self, access: Access, credentials: Credentials) -> None:
        """Refuse credentials of a connection that must not be stored, as far as a request can show now.

        Raises AccessDenied. Credentials that do not work, or not yet, are not refused.
        """
        ...

    def load(self) -> type[Store]:
        """The class of its stores. Loading it takes most of the time of the first `open`."""
        ...

    def open(
        self, location: Location, access: Access, *, listing_ordered: bool | None = None, resolved: object = None
    ) -> Store:
        """The store of `location`, without wrappers. Makes no request. Raises SettingsError for invalid access.

        `listing_ordered` specifies whether a server lists in byte order of keys; None uses the provider's default.
        `resolved` is the result of `resolve`, if it was called.
        """
        ...

    def open_writable(
        self, location: Location, access: Access, *, flush: bool = True, resolved: object = None
    ) -> WritableStore:
        """A writable store of the library below `location`. Makes no request. Raises SettingsError.

        With `flush` False, a store may confirm a write before it survives a power failure, if that is faster.
        """
        ...

    def root_identity(self, location: Location) -> Identity | None:
        """The identity of the disk or root at the location, if another one can replace it; otherwise None."""
        ...

    def single_file(self, location: Location) -> SingleObject | None:
        """The object that the address names instead of a folder, if that is known without a request."""
        ...

    def single_object(self, location: Location, store: Store) -> SingleObject | None:
        """The same for an address with an empty listing, by one request to the store. Raises StorageError."""
        ...
