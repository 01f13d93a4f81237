"""Routes that help to write queries: metadata keys."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from mirrorlake.api.routing import Bound, add_route
from mirrorlake.api.schemas import VISIBLE
from mirrorlake.api.schemas.search import QUERY_CHARS
from mirrorlake.core.errors import UsageError
from mirrorlake.model.access import Permission
from mirrorlake.model.completions import Completions
from mirrorlake.model.facets import FacetList
from mirrorlake.model.fields import KeyList, KnownKey, Pending
from mirrorlake.model.storage import Storage
from mirrorlake.select.metadata import MAX_KEY_CHARS
from mirrorlake.services.field_contract import FACET_FIELDS, FACET_VALUES, KEY_LIMIT

Contains = Annotated[
    str | None, Query(max_length=MAX_KEY_CHARS, pattern=VISIBLE, description="Keep keys that contain this text.")
]


def keys(library: Bound, contains: Contains = None, limit: Annotated[int, Query(ge=1, le=KEY_LIMIT)] = 100) -> KeyList:
    """List metadata keys with types, counts, frequent values and ranges, those of the most assets first."""
    return library.assets.keys(contains=contains, limit=limit)


def key(
    library: Bound, key: Annotated[str, Path(max_length=MAX_KEY_CHARS, description="The metadata key.")]
) -> KnownKey:
    """Get a metadata key: its types show an editor how to read a text that is entered."""
    return library.assets.key(key)


def completions(
    library: Bound,
    query: Annotated[str, Query(max_length=QUERY_CHARS, description="The query as far as it is written.")] = "",
    position: Annotated[
        int | None,
        Query(ge=0, le=QUERY_CHARS, description="Unicode characters before the cursor; the end if omitted."),
    ] = None,
) -> Completions:
    """Complete a query at a position: what can be written there, and which characters it replaces."""
    return library.assets.complete(query, position=position)


def facets(
    library: Bound,
    query: Annotated[
        str, Query(max_length=QUERY_CHARS, description="Query in the search language; empty matches everything.")
    ] = "",
    keys: Annotated[
        str | None,
        Query(max_length=QUERY_CHARS, description="Fields, separated by commas, such as metadata.site,tag,size."),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=FACET_VALUES, description="Values of each field.")] = 10,
) -> FacetList:
    """Count the values of fields among the assets that match; estimates from a sample are marked."""
    fields = [name.strip() for name in (keys or "").split(",") if name.strip()]
    if len(fields) > FACET_FIELDS:
        raise UsageError(f"{len(fields):,} fields were named.", f"Name at most {FACET_FIELDS} in one request.")
    return library.assets.facets(query, fields=fields, limit=limit)


def storage(library: Bound) -> Storage:
    """Show the bytes of the objects by media type, datasource and top folder; estimates from a sample are marked."""
    return library.assets.storage()


def recount(library: Bound) -> Pending:
    """Count all keys and values again. Workers do the counting."""
    return Pending(pending=library.assets.rebuild_keys())


def field_routes() -> APIRouter:
    """The routes under /search that help to write queries."""
    router = APIRouter(prefix="/search", tags=["assets"])
    add_route(router, "GET", "/completions", completions, operation="completeQuery", needs=Permission.ASSETS_READ)
    add_route(router, "GET", "/facets", facets, operation="getFacets", needs=Permission.ASSETS_READ)
    add_route(router, "GET", "/storage", storage, operation="getStorage", needs=Permission.ASSETS_READ)
    add_route(router, "GET", "/keys", keys, operation="listKeys", needs=Permission.ASSETS_READ)
    add_route(router, "GET", "/keys/{key}", key, operation="getKey", needs=Permission.ASSETS_READ)
    add_route(router, "POST", "/recount", recount, operation="recountKeys", needs=Permission.LIBRARY_MAINTAIN)
    return router
