"""Use cases of folders: browse the folders of buckets."""

from __future__ import annotations

from typing import cast

from mirrorlake.catalog import folders
from mirrorlake.core.cursors import read_cursor, unusable_cursor, write_cursor
from mirrorlake.core.errors import UsageError
from mirrorlake.model.access import Permission
from mirrorlake.model.folders import Folder
from mirrorlake.model.pages import Page, page_of
from mirrorlake.search.selections import select_ids
from mirrorlake.services.base import Service, requires
from mirrorlake.services.folder_contract import Folders

FOLDERS = "folders"  # the name of the list in its cursors


class FolderService(Service, Folders):
    """Implements `Folders` over the catalog."""

    @requires(Permission.ASSETS_READ)
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
        if "\0" in path:
            raise UsageError("A path cannot contain NUL.", "Remove it.")
        folder = path if not path or path.endswith("/") else f"{path}/"
        after = folders.START if cursor is None else _read(cursor)
        catalog = self.resources.catalog
        if query is None:
            found = folders.list_children(catalog, folder, datasource=datasource, limit=limit, after=after)
        else:
            chosen = select_ids(query)
            found = folders.list_children_of(catalog, chosen, folder, datasource=datasource, limit=limit, after=after)
        following = write_cursor(FOLDERS, list(found[-1][0])) if len(found) == limit else None
        return page_of((one for _, one in found), following)


def _read(cursor: str) -> folders.Place:
    place = cast("list[object]", read_cursor(cursor, FOLDERS, list))
    match place:
        case [int(number), str(name)] if 0 <= number < 2**31 and "\0" not in name:
            return number, name
        case _:
            raise unusable_cursor()
