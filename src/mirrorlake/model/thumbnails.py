"""How the library store and the catalog agree about thumbnails: what is lacking, what is left over, what was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass


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

    def as_json(self) -> Mapping[str, object]:
        """The public shape."""
        return {**asdict(self), "seconds": round(self.seconds, 3)}
