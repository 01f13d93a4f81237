"""Folders over HTTP."""

from __future__ import annotations

from mirrorlake.client.connection import NounClient
from mirrorlake.model.folders import Folder
from mirrorlake.model.pages import Page
from mirrorlake.services.folder_contract import Folders


class FolderClient(NounClient, Folders):
    """Implements `Folders` over HTTP."""

    def page(
        self,
        path: str = "",
        *,
        datasource: str | None = None,
        query: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Page[Folder]:
        """See `Folders.page`."""
        params = {"path": path, "datasource": datasource, "query": query, "limit": limit, "cursor": cursor}
        return self.connection.page(Folder, "/folders", params)
