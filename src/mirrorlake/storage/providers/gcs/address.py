"""`gs://bucket/folder`: the part after the bucket is used literally, as typed."""

from __future__ import annotations

import re

from mirrorlake.core.errors import UsageError
from mirrorlake.model.sources import Location, Provider
from mirrorlake.storage.bucket_keys import folder_prefix, is_ip_address

# https://cloud.google.com/storage/docs/buckets#naming
_PART = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?")
_SHORTEST, _LONGEST, _LONGEST_DOTTED = 3, 63, 222


def parse(uri: str, rest: str) -> Location:
    """The location of `bucket[/folder]`. Raises UsageError."""
    bucket, _, folder = rest.partition("/")
    problem = _bucket_problem(bucket)
    if problem:
        raise UsageError(
            f"{uri!r} does not name a bucket: {problem}.",
            "Bucket names have 3 to 63 lower-case letters, digits, hyphens, underscores and dots: gs://bucket/folder.",
        )
    return Location(provider=Provider.GCS, container=bucket, prefix=folder_prefix(uri, folder))


def _bucket_problem(bucket: str) -> str:
    """Why `bucket` is not a valid bucket name; empty if it is valid."""
    if not bucket:
        return "the name is missing"
    if bucket.lower() != bucket:
        return f"{bucket!r} has capital letters"
    longest = _LONGEST_DOTTED if "." in bucket else _LONGEST
    if not _SHORTEST <= len(bucket) <= longest:
        return f"{bucket!r} has {len(bucket)} characters, and {_SHORTEST} to {longest} are permitted"
    if not all(_PART.fullmatch(part) for part in bucket.split(".")):
        return f"{bucket!r} is not a valid name"
    return f"{bucket!r} is an IP address" if is_ip_address(bucket) else ""
