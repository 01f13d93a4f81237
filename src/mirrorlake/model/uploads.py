"""Files that users upload, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from mirrorlake.model.edits import Edit
from mirrorlake.model.public import public_noun
from mirrorlake.model.splits import Split

MAX_FILES = 100  # of one request
MAX_REQUEST_BYTES = 2_000_000_000  # of all files of one request
DATASOURCE = "uploads"  # the name of the datasource that uploaded files go to


class UploadState(StrEnum):
    """What became of an uploaded file."""

    WAITING = "waiting"  # it is stored, and waits for its import
    IMPORTED = "imported"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadOptions:
    """Where uploaded files go, and the edit of each asset that they become."""

    datasource: str | None = None  # None: the folder of the library for uploads
    edit: Edit = field(default_factory=Edit)
    split: Split | None = None  # in the projects that the edit adds the assets to


@public_noun
class Upload:
    """One uploaded file."""

    id: str
    name: str
    """The name that it was uploaded under."""
    datasource: str
    key: str
    """Its object in the datasource: its name where that is possible and free."""
    size: int
    """Bytes."""
    digest: str
    """BLAKE3 of the bytes, hexadecimal."""
    state: UploadState
    asset: str | None
    """Id of the asset, once it is imported."""
    duplicates: tuple[str, ...]
    """Ids of other assets with exactly these bytes."""
    error: str | None
    """Why it was not imported."""
