"""Bodies of objects within their limits: declared sizes, content encodings, and the error for too many bytes."""

from __future__ import annotations

from collections.abc import Mapping

from mirrorlake.core.errors import ObjectTooLarge
from mirrorlake.model.objects import ObjectInfo
from mirrorlake.storage.base import Body
from mirrorlake.storage.content_encoding import TooLong, decoded

_SIZE_DIGITS = 19


def declared_size(headers: Mapping[str, str]) -> int | None:
    """The size in bytes that a response states; None if it comes in chunks or until the end of the connection."""
    length = headers.get("Content-Length", "").strip()
    return int(length) if length.isascii() and length.isdigit() and len(length) <= _SIZE_DIGITS else None


def most_sent(encoding: str, limit: int) -> int:
    """The most bytes to read of a response: a compressed body may be a little larger than what it contains."""
    return limit + limit // 1000 + 1024 if encoding else limit


def decoded_body(what: str, info: ObjectInfo, data: bytes, encoding: str, limit: int) -> Body:
    """The object `what` without its content encoding. Raises ObjectTooLarge for more than `limit` bytes."""
    if not encoding:
        return Body(data=data, info=info)
    try:
        plain = decoded(data, encoding, limit)
    except TooLong:
        raise too_large(what, None, limit) from None
    if len(plain) > limit:
        raise too_large(what, len(plain), limit)
    return Body(data=plain, info=info)


def too_large(what: str, size: int | None, limit: int) -> ObjectTooLarge:
    """The error for the object `what` of more than `limit` bytes; `size` None: nobody knows how many."""
    has = "more bytes" if size is None else f"{size:,} bytes, more"
    return ObjectTooLarge(f"{what} has {has} than the {limit:,} allowed.")
