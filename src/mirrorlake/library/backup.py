"""Write a backup: the catalog in one snapshot and, unless they are left out, the thumbnails of its assets.

lock thumbnails ─▶ snapshot: rows, digests ─▶ thumbnails of these digests ─▶ manifest ─▶ rename

A run writes a thumbnail before it commits its asset, and only a cleanup removes thumbnails. So the thumbnails of a
snapshot exist as long as no cleanup runs, which the lock prevents; runs go on meanwhile.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby, islice
from pathlib import Path
from typing import BinaryIO

from mirrorlake.catalog.thumbnails import exclusive_lock
from mirrorlake.core.errors import UsageError
from mirrorlake.library.archive import (
    MAX_THUMBNAIL_BYTES,
    ArchiveWriter,
    shard_name,
    table_name,
    thumbnail_record,
    watched_rows,
)
from mirrorlake.library.audit import StepCallback
from mirrorlake.model.backups import FORMAT, Backup, Manifest, SequenceState, TablePart, ThumbnailPart
from mirrorlake.postgres.dump import CatalogSnapshot
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.library_store import LibraryStore
from mirrorlake.processing.thumbnails import DIGEST_BYTES, Thumbnails
from mirrorlake.storage.disk import room_in

ROWS = "Writing the catalog"
THUMBNAILS = "Writing the thumbnails"
READERS = 16  # threads that read thumbnails, which may be in a bucket
AT_ONCE = 512  # thumbnails in memory


def write_backup(
    catalog: Catalog, library: LibraryStore | None, path: Path, step: StepCallback, *, version: str, force: bool
) -> Backup:
    """Write a backup to `path`, which only its owner can read; without `library`, it has no thumbnails.

    `version` is that of this mirrorlake. Raises UsageError if the file exists and `force` is not set, Conflict if
    another command rebuilds or deletes thumbnails, CatalogError and DiskFull. After an error, there is no new file.
    """
    started = time.monotonic()
    lock = nullcontext() if library is None else exclusive_lock(catalog)
    with (
        _new_file(path, force=force) as file,
        lock,
        tempfile.TemporaryFile(dir=path.parent) as digests,
        ArchiveWriter(file) as archive,
    ):
        saved = _write_rows(catalog, archive, None if library is None else digests, step)
        thumbnails = None
        if library is not None:
            digests.seek(0)
            thumbnails = _ThumbnailWriter(archive, Thumbnails(library.store), step, total=saved.thumbnails)
            thumbnails.write_all(digests)
        manifest = Manifest(
            format=FORMAT,
            version=version,
            schema=saved.schema,
            created=saved.created,
            tables=tuple(saved.tables),
            sequences=tuple(saved.sequences),
            thumbnails=None if thumbnails is None else tuple(thumbnails.parts),
            missing=0 if thumbnails is None else thumbnails.missing,
        )
        archive.finish(manifest)
    return Backup(
        path=path,
        bytes=path.stat().st_size,
        schema=manifest.schema,
        created=manifest.created,
        assets=manifest.assets,
        rows=manifest.rows,
        thumbnails=manifest.thumbnail_count,
        missing=manifest.missing,
        seconds=time.monotonic() - started,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _SavedRows:
    schema: int
    created: datetime
    tables: list[TablePart]
    sequences: list[SequenceState]
    thumbnails: int  # digests written


def _write_rows(catalog: Catalog, archive: ArchiveWriter, digests: BinaryIO | None, step: StepCallback) -> _SavedRows:
    """Write all tables in one snapshot, and the digests of their thumbnails to `digests`."""
    with catalog.snapshot() as session:
        snapshot, created = CatalogSnapshot(session), datetime.now(UTC)
        counts = {table.name: snapshot.count(table) for table in snapshot.tables}
        done, total = 0, sum(counts.values())
        tables: list[TablePart] = []
        for table in snapshot.tables:
            chunks = watched_rows(snapshot.rows(table), step, ROWS, before=done, total=total)
            part = archive.write(table_name(table.name), chunks, compress=True)
            rows = counts[table.name]
            done += rows
            tables.append(
                TablePart(table=table.name, columns=table.columns, rows=rows, bytes=part.bytes, digest=part.digest)
            )
        thumbnails = 0 if digests is None else sum(digests.write(each) for each in snapshot.thumbnail_digests())
        return _SavedRows(
            schema=snapshot.schema(),
            created=created,
            tables=tables,
            sequences=snapshot.sequences(),
            thumbnails=thumbnails // DIGEST_BYTES,
        )


class _ThumbnailWriter:
    """Writes the thumbnails of sorted digests, one part per shard."""

    def __init__(self, archive: ArchiveWriter, thumbnails: Thumbnails, step: StepCallback, *, total: int) -> None:
        self._archive = archive
        self._thumbnails = thumbnails
        self._step = step
        self._total = total
        self._done = 0
        self._found = 0  # in the current shard
        self.parts: list[ThumbnailPart] = []
        self.missing = 0

    def write_all(self, digests: BinaryIO) -> None:
        """Write all thumbnails that exist; the others are counted as missing."""
        with ThreadPoolExecutor(READERS, "thumbnail") as threads:
            for shard, some in groupby(_read_digests(digests), key=lambda digest: digest[0]):
                self._found = 0
                part = self._archive.write(shard_name(shard), self._records(some, threads), compress=False)
                self.parts.append(ThumbnailPart(shard=shard, count=self._found, bytes=part.bytes, digest=part.digest))

    def _records(self, digests: Iterable[bytes], threads: ThreadPoolExecutor) -> Iterator[bytes]:
        remaining = iter(digests)
        while some := list(islice(remaining, AT_ONCE)):
            for digest, thumbnail in zip(some, threads.map(self._thumbnails.read, some), strict=True):
                if thumbnail is None or len(thumbnail) > MAX_THUMBNAIL_BYTES:
                    self.missing += 1
                    continue
                self._found += 1
                yield thumbnail_record(digest, thumbnail)
            self._done += len(some)
            self._step(THUMBNAILS, self._done, self._total)


def _read_digests(file: BinaryIO) -> Iterator[bytes]:
    while digest := file.read(DIGEST_BYTES):
        yield digest


@contextmanager
def _new_file(path: Path, *, force: bool) -> Generator[BinaryIO]:
    """A file under a temporary name, renamed to `path` at the end and removed after an error."""
    _check_free(path, force=force)
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-", suffix=".part")  # mode 0600
    except OSError as error:
        raise UsageError(
            f"The backup {path} cannot be written: {error.strerror or error}.",
            "Name a file in a folder that exists and that you can write.",
        ) from error
    try:
        with room_in(path.parent), os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _check_free(path, force=force)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink()
        raise


def _check_free(path: Path, *, force: bool) -> None:
    if path.is_dir():
        raise UsageError(f"{path} is a folder.", "Name a file in it.")
    if path.exists() and not force:
        raise UsageError(f"{path} exists already.", "Name another file, or replace it with --force.")
