"""Routes of saved searches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Response

from mirrorlake.api.routing import Bound, add_route
from mirrorlake.api.schemas.saved_searches import NewSavedSearch, SavedSearchChange
from mirrorlake.model.access import Permission
from mirrorlake.model.saved_searches import SavedSearch

SearchId = Annotated[int, Path(ge=1, le=2**31 - 1, description="Number of the saved search.")]


def show_all(library: Bound) -> Sequence[SavedSearch]:
    """List the saved searches of the workspace, by name."""
    return library.saved_searches.list()


def add(library: Bound, search: NewSavedSearch) -> SavedSearch:
    """Save a query under a name, for everybody in the workspace."""
    return library.saved_searches.add(search.name, search.query)


def change(library: Bound, search_id: SearchId, change: SavedSearchChange) -> SavedSearch:
    """Change the name of a saved search, its query, or both."""
    return library.saved_searches.change(search_id, name=change.name, query=change.query)


def delete(library: Bound, search_id: SearchId) -> Response:
    """Delete a saved search."""
    library.saved_searches.delete(search_id)
    return Response(status_code=204)


def saved_search_routes() -> APIRouter:
    """The routes under /saved-searches."""
    router = APIRouter(prefix="/saved-searches", tags=["search"])
    read, edit, one = Permission.ASSETS_READ, Permission.ASSETS_EDIT, "/{search_id:number}"
    add_route(router, "GET", "", show_all, operation="listSavedSearches", needs=read)
    add_route(router, "POST", "", add, operation="saveSearch", needs=edit, status=201)
    add_route(router, "PATCH", one, change, operation="changeSavedSearch", needs=edit)
    add_route(
        router,
        "DELETE",
        one,
        delete,
        operation="deleteSavedSearch",
        needs=edit,
        status=204,
        response_class=Response,
    )
    return router
