"""Numbers in sentences: 1 asset, 2,000 assets."""

from __future__ import annotations


def count_noun(number: int, one: str, many: str | None = None) -> str:
    """The number with its noun: `one` for 1, else `many` (None: `one` and an s)."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
