"""`gs://`: Google Cloud Storage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, cast

from mirrorlake.model.credentials import Credentials
from mirrorlake.model.sources import Access, AccessOptions, Location, Provider
from mirrorlake.storage.providers.bucket_provider import BucketProvider
from mirrorlake.storage.providers.gcs import access as gcs
from mirrorlake.storage.providers.gcs import address
from mirrorlake.storage.providers.gcs.config import GcsConfig, config_of

if TYPE_CHECKING:
    from mirrorlake.storage.base import Store  # loads Arrow
    from mirrorlake.storage.providers.gcs.store import GcsStore  # loads Arrow
    from mirrorlake.storage.writable import WritableStore  # loads what retries need


class GcsProvider(BucketProvider):
    """Buckets of Google, or of another server with its own endpoint."""

    scheme = "gs"
    example: str | None = "gs://bucket/folder"
    bucket_type: str | None = "gcs"
    other_schemes: tuple[str, ...] = address.WEB_FORMS

    def parse(self, uri: str, rest: str) -> Location:
        """`gs://bucket[/folder]`, or the address of it that browsers show."""
        return address.parse(uri, rest)

    def restore(self, rest: str) -> Location:
        """Bucket and prefix, both literal."""
        container, _, prefix = rest.partition("/")
        return Location(provider=Provider.GCS, container=container, prefix=prefix)

    def read_access(self, values: Mapping[str, object]) -> Access:
        """Endpoint, whether requests are anonymous, and the project that is billed."""
        return gcs.read_access(values)

    def change_access(self, stored: Access, given: AccessOptions) -> Access:
        """The stored options with the given ones applied."""
        return gcs.change_access(gcs.gcs_access(stored), given)

    def check_options(self, location: Location, given: AccessOptions) -> None:
        """Refuse a profile, which is of AWS."""
        del location
        gcs.check_options(given)

    def describe_access(self, access: Access) -> Iterator[tuple[str, str]]:
        """Server, credentials and the project that is billed."""
        own = gcs.gcs_access(access)
        yield "server", own.endpoint or "Google Cloud Storage"
        yield "credentials", "none: requests are anonymous" if own.anonymous else "the machine's default"
        if own.requester_pays and own.project:
            yield "billed project", own.project

    def resolve(self, access: Access, credentials: Credentials | None = None) -> GcsConfig:
        """The server and the source of tokens, which each process asks for its own."""
        return config_of(gcs.gcs_access(access), credentials)

    def load(self) -> type[GcsStore]:
        """The class of its stores."""
        from mirrorlake.storage.providers.gcs.store import GcsStore  # noqa: PLC0415  loads clients

        return GcsStore

    def open(
        self, location: Location, access: Access, *, listing_ordered: bool | None = None, resolved: object = None
    ) -> Store:
        """The bucket. It lists in byte order of keys unless `listing_ordered` is False."""
        config = cast("GcsConfig | None", resolved) or self.resolve(access)
        if config.hmac is not None:
            from mirrorlake.storage.providers.gcs.hmac_store import GcsHmacStore  # noqa: PLC0415  loads clients

            return GcsHmacStore(location, config, config.hmac, listing_ordered=listing_ordered)
        return self.load()(location, config, listing_ordered=listing_ordered)

    def open_writable(
        self, location: Location, access: Access, *, flush: bool = True, resolved: object = None
    ) -> WritableStore:
        """The objects below the address's prefix."""
        from mirrorlake.storage.providers.gcs.writable import GcsWritableStore  # noqa: PLC0415  loads clients

        del flush
        return GcsWritableStore(location, cast("GcsConfig | None", resolved) or self.resolve(access))
