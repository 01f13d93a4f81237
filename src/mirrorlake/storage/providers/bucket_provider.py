"""What the providers of clouds share: buckets of one name, whose objects only their server knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mirrorlake.model.identity import Identity
from mirrorlake.model.sources import Location
from mirrorlake.storage.providers.base import SingleObject

if TYPE_CHECKING:
    from mirrorlake.storage.base import Store  # loads Arrow


class BucketProvider:
    """The part of a `StorageProvider` that is alike for all clouds."""

    scheme: ClassVar[str]  # of its canonical addresses

    def guess(self, rest: str) -> str | None:
        """What follows the scheme, or the scheme and one slash."""
        return f"{self.scheme}://{rest.lstrip('/')}" if rest.strip("/") else None

    def derive_name(self, location: Location) -> str:
        """Bucket and folders."""
        return f"{location.container}/{location.prefix}".strip("/")

    def root_identity(self, location: Location) -> Identity | None:
        """None: what distinguishes a bucket takes a request, see `identify` of the store."""
        del location

    def single_file(self, location: Location) -> SingleObject | None:
        """Always None: only the server knows."""
        del location

    def single_object(self, location: Location, store: Store) -> SingleObject | None:
        """Determined by a HEAD request for the address without its last slash."""
        from mirrorlake.storage.providers.single_object import find_single_object  # noqa: PLC0415  loads Arrow

        return find_single_object(location, store)
