"""Dates as storage servers write them: ISO 8601 or the form of HTTP headers."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_LONGEST = 64  # characters; longer texts are no dates
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]")
_HTTP = re.compile(r"[A-Za-z]{3,9}, \d\d?[ -]")
_FIXED = re.compile(r"[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT", re.ASCII)  # of RFC 9110
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"


def read_date(text: str) -> datetime | None:
    """The time in UTC; None if `text` is no date. A date without a time zone is UTC."""
    text = text.strip()
    if len(text) > _LONGEST:
        return None
    try:
        fixed = _FIXED.fullmatch(text)
        if fixed is not None:  # almost every response has this form
            day, year, *time = map(int, fixed.group(1, 3, 4, 5, 6))
            return datetime(year, _MONTHS.index(fixed[2]) // 3 + 1, day, *time, tzinfo=UTC)
        if _ISO.match(text):
            found = datetime.fromisoformat(text)
        elif _HTTP.match(text):
            found = parsedate_to_datetime(text)
        else:
            return None
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None
