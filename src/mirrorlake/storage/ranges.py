"""Ranges of bytes: the header that requests one, and what a response to it states."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus

from mirrorlake.core.errors import RangesUnsupported

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,19})-([0-9]{1,19})/([0-9]{1,19})")


def range_header(start: int, length: int) -> dict[str, str]:
    """The header that requests a part of an object."""
    return {"Range": f"bytes={start}-{start + length - 1}"}


def whole_size(what: str, status: int, headers: Mapping[str, str], *, start: int, length: int) -> int:
    """The size of the whole object `what` in a response to a request for `length` bytes from `start`.

    Raises RangesUnsupported unless the response has these bytes, or those to the end of the object.
    """
    if status != HTTPStatus.PARTIAL_CONTENT or headers.get("Content-Encoding", ""):
        raise RangesUnsupported(f"{what} can only be read as a whole: the server does not return parts of it.")
    stated = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", "").strip())
    first, last, size = (-1, -1, -1) if stated is None else map(int, stated.groups())
    if first != start or last != min(start + length, size) - 1:
        raise RangesUnsupported(f"{what} can only be read as a whole: the server returned another part of it.")
    return size
