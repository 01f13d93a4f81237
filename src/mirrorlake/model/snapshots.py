"""Snapshots: what a project held at one moment, under a number and a digest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from mirrorlake.model.public import public_noun
from mirrorlake.model.splits import SplitSettings

NOTE_LIMIT: Final = 2_000  # characters


@public_noun
class Snapshot:
    """The frozen assets of a project. It never changes; only its note can be edited."""

    name: str
    """The project and the number, as in roads@3."""
    project: str
    number: int
    digest: str
    """Digest of its content: two snapshots with equal content have equal digests."""
    assets: int
    splits: Mapping[str, int]
    """Number of assets by split; those without one are counted under none."""
    classes: Mapping[str, Mapping[str, int]]
    """Number of annotations of each class, as ontology/class, by split."""
    split: SplitSettings | None
    """How the project was divided then."""
    bytes: int
    """Stored size. Chunks that are shared with other snapshots are counted in each."""
    note: str
    created: datetime
    created_by: str | None


@public_noun
class SnapshotOptions:
    """What to freeze."""

    project: str
    note: str = ""


class Difference(StrEnum):
    """How an asset differs between two snapshots."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@public_noun
class SnapshotChange:
    """One asset that differs between two snapshots."""

    asset_id: str
    key: str
    """In the second snapshot, or in the first if it was removed."""
    difference: Difference
    fields: tuple[str, ...] = ()
    """What changed: content, place, name, split, tags, metadata or annotations."""
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Values before and after: of the split, of metadata keys, tags added and removed, numbers of annotations."""


@public_noun
class SnapshotComparison:
    """What differs between two snapshots."""

    before: str
    after: str
    equal: bool
    """Whether their content is equal."""
    added: int
    removed: int
    changed: int
    unchanged: int
    fields: Mapping[str, int]
    """Number of changed assets by what changed."""
    changes: tuple[SnapshotChange, ...]
    """The first of them, by asset id."""


class Gone(StrEnum):
    """Why the frozen content of an asset cannot be read any more."""

    REMOVED = "removed"
    """The asset was removed from the library."""
    TRASH = "trash"
    MISSING = "missing"
    """The object vanished from the bucket."""
    REPLACED = "replaced"
    """The object has other content now."""


@public_noun
class GoneAsset:
    """An asset of a snapshot whose frozen content the library does not reach any more."""

    asset_id: str
    key: str
    uri: str
    reason: Gone
    version: str | None
    """Id of the frozen version; a versioned bucket may still have it."""
    digest: str


@public_noun
class SnapshotAsset:
    """One asset as a snapshot holds it."""

    id: str
    name: str
    key: str
    uri: str
    datasource: str
    kind: str
    media_type: str
    size: int
    width: int | None
    height: int | None
    token: str
    version: str | None
    digest: str
    split: str | None
    tags: tuple[str, ...]
    metadata: Mapping[str, Any]
    annotations: tuple[Mapping[str, Any], ...]
    """Each with ontology, class, shape, geometry and attributes."""


@public_noun
class RestoreOptions:
    """What to restore of a snapshot besides the project's assets and splits."""

    snapshot: str
    metadata: bool = False
    """The metadata that users had set. Keys that users set later are removed; those of the bucket stay."""
    tags: bool = False
    annotations: bool = False
    dry_run: bool = False
    """Only count what would change."""


@public_noun
class SnapshotRestored:
    """What restoring a snapshot changed, or would change."""

    snapshot: str
    project: str
    added: int
    """Assets that were added to the project."""
    removed: int
    """Assets that were removed from the project. They stay in the library."""
    splits: int
    """Assets in another split than before."""
    metadata: int
    """Assets with other metadata than before."""
    tags: int
    annotations: int
    gone_count: int
    """Assets of the snapshot that are not in the library any more."""
    gone: tuple[str, ...]
    """Keys of the first of them."""
    unknown_classes: tuple[str, ...]
    """Classes, as ontology/class, that do not exist any more. Their annotations were left out."""
    undo: str | None
    """The snapshot of the project as it was before."""
    dry_run: bool
    gone_reasons: Mapping[str, int] = field(default_factory=dict[str, int])
    """Assets whose frozen content cannot come back, by reason: removed, trash, missing or replaced. Those that are not
    removed are in the project again, as they are now."""
    gone_assets: tuple[GoneAsset, ...] = ()
    """The first 100 of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotPart:
    """A chunk of a snapshot: rows of consecutive asset ids."""

    digest: bytes  # BLAKE3 of its Parquet file
    first_asset: int
    last_asset: int
    assets: int
