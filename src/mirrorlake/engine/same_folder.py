"""Notice that a node reads another folder than the one that was listed here.

Its own inode is compared before a node reads anything. Disks of the same kind can have the same one, but not the same
files: then a node finds none of them, and what it did not find is looked up here.
"""

from __future__ import annotations

import pyarrow as pa

from mirrorlake.core.columnar import column, equal_to
from mirrorlake.core.errors import SettingsError, StorageError
from mirrorlake.model.outcomes import Op, ResultKind
from mirrorlake.model.sources import Location
from mirrorlake.storage.base import Store
from mirrorlake.storage.providers.registry import provider_of

FIX = "Mount it on every node under the same path, or unset MIRRORLAKE_ENGINE to read it on this machine."
_READ = (Op.NEW, Op.CHANGED)  # the object itself, not only its companions


def inode_of(folder: Location) -> str | None:
    """The inode of a folder, the same on all machines that mount it; None for a bucket, or where there is no folder."""
    identity = provider_of(folder.provider).root_identity(folder)
    return None if identity is None else identity.facts.get("inode")


def check_gone(found: pa.RecordBatch, folder: Store) -> None:
    """Raise SettingsError if a node found nothing of a task (PROCESSED) and any of it is in this folder, as listed."""
    if not equal_to(column(found, "result"), int(ResultKind.GONE)).all():
        return
    for row in found.select(["op", "key", "token"]).to_pylist():
        if row["op"] in _READ and _is_there(folder, row["key"], row["token"]):
            raise SettingsError(
                f"A node of the Ray cluster has another folder in the place of that of this machine: {row['key']!r} "
                "is here and not there.",
                FIX,
            )


def _is_there(folder: Store, key: str, token: str) -> bool:
    try:
        return folder.head(key).token == token
    except StorageError:
        return False
