"""Thumbnails in the library store compared with the catalog: missing, orphaned, rebuilt and cleaned up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from mirrorlake.model.objects import Requests


@dataclass(frozen=True, slots=True, kw_only=True)
class ThumbnailCheck:
    """All assets of a library compared with the thumbnails in its library store. Sizes in bytes."""

    assets: int  # whose kind has a thumbnail
    lacking: int  # assets whose thumbnail is missing or cannot be read
    damaged: int  # of those: it exists but is incomplete
    misplaced: int  # of those: it exists elsewhere in the library store and need not be rendered again
    to_read: int  # size of the originals that rebuilding the others would read, each counted once
    thumbnails: int  # that are in use
    bytes: int
    packs: int  # objects that hold them
    dead_bytes: int  # of these objects, which a cleanup may free
    left_over: int  # thumbnails and files that no asset uses
    left_over_bytes: int
    unknown: int  # unrelated files, which are never touched
    seconds: float

    @property
    def clean(self) -> bool:
        """Whether every asset has its thumbnail."""
        return not self.lacking


class Lack(StrEnum):
    """Why the thumbnail of an asset is still missing."""

    CHANGED = "changed"  # its object is gone or was replaced since it was processed: left to the next pass
    DIFFERENT = "different"  # the object has the recorded token and size, but other bytes
    REFUSED = "refused"  # its bytes cannot be rendered
    FAILED = "failed"  # it could not be read; a retry may help


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmade:
    """One asset whose thumbnail could not be rendered."""

    datasource: str
    key: str
    asset_id: str
    lack: Lack
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """The result of rebuilding missing thumbnails, in assets. `errors` has the reason for each abandoned datasource."""

    lacking: int  # before
    put_back: int  # found elsewhere in the library store
    made: int
    unmade: Mapping[Lack, int]
    requests: Requests
    bytes_read: int
    seconds: float
    errors: Mapping[str, str]

    @property
    def clean(self) -> bool:
        """Whether every asset has its thumbnail now."""
        return not self.errors and not any(self.unmade.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeResult:
    """The result of a job of kind thumbnails_make: the counts, and the first failures."""

    making: Making
    unmade: tuple[Unmade, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaning:
    """The result of cleaning up orphaned thumbnails. Sizes in bytes."""

    left_over: int  # thumbnails and files that no asset uses, old enough to remove
    young: int  # recently written ones: kept for now
    removed: int
    removed_bytes: int
    packed: int  # thumbnails that were files of their own, and are in packs now
    repacked: int  # packs that were merged or rewritten without their dead space
    hold: str | None  # why nothing was done: it would remove so much that it may be a mistake
    seconds: float
    unreadable: tuple[str, ...] = ()  # packs that cannot be read, each with the reason; 100 at most
    remaining: int = 0  # packs that the next cleanup of a worker rewrites
    dead_bytes: int = 0  # of packs, before; what this cleanup removed counts as such
