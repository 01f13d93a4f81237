"""A page of a list that is read by cursor."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items, and the cursor of the next page."""

    items: tuple[T, ...]
    next_cursor: str | None = None  # opaque; None after the last page


def page_of(items: Iterable[T], next_cursor: str | None = None) -> Page[T]:
    """Create a page of these items."""
    return Page(tuple(items), next_cursor)
