"""Search indexes over HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from mirrorlake.client.connection import NounClient
from mirrorlake.model.jobs import Job
from mirrorlake.model.search_indexes import SearchIndex
from mirrorlake.services.index_contract import SearchIndexes


class SearchIndexClient(NounClient, SearchIndexes):
    """Implements `SearchIndexes` over HTTP."""

    def list(self) -> Sequence[SearchIndex]:
        """See `SearchIndexes.list`."""
        return self.connection.ask(tuple[SearchIndex, ...], "GET", "/search-indexes")

    def maintain(self) -> Job:
        """See `SearchIndexes.maintain`."""
        return self.connection.ask(Job, "POST", "/search-indexes/maintenance")
