"""`s3://`: S3 and servers that speak its protocol."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, cast

from mirrorlake.model.credentials import Ambient, Credentials
from mirrorlake.model.sources import Access, AccessOptions, Location, Provider
from mirrorlake.storage.providers.bucket_provider import BucketProvider
from mirrorlake.storage.providers.s3 import access as s3
from mirrorlake.storage.providers.s3 import address
from mirrorlake.storage.providers.s3.credentials import AwsConfig

if TYPE_CHECKING:
    from mirrorlake.storage.base import Store  # loads Arrow
    from mirrorlake.storage.providers.s3.store import S3Store  # loads Arrow
    from mirrorlake.storage.writable import WritableStore  # loads what retries need


class S3Provider(BucketProvider):
    """Buckets of AWS, or of another server with its own endpoint."""

    scheme = "s3"
    example: str | None = "s3://bucket/folder"
    bucket_type: str | None = "s3"
    other_schemes: tuple[str, ...] = ()

    def parse(self, uri: str, rest: str) -> Location:
        """`s3://bucket[/folder]`."""
        return address.parse(uri, rest)

    def restore(self, rest: str) -> Location:
        """Bucket and prefix, both literal."""
        container, _, prefix = rest.partition("/")
        return Location(provider=Provider.S3, container=container, prefix=prefix)

    def read_access(self, values: Mapping[str, object]) -> Access:
        """Endpoint, region, profile and whether requests are signed."""
        return s3.read_access(values)

    def change_access(self, stored: Access, given: AccessOptions) -> Access:
        """The stored options with the given ones applied."""
        return s3.change_access(s3.s3_access(stored), given)

    def check_options(self, location: Location, given: AccessOptions) -> None:
        """Support every option; --anonymous and --profile cannot be combined."""
        del location
        s3.check_options(given)

    def describe_access(self, access: Access) -> Iterator[tuple[str, str]]:
        """Server, region and credentials."""
        own = s3.s3_access(access)
        yield "server", own.endpoint or "AWS, unless the machine's AWS configuration names another one"
        if own.region is not None:
            yield "region", own.region
        if own.anonymous:
            yield "credentials", "none: requests are not signed"
        else:
            yield "credentials", "the machine's default" if own.profile is None else f"AWS profile {own.profile}"

    def resolve(self, access: Access, credentials: Credentials | None = None) -> AwsConfig | None:
        """Region, authorities and permanent keys of the machine's AWS configuration, or those of a connection.

        Keys of roles expire: each process refreshes its own.
        """
        if credentials is not None and not isinstance(credentials, Ambient):
            from mirrorlake.storage.providers.s3.connection import connection_config  # noqa: PLC0415  loads clients

            return connection_config(s3.s3_access(access), credentials)
        from mirrorlake.storage.providers.s3.aws_session import (  # noqa: PLC0415  loads botocore
            config_of,
            with_resolved_credentials,
        )

        return with_resolved_credentials(config_of(s3.s3_access(access)))

    def load(self) -> type[S3Store]:
        """The class of its stores."""
        from mirrorlake.storage.providers.s3.store import S3Store  # noqa: PLC0415  loads clients

        return S3Store

    def open(
        self, location: Location, access: Access, *, listing_ordered: bool | None = None, resolved: object = None
    ) -> Store:
        """The bucket. AWS lists in byte order of keys; for other servers `listing_ordered` specifies that."""
        config = cast("AwsConfig | None", resolved)
        return self.load()(location, s3.s3_access(access), listing_ordered=listing_ordered, config=config)

    def open_writable(
        self, location: Location, access: Access, *, flush: bool = True, resolved: object = None
    ) -> WritableStore:
        """The objects below the address's prefix."""
        from mirrorlake.storage.providers.s3.writable import S3WritableStore  # noqa: PLC0415  loads clients

        del flush
        return S3WritableStore(location, s3.s3_access(access), config=cast("AwsConfig | None", resolved))
