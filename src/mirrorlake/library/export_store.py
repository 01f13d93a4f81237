"""Exports that a server keeps for a download, in parts below the number of their job, for a day."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from mirrorlake.core.errors import MirrorlakeError, NotFound, ObjectGone, UsageError
from mirrorlake.library.export_targets import SpooledTarget
from mirrorlake.model.exports import KEPT_BYTES, KEPT_S
from mirrorlake.storage.writable import StoredObject, WritableStore

_PART_BYTES: Final = 8_000_000


def check_kept(size: int) -> None:
    """Raises UsageError for an export of more bytes than are kept."""
    if size > KEPT_BYTES:
        raise UsageError(
            f"The export has more than {KEPT_BYTES // 1_000_000_000} GB, more than is kept for a download.",
            "Narrow the query, or name an address in a bucket.",
        )


class ExportStore:
    """The kept exports in a store of the library."""

    def __init__(self, store: WritableStore) -> None:
        self._store = store

    @contextmanager
    def target(self, job_id: int, workdir: Path) -> Generator[SpooledTarget]:
        """Where the files of a job go. Deletes old exports, and what an earlier attempt of the job left.

        After an error nothing of the export remains: it may have filled the disk.
        """
        before = time.time() - KEPT_S
        self._delete([one for one in self._store.list("") if one.modified < before])
        self._delete(self._store.list(f"{job_id}/"))
        try:
            yield self._target(job_id, workdir)
        except BaseException:
            with suppress(MirrorlakeError):  # the store may be what failed; the next export deletes it
                self._delete(self._store.list(f"{job_id}/"))
            raise

    def _target(self, job_id: int, workdir: Path) -> SpooledTarget:
        total = 0

        def deliver(name: str, path: Path) -> None:
            nonlocal total
            total += path.stat().st_size
            check_kept(total)
            with path.open("rb") as file:
                for number, part in enumerate(iter(lambda: file.read(_PART_BYTES), b"")):
                    self._store.put(_part(job_id, name, number), part)

        return SpooledTarget(workdir, deliver)

    def read(self, job_id: int, name: str, size: int) -> Iterator[bytes]:
        """The bytes of a file. Raises NotFound at once if it is not kept any more."""
        count = -(-size // _PART_BYTES)
        for number in range(count):
            self._info(job_id, name, number)
        return (self._get(job_id, name, number) for number in range(count))

    def _delete(self, objects: Iterable[StoredObject]) -> None:
        for one in list(objects):
            self._store.delete(one.key)

    def _info(self, job_id: int, name: str, number: int) -> None:
        try:
            self._store.head(_part(job_id, name, number))
        except ObjectGone:
            raise _deleted(job_id) from None

    def _get(self, job_id: int, name: str, number: int) -> bytes:
        try:
            return self._store.get(_part(job_id, name, number)).data
        except ObjectGone:
            raise _deleted(job_id) from None


def _part(job_id: int, name: str, number: int) -> str:
    return f"{job_id}/{name}/{number:06}"


def _deleted(job_id: int) -> NotFound:
    return NotFound(f"The files of export {job_id} were deleted.", "Exports are kept for a day: export again.")
