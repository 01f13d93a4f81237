"""An asset: one item of the library, with an identity that outlives its content."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from blake3 import blake3

from mirrorlake.model.looking import Depth
from mirrorlake.model.media import MediaKind
from mirrorlake.model.picture_texts import PictureText
from mirrorlake.model.public import public_noun

Scalar = str | int | float | bool


class AssetState(StrEnum):
    """The state of an asset: whether its object still exists in its bucket."""

    PRESENT = "present"
    MISSING = "missing"
    TRASH = "trash"


# The values of the column `asset.state`.
STATE_NUMBERS: Mapping[AssetState, int] = {AssetState.PRESENT: 0, AssetState.MISSING: 1, AssetState.TRASH: 2}


@public_noun
class Asset:
    """One line of a search result."""

    id: str
    name: str
    key: str
    """Object key, byte-exact; relative to the folder for file:// sources."""
    uri: str
    """Percent-encoded address of the object."""
    datasource: str
    datasources: tuple[str, ...]
    kind: MediaKind
    media_type: str
    size: int
    """Bytes."""
    width: int | None
    """Pixels, upright; null for media without a size."""
    height: int | None
    """Pixels, upright; null for media without a size."""
    duration_s: float | None
    """Length of a video or recording in seconds; null for other media, or if it is not known."""
    tags: tuple[str, ...]
    metadata: Mapping[str, Scalar]
    projects: tuple[str, ...]
    state: AssetState
    placeholder: str | None
    """Thumbhash, base64; null without a thumbnail."""
    modified: datetime | None
    updated: datetime


@public_noun
class AssetPage:
    """A page of a search result."""

    total: int
    """Number of assets that match; a lower bound if `total_capped`."""
    total_capped: bool
    offset: int
    """Position of the first item."""
    items: tuple[Asset, ...]
    next_cursor: str | None = None
    """Pass it as `cursor` to get the next page; null after the last one."""
    notes: tuple[str, ...] = ()
    """Sentences about what is missing in the result, and about unknown names in the query if nothing matches."""
    searched: int | None = None
    """How many assets were searched, if the search ended early (see `patience_ms`); null: all that can match."""


@public_noun
class SearchPage:
    """A page of a search result with chosen fields."""

    results: tuple[Mapping[str, object], ...]
    """Assets with their id and the requested fields."""
    total: int
    """Number of assets that match; a lower bound if `total_capped`."""
    total_capped: bool
    continuation_token: str | None = None
    """Pass it with the same query to get the next page; null after the last one."""
    notes: tuple[str, ...] = ()
    """Sentences about what is missing in the result, and about unknown names in the query if nothing matches."""
    searched: int | None = None
    """How many assets were searched, if the search ended early (see `patience_ms`); null: all that can match."""


@public_noun
class MetadataEntry:
    """One metadata key: its value, and who set it when."""

    value: Scalar
    source: str
    """`bucket` or `user`."""
    at: datetime
    by: str | None = None
    """The user who set it, if known."""


@public_noun
class AssetDetail:
    """An asset with all its details."""

    asset: Asset
    digest: str | None
    """BLAKE3 of the bytes, hexadecimal; null if only parts of the object were read."""
    depth: Depth = Depth.FULL
    """How much of the object was read: full, header or none."""
    token: str
    """The bucket's opaque change token."""
    version: str | None
    """Id of the version that was read, if the bucket is versioned."""
    storage_class: str | None
    orientation: int | None
    """Of images: EXIF orientation as stored in the file, 1 to 8."""
    facts: Mapping[str, object]
    """Facts from the file, by kind: camera, pages, and so on."""
    picture_text: PictureText | None = None
    """The text that was read in the picture; null if none was looked for."""
    metadata: Mapping[str, MetadataEntry]
    sidecar_key: str | None
    duplicates: tuple[str, ...] = ()
    """Keys of other objects of the datasource with the same bytes, which its policy skips or links; 100 at most."""
    warnings: tuple[str, ...]
    created: datetime
    revision: str
    """Changes with everything above. Pass it to an edit that must not overwrite a change by somebody else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """Access to an asset's own bytes: either a short-lived address, or the bytes themselves.

    Exactly one of `url` (presigned, valid for `life_s`, never stored) and `data` is set.
    """

    url: str | None
    data: bytes | None
    media_type: str  # from the bytes, never from the name
    name: str
    life_s: int = 0  # seconds for which `url` is valid
    mark: str = ""  # of `data`: differs if the bytes differ


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOriginal:
    """An original whose bytes are not read yet.

    `pieces(part)` reads these bytes of a version that does not change meanwhile, else it raises ObjectChanged; it is
    called only where `original` has no address.
    """

    original: Original  # without `data`
    size: int = 0
    pieces: Callable[[range], Iterator[bytes]] = lambda _: iter(())


def mark_of(size: int, token: str) -> str:
    """The mark of an original that has this size and change token."""
    return blake3(f"{size} {token}".encode("utf-8", "surrogateescape")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The client already has the current bytes of the original."""

    mark: str
