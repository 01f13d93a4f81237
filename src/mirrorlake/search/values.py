"""Read single values of a query: numbers, dates, byte sizes, patterns, ranges. Pure; None means that none matches."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from mirrorlake.search.nodes import Boolean, Literal, Number, Pattern, Span, Text
from mirrorlake.search.scanner import Value

# As in JSON, so that 007 and +5 remain texts: camera ids and codes are stored as texts.
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
_MAX_DIGITS = 100  # before or after the decimal point: far beyond any measurement, far below PostgreSQL's limit
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)([a-z]*)", re.IGNORECASE)
_SIZE_UNITS = {
    "": 1,
    "b": 1,
    "k": 10**3,
    "kb": 10**3,
    "m": 10**6,
    "mb": 10**6,
    "g": 10**9,
    "gb": 10**9,
    "t": 10**12,
    "tb": 10**12,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
    "tib": 2**40,
}
RangeEnd = int | Number | Span
_INTEGER = re.compile(r"[0-9]+")
MAX_INTEGER = 2**63 - 1  # bigint
_TIME = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?(Z|[+-]\d\d:\d\d)?)?)?)?", re.ASCII | re.IGNORECASE
)


def read_number(text: str) -> Number | None:
    """Read a JSON number of at most a hundred digits as an exact decimal."""
    if not _NUMBER.fullmatch(text):
        return None
    value = Decimal(text)
    sign, digits, exponent = value.as_tuple()
    del sign
    if len(digits) > _MAX_DIGITS or abs(int(exponent)) > _MAX_DIGITS:
        return None
    return Number(text, value)


def read_span(text: str) -> Span | None:
    """Read a year, month, day, minute or second as the time that it covers. UTC unless a zone is given.

    Returns None also for a date that does not exist, such as 2026-02-30.
    """
    found = _TIME.fullmatch(text)
    if not found:
        return None
    year, month, day, hour, minute, second, zone = found.groups()
    try:
        start = datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC
        )
        if zone and zone not in "Zz":
            ahead = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6]))
            start += ahead if zone[0] == "-" else -ahead
    except (ValueError, OverflowError):
        return None
    try:
        if second:
            end = start + timedelta(seconds=1)
        elif hour:
            end = start + timedelta(minutes=1)
        elif day:
            end = start + timedelta(days=1)
        elif month:
            end = (start + timedelta(days=31)).replace(day=1)
        else:
            end = start.replace(year=start.year + 1)
    except (ValueError, OverflowError):
        end = datetime.max.replace(tzinfo=UTC)  # there is no day after the last day of the year 9999
    return Span(text, start, end)


def read_literal(value: Value) -> Literal:
    """Read a metadata value: quoted values are texts, others are interpreted.

    Months, days and times are dates here; `2026` is a number.
    """
    text = value.text
    if value.quoted:
        return Text(text)
    if text.lower() in ("true", "false"):
        return Boolean(text, text.lower() == "true")
    number = read_number(text)
    if number is not None:
        return number
    span = read_span(text) if len(text) >= len("2026-01") else None  # 0042 is a code
    return span or Text(text)


def read_integer(text: str) -> int | None:
    """Read a whole number that fits the column."""
    if not _INTEGER.fullmatch(text):
        return None
    value = int(text) if len(text) <= len(str(MAX_INTEGER)) else MAX_INTEGER + 1
    return value if value <= MAX_INTEGER else None


def read_size(text: str) -> int | None:
    """Read a number of bytes with a decimal unit (kb, mb, gb, tb) or a binary one (kib, mib, gib, tib)."""
    found = _SIZE.fullmatch(text)
    if not found:
        return None
    unit = _SIZE_UNITS.get(found.group(2).lower())
    if unit is None or len(found.group(1)) > _MAX_DIGITS:
        return None
    size = int(Decimal(found.group(1)) * unit)
    return size if size <= MAX_INTEGER else None


def read_text(value: Value) -> str | Pattern:
    """Return a pattern for an unquoted value with `*`, else the text itself."""
    if value.quoted or "*" not in value.text:
        return value.text
    return Pattern(tuple(value.text.split("*")))


def in_order(low: RangeEnd, high: RangeEnd) -> bool:
    """Whether a range can be written from one to the other: two of a kind, and the first is not beyond the second."""
    match low, high:
        case int(), int():
            return low <= high
        case Number(_, first), Number(_, last):
            return first <= last
        case Span(), Span():
            return low.start < high.end
        case _:
            return False


def read_range(value: Value) -> tuple[Value, Value] | None:
    """Split `low..high`; one of the ends may be empty. None if there is no `..`."""
    if value.quoted or ".." not in value.text:
        return None
    low, high = value.text.split("..", 1)
    if not low and not high:
        return None
    return Value(low, value.at, quoted=False), Value(high, value.at + len(low) + 2, quoted=False)
