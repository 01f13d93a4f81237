"""Saved searches over HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from mirrorlake.client.connection import NounClient
from mirrorlake.model.saved_searches import SavedSearch
from mirrorlake.services.saved_search_contract import SavedSearches


class SavedSearchClient(NounClient, SavedSearches):
    """Implements `SavedSearches` over HTTP."""

    def list(self) -> Sequence[SavedSearch]:
        """See `SavedSearches.list`."""
        return self.connection.ask(tuple[SavedSearch, ...], "GET", "/saved-searches")

    def add(self, name: str, query: str) -> SavedSearch:
        """See `SavedSearches.add`."""
        return self.connection.ask(SavedSearch, "POST", "/saved-searches", body={"name": name, "query": query})

    def change(self, search_id: int, *, name: str | None = None, query: str | None = None) -> SavedSearch:
        """See `SavedSearches.change`."""
        body = {key: value for key, value in (("name", name), ("query", query)) if value is not None}
        return self.connection.ask(SavedSearch, "PATCH", f"/saved-searches/{search_id}", body=body)

    def delete(self, search_id: int) -> None:
        """See `SavedSearches.delete`."""
        self.connection.send("DELETE", f"/saved-searches/{search_id}")
