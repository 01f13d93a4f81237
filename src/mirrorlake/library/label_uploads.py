"""Label files that were uploaded to the server and wait for their import, in parts of bounded size.

ID/000000 …  a part
ID/end       written last: the upload is complete
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from mirrorlake.core.errors import NotFound, ObjectGone, UsageError
from mirrorlake.model.labels import UPLOAD_BYTES, LabelUpload
from mirrorlake.storage.writable import WritableStore

KEPT_S = 24 * 3600  # for an import after its preview; later uploads delete older ones
_PART_BYTES = 8_000_000
_ID = re.compile(r"[0-9a-f]{32}")
_END = "end"
_GONE = ("The upload does not exist or was deleted.", "Upload the label files again.")


class LabelUploads:
    """The uploads in a store of the library."""

    def __init__(self, store: WritableStore) -> None:
        self._store = store

    def write(self, pieces: Iterable[bytes]) -> LabelUpload:
        """Store an upload, and delete old ones. Nothing of it remains if `pieces` raises, or if it is too large."""
        self._delete_old()
        upload_id, size = secrets.token_hex(16), 0
        try:
            for number, part in enumerate(_parts(pieces)):
                size += len(part)
                check_size(size)
                self._store.put(f"{upload_id}/{number:06}", part)
            self._store.put(f"{upload_id}/{_END}", str(size).encode())
        except BaseException:
            self.delete(upload_id)
            raise
        return LabelUpload(id=upload_id, size=size)

    def check(self, upload_id: str) -> None:
        """Raise NotFound unless this is a complete upload."""
        with suppress(ObjectGone):
            if _ID.fullmatch(upload_id):
                self._store.head(f"{upload_id}/{_END}")
                return
        raise NotFound(*_GONE)

    def fetch(self, upload_id: str, path: Path) -> None:
        """Write an upload to a new file. Raises NotFound."""
        self.check(upload_id)
        size = 0
        with path.open("xb") as file, suppress(ObjectGone):  # of an upload that is deleted meanwhile
            for key in sorted(one.key for one in self._store.list(f"{upload_id}/")):
                if not key.endswith(f"/{_END}"):
                    size += file.write(self._store.get(key).data)
            if self._store.get(f"{upload_id}/{_END}").data == str(size).encode():
                return
        path.unlink()
        raise NotFound(*_GONE)

    def delete(self, upload_id: str) -> None:
        """Delete an upload, complete or not."""
        self._delete_all([one.key for one in self._store.list(f"{upload_id}/")])

    def _delete_old(self) -> None:
        before = time.time() - KEPT_S
        old = [one.key for one in self._store.list("") if one.modified < before]
        self._delete_all([key for key in old if _ID.fullmatch(key.partition("/")[0])])

    def _delete_all(self, keys: list[str]) -> None:
        for key in sorted(keys, key=lambda one: not one.endswith(f"/{_END}")):  # then what remains is no upload
            self._store.delete(key)


def check_size(size: int) -> None:
    """Raise UsageError for an upload of too many bytes."""
    if size > UPLOAD_BYTES:
        raise UsageError(
            f"The upload is larger than {UPLOAD_BYTES // 1_000_000:,} MB.",
            "Import it from a bucket, or on the machine of the library.",
        )


def _parts(pieces: Iterable[bytes]) -> Iterator[bytes]:
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        while len(waiting) >= _PART_BYTES:
            yield bytes(waiting[:_PART_BYTES])
            del waiting[:_PART_BYTES]
    if waiting:
        yield bytes(waiting)
