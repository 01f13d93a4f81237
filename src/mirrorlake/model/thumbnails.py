"""How the library store and the catalog agree about thumbnails: what is lacking, what is left over, what was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from mirrorlake.model.objects import Requests


@dataclass(frozen=True, slots=True, kw_only=True)
class ThumbnailCheck:
    """The assets of a library, of any state, against the files of its library store. Sizes in bytes."""

    assets: int
    lacking: int  # assets whose thumbnail is not there, or cannot be read
    damaged: int  # of those: a file is there, and is no whole picture
    misplaced: int  # of those: it stands elsewhere in the library store, and need not be made again
    to_read: int  # size of the originals that making the others would read, each once
    thumbnails: int  # files that are in use
    bytes: int
    left_over: int  # files that no asset uses
    left_over_bytes: int
    unknown: int  # files that are none of ours: nothing touches them
    seconds: float

    @property
    def clean(self) -> bool:
        """Whether every asset has its thumbnail."""
        return not self.lacking


class Lack(StrEnum):
    """Why an asset still lacks its thumbnail."""

    CHANGED = "changed"  # its object is gone, or another than the one that was looked at: left to the next pass
    DIFFERENT = "different"  # the object has the token and size of then, and other bytes
    REFUSED = "refused"  # no picture can be made of its bytes
    FAILED = "failed"  # it could not be read; another try may do


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmade:
    """One asset whose thumbnail could not be made."""

    datasource: str
    key: str
    asset_id: str
    lack: Lack
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """What making lost thumbnails came to, in assets. `errors` says of each datasource that was given up why."""

    lacking: int  # before
    put_back: int  # theirs stood in another folder
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
class Cleaning:
    """What clearing away left-over files came to. Sizes in bytes."""

    left_over: int  # files that no asset uses, old enough to go
    young: int  # such files that were written of late: they stay for now
    removed: int  # also what an earlier command had put aside
    removed_bytes: int
    put_back: int  # put aside before, and used by an asset since
    waiting: int  # put aside until the runs have ended that may still use them
    waits_for: tuple[int, ...]  # those runs
    hold: str | None  # why nothing was done: so much would go that it may be a mistake
    seconds: float
