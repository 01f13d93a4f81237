"""Ranges of bytes that a request asks for (RFC 9110, section 14). Pure.

Players cannot go to a place of a video without them. A server may ignore a range: here each that is not one plain range
within the bytes.
"""

from __future__ import annotations

import re

_ONE = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")


def requested_range(header: str | None, size: int) -> range | None:
    """The bytes of a Range header, of this many; None for all of them."""
    found = None if header is None else _ONE.fullmatch(header.strip())
    if found is None:
        return None
    first, last = found.groups()
    if first:
        wanted = range(int(first), min(size, int(last) + 1 if last else size))
    else:  # the last ones
        wanted = range(max(0, size - int(last or 0)), size)
    return wanted or None
