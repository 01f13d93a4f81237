"""`s3://bucket/folder`: the part after the bucket is used literally, as typed."""

from __future__ import annotations

import ipaddress
import re

from mirrorlake.core.errors import UsageError
from mirrorlake.model.sources import Location, Provider

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html (general purpose buckets)
_BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9.-]{1,61})[a-z0-9]")
KEY_LIMIT = 1024  # bytes in an S3 key


def parse(uri: str, rest: str) -> Location:
    """The location of `bucket[/folder]`. Raises UsageError."""
    bucket, _, prefix = rest.partition("/")
    problem = _bucket_problem(bucket)
    if problem:
        raise UsageError(
            f"{uri!r} does not name a bucket: {problem}.",
            "Bucket names have 3 to 63 lower-case letters, digits, dots and hyphens: s3://bucket/folder.",
        )
    prefix = prefix if not prefix or prefix.endswith("/") else f"{prefix}/"
    try:
        size = len(prefix.encode())
    except UnicodeEncodeError as error:
        raise UsageError(f"{uri!r} is not valid UTF-8.", "Keys are UTF-8; check how the address was typed.") from error
    if "\0" in prefix or size > KEY_LIMIT:
        raise UsageError(
            f"{uri!r} contains an invalid folder for keys.", f"Keys have at most {KEY_LIMIT} bytes and no NUL."
        )
    return Location(provider=Provider.S3, container=bucket, prefix=prefix)


def _bucket_problem(bucket: str) -> str:
    """Why `bucket` is not a valid bucket name; empty if it is valid."""
    if not bucket:
        return "the name is missing"
    if not _BUCKET.fullmatch(bucket):
        return f"{bucket!r} is not a valid name"
    if ".." in bucket or ".-" in bucket or "-." in bucket:
        return f"{bucket!r} has a dot next to a dot or hyphen"
    try:
        ipaddress.IPv4Address(bucket)
    except ValueError:
        return ""
    return f"{bucket!r} is an IP address"
