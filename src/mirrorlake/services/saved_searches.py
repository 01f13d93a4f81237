"""Use cases of saved searches."""

from __future__ import annotations

from collections.abc import Sequence

from mirrorlake.catalog import saved_searches
from mirrorlake.core.errors import UsageError
from mirrorlake.model.access import Permission
from mirrorlake.model.saved_searches import MAX_NAME_CHARS, SavedSearch
from mirrorlake.search.selections import select_ids
from mirrorlake.services.base import Service, requires
from mirrorlake.services.saved_search_contract import SavedSearches


class SavedSearchService(Service, SavedSearches):
    """Implements `SavedSearches` over the catalog."""

    @requires(Permission.ASSETS_READ)
    def list(self) -> Sequence[SavedSearch]:
        """See `SavedSearches.list`."""
        return saved_searches.list_all(self.resources.catalog)

    @requires(Permission.ASSETS_EDIT)
    def add(self, name: str, query: str) -> SavedSearch:
        """See `SavedSearches.add`."""
        select_ids(query)  # a query that is not understood now never will be
        return saved_searches.add(self.resources.catalog, _check_name(name), query, by=self.caller)

    @requires(Permission.ASSETS_EDIT)
    def change(self, search_id: int, *, name: str | None = None, query: str | None = None) -> SavedSearch:
        """See `SavedSearches.change`."""
        if name is None and query is None:
            raise UsageError("Nothing would change.", "Give a new name, a new query, or both.")
        if query is not None:
            select_ids(query)
        new = None if name is None else _check_name(name)
        return saved_searches.change(self.resources.catalog, search_id, name=new, query=query, by=self.caller)

    @requires(Permission.ASSETS_EDIT)
    def delete(self, search_id: int) -> None:
        """See `SavedSearches.delete`."""
        saved_searches.delete(self.resources.catalog, search_id, by=self.caller)


def _check_name(name: str) -> str:
    """The name without white space around it. Raises UsageError."""
    trimmed = name.strip()
    if not trimmed or len(trimmed) > MAX_NAME_CHARS or not trimmed.isprintable():
        raise UsageError(
            f"Invalid name: {name[: MAX_NAME_CHARS + 1]!r}.",
            f"Use 1 to {MAX_NAME_CHARS} characters without control characters.",
        )
    return trimmed
