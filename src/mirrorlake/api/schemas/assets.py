"""The shapes of assets in the REST contract. Renaming a field here breaks people's scripts: add, never rename."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter
from pydantic.alias_generators import to_camel

from mirrorlake.model.assets import Asset, AssetDetail, AssetState, Page, Scalar
from mirrorlake.model.edits import Edit
from mirrorlake.model.media import MediaKind

_FACTS: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])


class Shape(BaseModel):
    """Base of every answer: nothing undeclared gets out."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_serialization_defaults_required=True)


class AssetItem(Shape):
    """One line of a search result."""

    id: str
    name: str
    key: Annotated[str, Field(description="Object key, byte-exact; relative to the folder for file:// sources.")]
    uri: Annotated[str, Field(description="Percent-encoded address of the object.")]
    datasource: str
    datasources: list[str]
    kind: MediaKind
    media_type: str
    size: Annotated[int, Field(description="Bytes.")]
    width: Annotated[int | None, Field(description="Pixels, upright; null for what is not seen.")]
    height: Annotated[int | None, Field(description="Pixels, upright; null for what is not seen.")]
    tags: list[str]
    metadata: dict[str, Scalar]
    projects: list[str]
    state: AssetState
    placeholder: Annotated[str | None, Field(description="ThumbHash, base64; null where there is no thumbnail.")]
    modified: datetime | None
    updated: datetime

    @classmethod
    def of(cls, asset: Asset) -> AssetItem:
        """The public shape of an asset."""
        return cls(
            id=asset.id,
            name=asset.name,
            key=asset.key,
            uri=asset.uri,
            datasource=asset.datasource,
            datasources=list(asset.datasources),
            kind=asset.kind,
            media_type=asset.media_type,
            size=asset.size,
            width=asset.width,
            height=asset.height,
            tags=list(asset.tags),
            metadata=dict(asset.metadata),
            projects=list(asset.projects),
            state=asset.state,
            placeholder=None if asset.placeholder is None else base64.b64encode(asset.placeholder).decode("ascii"),
            modified=asset.modified,
            updated=asset.updated,
        )


class AssetPage(Shape):
    """A stretch of a search result."""

    total: Annotated[int, Field(description="How many assets match; a lower bound where total_capped.")]
    total_capped: bool
    offset: int
    items: list[AssetItem]

    @classmethod
    def of(cls, page: Page, offset: int) -> AssetPage:
        """The public shape of a page that starts at `offset`."""
        items = [AssetItem.of(asset) for asset in page.assets]
        return cls(total=page.total, total_capped=page.total_capped, offset=offset, items=items)


class MetadataShape(Shape):
    """One metadata key: its value, who set it (bucket or user) and when."""

    value: Scalar
    source: str
    at: datetime


class AssetFull(Shape):
    """Everything the library knows about one asset."""

    asset: AssetItem
    digest: Annotated[str, Field(description="BLAKE3 of the bytes, hexadecimal.")]
    token: Annotated[str, Field(description="The bucket's opaque change token.")]
    version: Annotated[str | None, Field(description="Id of the version read, if the bucket keeps versions.")]
    storage_class: str | None
    orientation: Annotated[int | None, Field(description="Of images: EXIF orientation as stored in the file, 1 to 8.")]
    facts: Annotated[
        dict[str, JsonValue], Field(description="What the file says of itself, by kind: camera, pages, ...")
    ]
    metadata: dict[str, MetadataShape]
    sidecar_key: str | None
    warnings: list[str]
    created: datetime

    @classmethod
    def of(cls, detail: AssetDetail) -> AssetFull:
        """The public shape of an asset's details."""
        return cls(
            asset=AssetItem.of(detail.asset),
            digest=detail.digest.hex(),
            token=detail.token,
            version=detail.version,
            storage_class=detail.storage_class,
            orientation=detail.orientation,
            facts=_FACTS.validate_python(dict(detail.facts)),
            metadata={
                key: MetadataShape(value=entry.value, source=entry.source, at=entry.at)
                for key, entry in detail.metadata.items()
            },
            sidecar_key=detail.sidecar_key,
            warnings=list(detail.warnings),
            created=detail.created,
        )


_EDIT_LIMIT = 1000  # keys or tags that one request may name
_Words = Annotated[tuple[str, ...], Field(max_length=_EDIT_LIMIT)]


class AssetChange(Shape):
    """What a request changes about an asset: all of it, or nothing. What it does not name stays."""

    model_config = ConfigDict(alias_generator=to_camel)  # as other products name these

    metadata: Annotated[dict[str, Scalar], Field(max_length=_EDIT_LIMIT, description="Keys to set.")] = {}
    remove_metadata: Annotated[_Words, Field(description="Keys to take away, whoever set them.")] = ()
    add_tags: _Words = ()
    remove_tags: _Words = ()

    def as_edit(self) -> Edit:
        """The same, as a noun of ours."""
        return Edit(
            metadata=self.metadata,
            remove_metadata=self.remove_metadata,
            add_tags=self.add_tags,
            remove_tags=self.remove_tags,
        )


class Health(Shape):
    """The server answers. Says nothing that a stranger may not know."""

    status: str
