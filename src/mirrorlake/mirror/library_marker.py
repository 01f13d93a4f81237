"""Which libraries keep their thumbnails in a folder: each leaves a mark there, an empty file named by its id.

Two libraries that share a folder by mistake, or one whose database was swapped for another, would otherwise each take
the thumbnails of the other for left over.
"""

from __future__ import annotations

import re
from pathlib import Path

from mirrorlake.catalog.thumbnails import library_id
from mirrorlake.core.errors import CatalogError
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.disk import room_in

MARKS = "libraries"
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def mark(catalog: Catalog, root: Path) -> Path:
    """Mark a folder of thumbnails as this library's, once; answers the mark. Raises DiskFull and CatalogError."""
    path = root / MARKS / library_id(catalog)
    try:
        if not path.exists():
            with room_in(root):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
    except OSError as error:
        raise unwritable(root, error) from error
    return path


def other_marks(ours: Path) -> list[Path]:
    """The marks of other libraries beside ours."""
    return sorted(path for path in ours.parent.iterdir() if path != ours and _ID.fullmatch(path.name))


def unwritable(root: Path, error: OSError) -> CatalogError:
    """What to say where a folder of thumbnails cannot be written."""
    return CatalogError(
        f"The folder of thumbnails {root} cannot be written: {error.strerror or error}.",
        "Check that this user may write to it.",
    )
