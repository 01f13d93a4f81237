"""`s3://bucket/folder`: the part after the bucket is used literally, as typed."""

from __future__ import annotations

import re

from mirrorlake.core.errors import UsageError
from mirrorlake.model.sources import Location, Provider
from mirrorlake.storage.bucket_keys import folder_prefix, is_ip_address

# Old buckets of AWS, and those of other servers, have names that AWS no longer permits.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,254}")
_LABEL = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")


def parse(uri: str, rest: str) -> Location:
    """The location of `bucket[/folder]`. Raises UsageError."""
    bucket, _, folder = rest.partition("/")
    problem = _bucket_problem(bucket)
    if problem:
        raise UsageError(
            f"{uri!r} does not name a bucket: {problem}.",
            "Bucket names have 3 to 255 letters, digits, dots, hyphens and underscores: s3://bucket/folder.",
        )
    return Location(provider=Provider.S3, container=bucket, prefix=folder_prefix(uri, folder))


def is_host_label(bucket: str) -> bool:
    """Whether a bucket's name can be one label of a host name. A name with dots has several."""
    return _LABEL.fullmatch(bucket) is not None


def _bucket_problem(bucket: str) -> str:
    """Why `bucket` is not a valid bucket name; empty if it is valid."""
    if not bucket:
        return "the name is missing"
    if not _BUCKET.fullmatch(bucket):
        return f"{bucket!r} is not a valid name"
    if ".." in bucket:
        return f"{bucket!r} has two dots in a row"
    return f"{bucket!r} is an IP address" if is_ip_address(bucket) else ""
