"""Read the name of an untrusted colour profile (ICC.1, ISO 15076-1). Pure: no I/O, no colours."""

from __future__ import annotations

from mirrorlake.core.text import printable

MAX_NAME = 200  # characters
_MAX_TAGS = 100
_MAX_RECORDS = 100  # of one text in several languages
_HEAD_BYTES = 128
_TAG_BYTES = 12
_MARK_AT = 36  # where a profile has its mark


def profile_name(profile: bytes | None) -> str | None:
    """The description of a profile, such as "Display P3"; None without one that can be read. Never raises."""
    if profile is None or profile[_MARK_AT : _MARK_AT + 4] != b"acsp":
        return None
    count = min(_number(profile, _HEAD_BYTES), _MAX_TAGS)
    for place in range(_HEAD_BYTES + 4, _HEAD_BYTES + 4 + count * _TAG_BYTES, _TAG_BYTES):
        if profile[place : place + 4] == b"desc":
            start, size = _number(profile, place + 4), _number(profile, place + 8)
            return printable(_text(profile[start : start + size]), MAX_NAME)
    return None


def _text(value: bytes) -> str:
    """The text of a value: ASCII in version 2, in version 4 the first of several languages."""
    if value.startswith(b"desc"):
        return value[12 : 12 + min(_number(value, 8), 4 * MAX_NAME)].partition(b"\0")[0].decode("ascii", "replace")
    if not value.startswith(b"mluc"):
        return ""
    records = range(16, 16 + min(_number(value, 8), _MAX_RECORDS) * 12, 12)
    first = next((place for place in records if value[place : place + 2] == b"en"), 16)
    size, start = _number(value, first + 4), _number(value, first + 8)
    return value[start : start + min(size, 4 * MAX_NAME)].decode("utf-16-be", "replace").partition("\0")[0]


def _number(data: bytes, place: int) -> int:
    """Four bytes as a number; 0 beyond the end."""
    return int.from_bytes(data[place : place + 4], "big") if place + 4 <= len(data) else 0
