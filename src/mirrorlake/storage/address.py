"""Source addresses: what a person types, parsed once into a `Location`, and written back percent-encoded."""

from __future__ import annotations

import ipaddress
import os
import re
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

from mirrorlake.core.errors import UsageError
from mirrorlake.model.sources import Location, Provider

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html (general purpose buckets)
_BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9.-]{1,61})[a-z0-9]")
KEY_LIMIT = 1024  # bytes in an S3 key


def parse_location(uri: str, *, base: Path | None = None) -> Location:
    """The location that `uri` names: `s3://bucket[/folder]`, `file:///absolute/folder` or `memory://`.

    What follows `s3://bucket/` is taken literally, as people type it; `file://` addresses are
    percent-decoded. With `base`, a plain path is taken as a folder below it. Makes no request and touches no
    disk. Raises UsageError for everything else.
    """
    scheme, mark, rest = uri.partition("://")
    if not mark:
        return _plain_path(uri, base)
    match scheme.lower():
        case "s3":
            return _s3(uri, rest)
        case "file":
            return _file(uri, rest)
        case "memory":
            if rest:
                raise UsageError(f"{uri!r} is no address: memory:// takes no name.", "Write memory:// alone.")
            return Location(provider=Provider.MEMORY, container="")
        case _:
            raise UsageError(
                f"{uri!r} begins with {scheme}://, which is not supported.",
                "Write s3://bucket/folder or file:///absolute/folder.",
            )


def object_uri(location: Location, key: str) -> str:
    """The percent-encoded address of one object of `location`; `key` is byte-exact."""
    encoded = quote(key, safe="/-_.~")
    match location.provider:
        case Provider.S3:
            return f"s3://{location.container}/{encoded}"
        case Provider.FILE:
            return f"file://{quote(location.container.rstrip('/'), safe='/-_.~')}/{encoded}"
        case Provider.MEMORY:
            return f"memory:///{encoded}"


def _plain_path(text: str, base: Path | None) -> Location:
    if base is None or not text:
        hint = _guess(text)
        raise UsageError(
            f"{text!r} is not an address.", f"Write s3://bucket/folder or file:///absolute/folder (perhaps {hint})."
        )
    return _folder(text, os.path.join(base, text))  # noqa: PTH118 - a path of the person, byte for byte


def _guess(text: str) -> str:
    """What was probably meant by an address without `://`."""
    scheme, colon, rest = text.partition(":")
    if colon and scheme.lower() == "s3" and rest.strip("/"):
        return f"s3://{rest.lstrip('/')}"
    if colon and scheme.lower() == "file" and rest.startswith("/"):
        return f"file://{rest}"
    return f"file://{quote(os.path.abspath(text))}" if text else "s3://bucket/folder"  # noqa: PTH100 - lexical


def _file(uri: str, rest: str) -> Location:
    host, slash, path = rest.partition("/")
    if host not in ("", "localhost") or not slash:
        raise UsageError(
            f"{uri!r} does not name an absolute folder.",
            f"Write three slashes before an absolute path, such as file:///{quote(rest.lstrip('/')) or 'photos'}.",
        )
    try:
        decoded = unquote_to_bytes(slash + path).decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"{uri!r} does not decode to UTF-8.", "Percent-encode the folder's name as UTF-8.") from error
    return _folder(uri, decoded)


def _folder(shown: str, path: str) -> Location:
    if "\0" in path:
        raise UsageError(f"{shown!r} holds a NUL character, which no folder name can.", "Check the address.")
    folder = os.path.normpath(path)
    # POSIX keeps exactly two leading slashes apart; a folder address means one.
    folder = "/" + folder.lstrip("/") if folder.startswith("//") else folder
    if not os.path.isabs(folder):  # noqa: PTH117
        raise UsageError(f"{shown!r} does not name an absolute folder.", "Write file:///absolute/folder.")
    return Location(provider=Provider.FILE, container=folder)


def _s3(uri: str, rest: str) -> Location:
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
            f"{uri!r} names a folder that no key can have.", f"Keys have at most {KEY_LIMIT} bytes and no NUL."
        )
    return Location(provider=Provider.S3, container=bucket, prefix=prefix)


def _bucket_problem(bucket: str) -> str:
    """Why `bucket` cannot be a bucket's name; empty if it can."""
    if not bucket:
        return "the name is missing"
    if not _BUCKET.fullmatch(bucket):
        return f"{bucket!r} is no legal name"
    if ".." in bucket or ".-" in bucket or "-." in bucket:
        return f"{bucket!r} has a dot beside a dot or hyphen"
    try:
        ipaddress.IPv4Address(bucket)
    except ValueError:
        return ""
    return f"{bucket!r} is an IP address"
