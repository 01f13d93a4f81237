"""An asset: one image of the library, with an identity that outlives its content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

Scalar = str | int | float | bool


class AssetState(StrEnum):
    """Whether the asset's object still exists in its bucket."""

    PRESENT = "present"
    MISSING = "missing"
    TRASH = "trash"


# As the column `asset.state` holds them.
STATE_NUMBERS: Mapping[AssetState, int] = {AssetState.PRESENT: 0, AssetState.MISSING: 1, AssetState.TRASH: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One line of a search result."""

    id: str
    name: str
    key: str
    uri: str  # percent-encoded
    datasource: str
    datasources: tuple[str, ...]
    media_type: str
    size: int  # bytes
    width: int  # pixels, upright
    height: int
    tags: tuple[str, ...]
    metadata: Mapping[str, Scalar]
    projects: tuple[str, ...]
    state: AssetState
    placeholder: bytes  # thumbhash
    modified: datetime | None
    updated: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataEntry:
    """One metadata key with its origin and time."""

    value: Scalar
    source: str  # "bucket" or "user"
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetDetail:
    """Everything the library knows about one asset."""

    asset: Asset
    digest: bytes  # BLAKE3
    token: str
    version: str | None  # id of the version that was read, if the bucket keeps versions
    storage_class: str | None
    orientation: int
    facts: Mapping[str, object]  # camera facts and the like
    metadata: Mapping[str, MetadataEntry]
    sidecar_key: str | None
    warnings: tuple[str, ...]
    created: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of a search result. `total` is exact unless `total_capped`, then it is a lower bound."""

    assets: tuple[Asset, ...]
    total: int
    total_capped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """Access to an asset's own bytes: either a short-lived address, or the bytes themselves.

    Exactly one of `url` (presigned, valid for `life_s`, never stored) and `data` is set.
    """

    url: str | None
    data: bytes | None
    media_type: str  # from the bytes, never from the name
    name: str
    life_s: int = 0  # seconds that `url` is valid
    mark: str = ""  # of `data`: differs if the bytes differ


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The client that requests an original already has these bytes."""

    mark: str
