"""The body of a search."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AliasChoices, BeforeValidator, Field

from mirrorlake.api.schemas import Body, whole
from mirrorlake.services.contract import PAGE_LIMIT

PATIENCE = (10, 10_000)  # ms
PATIENCE_TEXT = (
    "After about this time, a search that no index answers ends with what it found among the newest assets (see"
    " `searched`). By default it reads all assets, for up to 10 seconds."
)
QUERY_CHARS = 8192  # more than a query may have: its own limit has the better message


class AssetField(StrEnum):
    """A field of an asset in a search result."""

    ID = "id"
    NAME = "name"
    KEY = "key"
    URI = "uri"
    DATASOURCE = "datasource"
    DATASOURCES = "datasources"
    KIND = "kind"
    MEDIA_TYPE = "media_type"
    SIZE = "size"
    WIDTH = "width"
    HEIGHT = "height"
    DURATION_S = "duration_s"
    TAGS = "tags"
    METADATA = "metadata"
    PROJECTS = "projects"
    STATE = "state"
    PLACEHOLDER = "placeholder"
    MODIFIED = "modified"
    UPDATED = "updated"


class SearchRequest(Body):
    """A search: its query, the size of the page, and which fields of each asset are returned."""

    query: Annotated[
        str, Field(max_length=QUERY_CHARS, description="Query in the search language; empty matches everything.")
    ] = ""
    page_size: Annotated[
        int,
        Field(ge=1, le=PAGE_LIMIT, strict=True, validation_alias=AliasChoices("page_size", "pageSize")),
        BeforeValidator(whole),
    ] = 100
    fields: Annotated[
        tuple[AssetField, ...],
        Field(max_length=100, description="Fields to return besides `id`; all if omitted."),
    ] = ()
    continuation_token: Annotated[
        str | None,
        Field(
            max_length=16384,
            validation_alias=AliasChoices("continuation_token", "continuationToken"),
            description="Token of the previous page of the same query.",
        ),
    ] = None
    patience_ms: Annotated[
        int | None,
        Field(ge=PATIENCE[0], le=PATIENCE[1], strict=True, description=PATIENCE_TEXT),
        BeforeValidator(whole),
    ] = None
