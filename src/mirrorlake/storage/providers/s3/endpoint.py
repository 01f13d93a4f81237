"""The endpoint of a bucket, and the URL path of a key."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from mirrorlake.storage.providers.s3.address import is_host_label
from mirrorlake.storage.providers.s3.credentials import S3Server


class Endpoint:
    """The network address of one bucket: by host name on AWS, by path on other servers, unless `path_style` decides.

    Without a bucket's name: the address of the server.

    `base` is scheme and host, `root` the bucket's path.
    """

    def __init__(self, bucket: str, server: S3Server, path_style: bool | None = None) -> None:  # noqa: FBT001
        self.bucket = bucket
        parts = urlsplit(server.url)
        # A wildcard certificate covers one label: another name is part of the path.
        by_host = server.is_aws if path_style is None else not path_style
        if by_host and is_host_label(bucket):
            self.base, self.root = f"{parts.scheme}://{bucket}.{parts.netloc}", parts.path
        else:
            self.base, self.root = f"{parts.scheme}://{parts.netloc}", f"{parts.path}/{bucket}"

    def path(self, key: str) -> str:
        """The percent-encoded path of `key`, encoded once: the signed path equals the one that is sent."""
        return f"{self.root}/{quote(key, safe='/-_.~')}"

    @property
    def bucket_path(self) -> str:
        """The path of the bucket itself."""
        return self.root or "/"
