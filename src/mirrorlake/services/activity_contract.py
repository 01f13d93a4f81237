"""The use cases of activity."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final, Protocol

from mirrorlake.model.activity import Activity, ActivityFilter
from mirrorlake.model.pages import Page
from mirrorlake.services.job_contract import PAGE_LIMIT

EVERY_ACTIVITY: Final = ActivityFilter()


class Activities(Protocol):
    """Show who changed what. With the permission audit:read also what was refused, and from where."""

    def page(
        self, chosen: ActivityFilter = EVERY_ACTIVITY, *, limit: int = 100, cursor: str | None = None
    ) -> Page[Activity]:
        """The newest activity first, of what is chosen, from `cursor`.

        Raises UsageError for a subject without its kind, and for a cursor of another list.
        """
        ...

    def list(self, chosen: ActivityFilter = EVERY_ACTIVITY, *, limit: int | None = 20) -> Sequence[Activity]:
        """The newest activity, without a limit all. Raises UsageError for a subject without its kind."""
        return [*islice(self.each(chosen, limit=limit), limit)]

    def each(self, chosen: ActivityFilter = EVERY_ACTIVITY, *, limit: int | None = None) -> Iterator[Activity]:
        """The same one by one, read page by page. Raises UsageError for a subject without its kind."""
        cursor: str | None = None
        while limit is None or limit > 0:
            page = self.page(chosen, limit=PAGE_LIMIT if limit is None else min(limit, PAGE_LIMIT), cursor=cursor)
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                break
            limit = None if limit is None else limit - len(page.items)
