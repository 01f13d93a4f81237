"""Bodies of requests about exports."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mirrorlake.api.schemas import VISIBLE, Body
from mirrorlake.model.asset_columns import FIELDS_LIMIT
from mirrorlake.model.bulk import MAX_IDS
from mirrorlake.model.exports import (
    SHARD_BYTES,
    SHARD_BYTES_LEAST,
    SHARD_BYTES_MOST,
    URL_LIFE_LIMIT_S,
    URL_LIFE_S,
    ExportFormat,
    ExportOptions,
)

_Name = Annotated[str, Field(min_length=1, max_length=200, pattern=VISIBLE)]


class ExportBody(Body):
    """An export of assets: of a query, of a project, of a snapshot, or with these ids."""

    format: Annotated[ExportFormat, Field(description="Format of the files.")]
    query: Annotated[str, Field(max_length=8192, description="Only export assets that match this query.")] = ""
    project: Annotated[_Name | None, Field(description="Only export assets of this project.")] = None
    snapshot: Annotated[_Name | None, Field(description="Export a snapshot, as PROJECT@NUMBER.")] = None
    assets: Annotated[
        tuple[Annotated[str, Field(max_length=64)], ...],
        Field(max_length=MAX_IDS, description="Only export the assets with these ids; not with a query."),
    ] = ()
    path: Annotated[
        str | None,
        Field(min_length=1, max_length=2048, pattern=VISIBLE, description="Address of a new object."),
    ] = None
    connection: Annotated[_Name | None, Field(description="Connection for the address.")] = None
    fields: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=1100)], ...] | None,
        Field(max_length=FIELDS_LIMIT, description="Columns, metadata.KEY or facts.NAME; all columns if omitted."),
    ] = None
    url_life_s: Annotated[
        int, Field(ge=1, le=URL_LIFE_LIMIT_S, description="Lifetime of the addresses in a manifest, in seconds.")
    ] = URL_LIFE_S
    shard_bytes: Annotated[
        int, Field(ge=SHARD_BYTES_LEAST, le=SHARD_BYTES_MOST, description="Size of a WebDataset shard, in bytes.")
    ] = SHARD_BYTES
    bake_orientation: Annotated[
        bool, Field(description="Turn copied images by their EXIF orientation. Of WebDataset.")
    ] = False

    def as_options(self) -> ExportOptions:
        """The export as a value of the library."""
        return ExportOptions(**self.model_dump())
