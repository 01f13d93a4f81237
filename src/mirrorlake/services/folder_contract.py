"""The use cases of folders, one Protocol as in `contract`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from mirrorlake.model.folders import Folder
from mirrorlake.model.pages import Page
from mirrorlake.services.job_contract import PAGE_LIMIT


class Folders(Protocol):
    """Browse the folders of buckets. Folders without assets do not exist."""

    def page(
        self,
        path: str = "",
        *,
        datasource: str | None = None,
        query: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Page[Folder]:
        """The folders directly in `path` by name, with their numbers of assets; of all datasources if none is named.

        With `query`, only matching assets count. A missing / at the end of the path is added. Raises NotFound for an
        unknown datasource, QueryError, and CatalogError if counting takes too long.
        """
        ...

    def list(self, path: str = "", *, datasource: str | None = None, query: str | None = None) -> Iterator[Folder]:
        """All folders directly in `path`. Raises as above."""
        cursor: str | None = None
        while True:
            page = self.page(path, datasource=datasource, query=query, limit=PAGE_LIMIT, cursor=cursor)
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                return
