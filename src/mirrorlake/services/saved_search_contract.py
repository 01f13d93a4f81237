"""The use cases of saved searches; see `services/contract.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mirrorlake.core.errors import NotFound
from mirrorlake.model.saved_searches import SavedSearch


class SavedSearches(Protocol):
    """Keep queries under a name, which everybody in the workspace can open."""

    def list(self) -> Sequence[SavedSearch]:
        """All saved searches, by name."""
        ...

    def named(self, name: str) -> SavedSearch:
        """One saved search. Raises NotFound."""
        for one in self.list():
            if one.name == name:
                return one
        raise NotFound(f"No saved search is named {name!r}.", "`mirrorlake saved list` shows the existing ones.")

    def add(self, name: str, query: str) -> SavedSearch:
        """Save a query. Raises QueryError, UsageError for an invalid name, and Conflict if the name is taken."""
        ...

    def change(self, search_id: int, *, name: str | None = None, query: str | None = None) -> SavedSearch:
        """Change the name, the query, or both. Raises NotFound and the errors of `add`."""
        ...

    def delete(self, search_id: int) -> None:
        """Delete a saved search. Raises NotFound."""
        ...
