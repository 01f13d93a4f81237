"""Where a bucket's requests go, and how a key becomes the path of a URL."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from mirrorlake.core.errors import SettingsError
from mirrorlake.storage.providers.s3.access import S3Access


class Endpoint:
    """One bucket's place on the network: AWS by host name, other servers by path.

    `base` is scheme and host, `for_clients` what other S3 clients call the endpoint, `root` the bucket's path.
    Raises SettingsError for an endpoint that is no HTTP address.
    """

    def __init__(self, bucket: str, access: S3Access, region: str) -> None:
        self.bucket = bucket
        if access.endpoint is None:
            suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
            # A wildcard certificate covers one label: a bucket with dots goes into the path.
            self.virtual = "." not in bucket
            self.base = f"https://{bucket + '.' if self.virtual else ''}s3.{region}.{suffix}"
            self.for_clients = self.base
        else:
            self.virtual = False
            self.base, path = _endpoint_parts(access.endpoint)
            self.for_clients = self.base + path
        self.root = "" if self.virtual else f"{self.for_clients.removeprefix(self.base)}/{bucket}"

    def path(self, key: str) -> str:
        """The percent-encoded path of `key`, encoded once; what is signed is what is sent."""
        return f"{self.root}/{quote(key, safe='/-_.~')}"

    @property
    def bucket_path(self) -> str:
        """The path of the bucket itself."""
        return self.root or "/"


def _endpoint_parts(endpoint: str) -> tuple[str, str]:
    parts = urlsplit(endpoint)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in ("http", "https") or not parts.hostname or port == -1 or parts.query or parts.fragment:
        raise SettingsError(
            f"{endpoint!r} is not the address of an S3 server.", "Write --endpoint https://host or http://host:port."
        )
    if parts.username is not None or parts.password is not None:
        raise SettingsError(
            "The endpoint holds a user name or password.", "Give credentials by the environment or a profile instead."
        )
    return f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
