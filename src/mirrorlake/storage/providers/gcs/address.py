"""`gs://bucket/folder`: the part after the bucket is used literally, as typed."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from mirrorlake.core.errors import UsageError
from mirrorlake.model.sources import Location, Provider
from mirrorlake.storage.bucket_keys import folder_prefix, is_ip_address

# Addresses that browsers show, of which the path is the bucket and its folder, percent-encoded.
WEB_FORMS = ("https://storage.googleapis.com", "https://storage.cloud.google.com")
# https://cloud.google.com/storage/docs/buckets#naming
_PART = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?")
_SHORTEST, _LONGEST, _LONGEST_DOTTED = 3, 63, 222


def parse(uri: str, rest: str) -> Location:
    """The location of `bucket[/folder]`; of a web address, after its host. Raises UsageError."""
    if uri.partition("://")[0].lower() == "https":
        uri, rest = _of_web_path(rest.partition("/")[2])
    bucket, _, folder = rest.partition("/")
    problem = _bucket_problem(bucket)
    if problem:
        raise UsageError(
            f"{uri!r} does not name a bucket: {problem}.",
            "Bucket names have 3 to 63 lower-case letters, digits, hyphens, underscores and dots: gs://bucket/folder.",
        )
    return Location(provider=Provider.GCS, container=bucket, prefix=folder_prefix(uri, folder))


def _of_web_path(path: str) -> tuple[str, str]:
    """The address that a web address stands for, and its part after the scheme. A query may contain a signature."""
    if "?" in path or "#" in path:
        raise UsageError("The address contains a query or a fragment.", "Use only the part before it.")
    try:
        decoded = unquote_to_bytes(path).decode()
    except (UnicodeDecodeError, UnicodeEncodeError) as error:
        raise UsageError(
            f"The path {path!r} does not decode to UTF-8.", "Percent-encode the folder's name as UTF-8."
        ) from error
    return f"gs://{decoded}", decoded


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
