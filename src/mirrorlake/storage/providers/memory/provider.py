"""`memory://`: a store in the memory of the process, for tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from mirrorlake.core.errors import UsageError
from mirrorlake.model.credentials import Credentials
from mirrorlake.model.identity import Identity
from mirrorlake.model.sources import Access, AccessOptions, Location, Provider
from mirrorlake.storage.providers.base import SingleObject

if TYPE_CHECKING:
    from mirrorlake.storage.base import Store  # loads Arrow
    from mirrorlake.storage.providers.memory.store import MemoryStore  # loads Arrow
    from mirrorlake.storage.writable import WritableStore  # loads what retries need


class MemoryProvider:
    """A store in memory. It has one location and no options."""

    example: str | None = None
    bucket_type: str | None = None
    other_schemes: tuple[str, ...] = ()

    def parse(self, uri: str, rest: str) -> Location:
        """The only location."""
        if rest.strip("/"):
            raise UsageError(f"{uri!r} is not an address: memory:// has no name.", "Use memory:// without a name.")
        return Location(provider=Provider.MEMORY, container="")

    def restore(self, rest: str) -> Location:
        """The stored address as it is: tests give stores in memory names of their own."""
        container, _, prefix = rest.partition("/")
        return Location(provider=Provider.MEMORY, container=container, prefix=prefix)

    def guess(self, rest: str) -> str | None:
        """Always None."""
        del rest
        return None

    def derive_name(self, location: Location) -> str:
        """The name of its scheme."""
        del location
        return ""

    def read_access(self, values: Mapping[str, object]) -> Access:
        """It has no options."""
        del values
        return Access()

    def change_access(self, stored: Access, given: AccessOptions) -> Access:
        """It has no options."""
        del given
        return stored

    def check_options(self, location: Location, given: AccessOptions) -> None:
        """Refuse it: it is not for users."""
        del location, given
        raise UsageError("memory:// is for tests.", "Mirror s3://bucket/folder or file:///folder.")

    def describe_access(self, access: Access) -> Iterator[tuple[str, str]]:
        """Nothing to describe."""
        del access
        return iter(())

    def resolve(self, access: Access, credentials: Credentials | None = None) -> object:
        """Nothing to hand over."""
        del access, credentials
        return None

    def check_credentials(self, access: Access, credentials: Credentials) -> None:
        """Refuse nothing."""

    def load(self) -> type[MemoryStore]:
        """The class of its stores."""
        from mirrorlake.storage.providers.memory.store import MemoryStore  # noqa: PLC0415  loads Arrow

        return MemoryStore

    def open(
        self, location: Location, access: Access, *, listing_ordered: bool | None = None, resolved: object = None
    ) -> Store:
        """A new and empty store."""
        del location, access, listing_ordered, resolved
        return self.load()()

    def open_writable(
        self, location: Location, access: Access, *, flush: bool = True, resolved: object = None
    ) -> WritableStore:
        """A new and empty store."""
        from mirrorlake.storage.providers.memory.writable import MemoryWritableStore  # noqa: PLC0415  only tests write

        del location, access, flush, resolved
        return MemoryWritableStore()

    def root_identity(self, location: Location) -> Identity | None:
        """Always None: it is the memory of this process."""
        del location

    def single_file(self, location: Location) -> SingleObject | None:
        """Its address names no object."""
        del location

    def single_object(self, location: Location, store: Store) -> SingleObject | None:
        """Its address names no object."""
        del location, store
