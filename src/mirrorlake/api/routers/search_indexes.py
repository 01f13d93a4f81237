"""Routes of search indexes."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter

from mirrorlake.api.routing import Bound, add_route
from mirrorlake.model.access import Permission
from mirrorlake.model.jobs import Job
from mirrorlake.model.search_indexes import SearchIndex


def show_all(library: Bound) -> Sequence[SearchIndex]:
    """List the indexes that were made for searches."""
    return library.indexes.list()


def maintain(library: Bound) -> Job:
    """Make and drop indexes as recorded searches ask for. Returns the queued job."""
    return library.indexes.maintain()


def index_routes() -> APIRouter:
    """The routes under /search-indexes."""
    router = APIRouter(prefix="/search-indexes", tags=["search indexes"])
    add_route(router, "GET", "", show_all, operation="listSearchIndexes", needs=Permission.ASSETS_READ)
    add_route(
        router, "POST", "/maintenance", maintain,
        operation="maintainSearchIndexes", status=202, needs=Permission.LIBRARY_MAINTAIN,
    )  # fmt: skip
    return router
