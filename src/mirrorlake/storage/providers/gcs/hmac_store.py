"""One bucket by the XML API, which is what HMAC keys are for: the protocol of S3 with the tokens of Google.

https://cloud.google.com/storage/docs/authentication/hmackeys
"""

from __future__ import annotations

from mirrorlake.model.identity import Identity
from mirrorlake.model.sources import Location
from mirrorlake.storage.bucket_keys import check_key
from mirrorlake.storage.providers.gcs.config import GcsConfig, HmacKeys
from mirrorlake.storage.providers.gcs.signed_urls import signed_url
from mirrorlake.storage.providers.s3.access import S3Access
from mirrorlake.storage.providers.s3.credentials import AwsConfig, Keys, S3Server
from mirrorlake.storage.providers.s3.dialect import GOOGLE
from mirrorlake.storage.providers.s3.endpoint import Endpoint
from mirrorlake.storage.providers.s3.store import S3Store
from mirrorlake.storage.versions import Version

_REGION = "auto"  # Google accepts it for buckets of any location


class GcsHmacStore(S3Store):
    """Lists and reads one bucket with HMAC keys."""

    def __init__(
        self, location: Location, config: GcsConfig, keys: HmacKeys, *, listing_ordered: bool | None = None
    ) -> None:
        aws = AwsConfig(
            region=_REGION,
            server=S3Server(url=config.server.url, origin=config.server.origin or "HMAC keys"),
            source=Keys(access_key=keys.access_key, secret_key=keys.secret_key),
            ca_bundle=config.wire.ca_bundle,
            proxy=config.wire.proxy,
            networks=config.wire.networks,
        )
        ordered = listing_ordered is not False
        super().__init__(location, S3Access(), listing_ordered=ordered, config=aws, dialect=GOOGLE)
        self._keys = keys
        self._endpoint = Endpoint(location.container, aws.server)

    def identify(self) -> Identity:
        """Nothing: the XML API reports no facts of a bucket that never change."""
        return Identity(hints={})

    def presign(self, key: str, expires_s: int) -> str | None:
        """A URL for reading `key` during the next `expires_s` seconds (at most a week)."""
        check_key(key)
        return signed_url(self._endpoint.base + self._endpoint.path(key), self._keys, expires_s)

    def presign_version(self, key: str, version: Version, expires_s: int) -> str | None:
        """A URL for reading a generation, as `presign`."""
        check_key(key)
        url = self._endpoint.base + self._endpoint.path(key)
        return signed_url(url, self._keys, expires_s, generation=version.token)
