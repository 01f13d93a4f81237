"""The endpoint of a bucket, and the URL path of a key."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from mirrorlake.core.errors import SettingsError
from mirrorlake.storage.providers.s3.access import S3Access
from mirrorlake.storage.providers.s3.address import is_host_label


class Endpoint:
    """The network address of one bucket: by host name on AWS, by path on other servers.

    `base` is scheme and host, `for_clients` the endpoint for other S3 clients, `root` the bucket's path.
    Raises SettingsError for an endpoint that is not an HTTP address.
    """

    def __init__(self, bucket: str, access: S3Access, region: str) -> None:
        self.bucket = bucket
        if access.endpoint is None:
            suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
            # A wildcard certificate covers one label: another name is part of the path.
            self.virtual = is_host_label(bucket)
            self.base = f"https://{bucket + '.' if self.virtual else ''}s3.{region}.{suffix}"
            self.for_clients = self.base
        else:
            self.virtual = False
            self.base, path = _endpoint_parts(access.endpoint)
            self.for_clients = self.base + path
        self.root = "" if self.virtual else f"{self.for_clients.removeprefix(self.base)}/{bucket}"

    def path(self, key: str) -> str:
        """The percent-encoded path of `key`, encoded once: the signed path equals the one that is sent."""
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
            "The endpoint contains a user name or password.", "Use the environment or a profile for credentials."
        )
    return f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
