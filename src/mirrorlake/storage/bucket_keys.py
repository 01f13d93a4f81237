"""Keys and folders of buckets, alike on S3 and Google Cloud Storage: used literally, as typed."""

from __future__ import annotations

import ipaddress

from mirrorlake.core.errors import ObjectGone, UsageError

KEY_LIMIT = 1024  # bytes in a key
NOT_TEXT = "its key contains a NUL character or is not UTF-8, which no catalog can hold"


def folder_prefix(uri: str, folder: str) -> str:
    """The prefix of the keys below `folder`: it ends in `/` or is empty. Raises UsageError if no key can have it."""
    prefix = folder if not folder or folder.endswith("/") else f"{folder}/"
    try:
        size = len(prefix.encode())
    except UnicodeEncodeError as error:
        raise UsageError(f"{uri!r} is not valid UTF-8.", "Keys are UTF-8; check how the address was typed.") from error
    if "\0" in prefix or size > KEY_LIMIT:
        raise UsageError(
            f"{uri!r} contains an invalid folder for keys.", f"Keys have at most {KEY_LIMIT} bytes and no NUL."
        )
    return prefix


def check_key(key: str) -> None:
    """Raise ObjectGone for an invalid key without a request: the response of a server would be misleading."""
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        size = 0
    if not 1 <= size <= KEY_LIMIT or "\0" in key:
        raise ObjectGone(f"{key!r} is not a valid key of a bucket.")


def is_ip_address(bucket: str) -> bool:
    """Whether a name has the form of an IP address, which no bucket's name may have."""
    try:
        ipaddress.IPv4Address(bucket)
    except ValueError:
        return False
    return True
