"""What a provider of storage has to offer. Each keeps it in a folder of its own; `registry.py` has a row for each.

Nothing here loads what talks to a server: commands that only show a datasource parse its address and describe its
access without it. `open` loads the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mirrorlake.model.sources import Access, AccessOptions, Location

if TYPE_CHECKING:
    from mirrorlake.storage.base import Store  # loads Arrow
    from mirrorlake.storage.writable import WritableStore  # loads what retries need


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleObject:
    """An address that names one object where a folder was meant."""

    uri: str  # of the object
    folder: str  # the address of its folder
    name: str  # of the object within that folder


class StorageProvider(Protocol):
    """One kind of storage: the grammar of its addresses, the options of its access, and how it opens a store."""

    @property
    def example(self) -> str | None:
        """An address to show to people; None for a provider that serves tests only."""
        ...

    @property
    def bucket_type(self) -> str | None:
        """What `bucket_type` calls it in a datasource document; None where it has no buckets."""
        ...

    def parse(self, uri: str, rest: str) -> Location:
        """The location that `uri` names; `rest` is what follows `://`. No request. Raises UsageError."""
        ...

    def restore(self, rest: str) -> Location:
        """The location whose canonical `uri` ends in `rest`. The catalog stores it: it is not checked again."""
        ...

    def guess(self, rest: str) -> str | None:
        """The address that was probably meant by `scheme:rest` without the slashes; None where that is unclear."""
        ...

    def derive_name(self, location: Location) -> str:
        """What people would call this location, for a datasource without a name. May be empty."""
        ...

    def read_access(self, values: Mapping[str, object]) -> Access:
        """Access as the catalog stores it, in this provider's own type. Unknown names are ignored."""
        ...

    def change_access(self, stored: Access, given: AccessOptions) -> Access:
        """`stored` with the options given now; None and False mean: not given."""
        ...

    def check_options(self, location: Location, given: AccessOptions) -> None:
        """Refuse options that this provider does not take. Makes no request. Raises UsageError or SettingsError."""
        ...

    def describe_access(self, access: Access) -> Iterator[tuple[str, str]]:
        """How the source is reached, as names and values for people."""
        ...

    def resolve(self, access: Access) -> object:
        """What this machine's configuration says for `access`, to be pickled into worker processes.

        None where there is nothing to hand over, also for credentials that expire: whoever uses those must be able to
        refresh them. Raises SettingsError where the configuration cannot be used.
        """
        ...

    def load(self) -> type[Store]:
        """The class of its stores: loading it is what makes the first `open` slow."""
        ...

    def open(
        self, location: Location, access: Access, *, listing_ordered: bool | None = None, resolved: object = None
    ) -> Store:
        """The store of `location`, bare. Makes no request. Raises SettingsError for access that cannot be used.

        `listing_ordered` says whether a server lists in byte order of keys; None believes the provider's own promise.
        `resolved` is what `resolve` answered, if it was asked.
        """
        ...

    def open_writable(
        self, location: Location, access: Access, *, flush: bool = True, resolved: object = None
    ) -> WritableStore:
        """A store of the library's own below `location`. Makes no request. Raises SettingsError.

        `flush` False lets a store answer a write before it survives a power cut, where that is quicker.
        """
        ...

    def root_identity(self, location: Location) -> str | None:
        """Which disk or root stands at the location now, where another one may take its place; else None."""
        ...

    def single_file(self, location: Location) -> SingleObject | None:
        """The object that the address names instead of a folder, as far as that is known without a request."""
        ...

    def single_object(self, location: Location, store: Store) -> SingleObject | None:
        """The same for an address that listed nothing, by asking the store once. Raises StorageError."""
        ...
