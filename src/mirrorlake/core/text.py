"""Numbers in sentences (1 asset, 2,000 assets), text from outside made fit for storing, and messages of errors."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"^\[Errno -?\d+\] ")


def count_noun(number: int, one: str, many: str | None = None) -> str:
    """The number with its noun: `one` for 1, else `many` (None: `one` and an s)."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def reason_of(error: BaseException) -> str:
    """The message of an error, without the number that the operating system puts before it."""
    return _NUMBER.sub("", str(error))


def printable(text: str, limit: int) -> str | None:
    """The printable characters without blanks around them, at most `limit` of them; None without any.

    Neither NUL nor control characters can be stored or shown.
    """
    return "".join(character for character in text if character.isprintable()).strip()[:limit].rstrip() or None


def bytes_text(size: int) -> str:
    """A size in decimal units, as storage vendors count."""
    value = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:  # noqa: PLR2004
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
