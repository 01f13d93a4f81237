"""Write a backup: all workspaces in one snapshot and, unless they are left out, the thumbnails of their assets.

lock thumbnails ─▶ snapshot: rows, digests ─▶ thumbnails of these digests ─▶ manifest ─▶ rename

A run writes a thumbnail before it commits its asset, and only a cleanup removes or moves thumbnails. So the thumbnails
of a snapshot exist as long as no cleanup runs, which the lock prevents; runs go on meanwhile.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby, islice
from pathlib import Path
from typing import BinaryIO

from mirrorlake.catalog.thumbnails import exclusive_lock
from mirrorlake.catalog.workspaces import Space, find, list_spaces, spaces_in
from mirrorlake.core.errors import Conflict, UsageError
from mirrorlake.library.archive import (
    ACCESS_PLACE,
    ArchiveWriter,
    shard_name,
    table_name,
    thumbnail_record,
    watched_rows,
    workspace_place,
)
from mirrorlake.library.steps import StepCallback
from mirrorlake.mirror.thumbnails import Thumbnails
from mirrorlake.model.backups import FORMAT, Backup, Manifest, SchemaPart, TablePart, ThumbnailPart, WorkspacePart
from mirrorlake.postgres.dump import CatalogSnapshot, schema_version
from mirrorlake.postgres.lock_slots import locks_to_read, require_locks
from mirrorlake.postgres.pool import Catalog
from mirrorlake.postgres.schemas import ACCESS
from mirrorlake.processing.library_store import LibraryStore
from mirrorlake.processing.thumbnails import DIGEST_BYTES, MAX_THUMBNAIL_BYTES
from mirrorlake.storage.disk import room_in

WAITING = "Waiting until thumbnails are cleaned up"
ROWS = "Writing the catalog"
THUMBNAILS = "Writing the thumbnails"
READERS = 16  # threads that read thumbnails, which may be in a bucket
AT_ONCE = 512  # thumbnails in memory
# For a cleanup, which workers begin on their own every day: a backup of every night must not fail because of it.
PATIENCE_S = 1800.0


def write_backup(
    catalog: Catalog,
    path: Path,
    step: StepCallback,
    *,
    open_library: Callable[[Space], LibraryStore] | None,
    version: str,
    force: bool,
    only: str | None = None,
) -> Backup:
    """Write a backup to `path`, which only its owner can read; without `open_library`, it has no thumbnails.

    `catalog` is that of any workspace, `version` that of this mirrorlake. `only` names the one workspace that is backed
    up; otherwise all of them are, with members, roles and keys. Raises NotFound, UsageError if the file exists and
    `force` is not set, Conflict if another command rebuilds or deletes thumbnails for long, CatalogError and DiskFull.
    After an error, there is no new file.
    """
    started = time.monotonic()
    spaces = list_spaces(catalog) if only is None else [find(catalog, only)]
    catalogs = [catalog.in_schema(space.schema) for space in spaces]
    with (
        _new_file(path, force=force) as file,
        nullcontext()
        if open_library is None
        else exclusive_lock(*catalogs, patience_s=PATIENCE_S, waiting=lambda: step(WAITING, 0, 0)),
        tempfile.TemporaryFile(dir=path.parent) as digests,
        ArchiveWriter(file) as archive,
    ):
        saved = _SnapshotWriter(archive, None if open_library is None else digests, step).write(catalog, spaces, only)
        workspaces = saved.workspaces
        if open_library is not None:
            digests.seek(0)
            total = sum(found for _, found in workspaces)
            thumbnails = _ThumbnailWriter(archive, step, total=total)
            for place, (space, (_, count)) in enumerate(zip(spaces, workspaces, strict=True)):
                with closing(open_library(space)) as library:
                    stored = Thumbnails(catalogs[place], library.store)
                    written = thumbnails.write_all(workspaces[place][0], stored, digests, count)
                workspaces[place] = written, count
        manifest = Manifest(
            format=FORMAT,
            version=version,
            schema=saved.schema,
            created=saved.created,
            workspaces=tuple(workspace for workspace, _ in workspaces),
            access=saved.access,
        )
        archive.finish(manifest)
    return _report(manifest, path, time.monotonic() - started)


def _report(manifest: Manifest, path: Path, seconds: float) -> Backup:
    counts = [one.thumbnail_count for one in manifest.workspaces if one.thumbnail_count is not None]
    return Backup(
        path=path,
        bytes=path.stat().st_size,
        schema=manifest.schema,
        created=manifest.created,
        workspaces=tuple(one.name for one in manifest.workspaces),
        members=manifest.members,
        assets=sum(one.assets for one in manifest.workspaces),
        rows=sum(content.rows for content in manifest.contents),
        thumbnails=sum(counts) if counts else None,
        missing=sum(one.missing for one in manifest.workspaces),
        seconds=seconds,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Saved:
    schema: int
    created: datetime
    workspaces: list[tuple[WorkspacePart, int]]  # without their thumbnails, and the number of these
    access: SchemaPart | None


class _SnapshotWriter:
    """Writes the rows of all tables, and the digests of their thumbnails to a file, in one snapshot."""

    def __init__(self, archive: ArchiveWriter, digests: BinaryIO | None, step: StepCallback) -> None:
        self._archive = archive
        self._digests = digests
        self._step = step
        self._done = self._total = 0

    def write(self, catalog: Catalog, spaces: Sequence[Space], only: str | None) -> _Saved:
        """Write these workspaces; unless there is `only` one, what is about the library as a whole, too."""
        with catalog.in_schema(None).snapshot() as session:
            _check_same(spaces, spaces_in(session), only)
            locks = locks_to_read(session, [*(space.schema for space in spaces), ACCESS])
            require_locks(session, locks, task="Backing up", workspaces=len(spaces))
            created, version = datetime.now(UTC), schema_version(session)
            access = None if only is not None else CatalogSnapshot(session, ACCESS)
            snapshots = [CatalogSnapshot(session, space.schema) for space in spaces]
            # No workspace is deleted while it is being written.
            everything = [*snapshots, *([] if access is None else [access])]
            if not all(snapshot.lock() for snapshot in everything):
                raise _changed()
            counts = {
                snapshot: {each.name: snapshot.count(each) for each in snapshot.tables} for snapshot in everything
            }
            self._total = sum(sum(rows.values()) for rows in counts.values())
            return _Saved(
                schema=version,
                created=created,
                access=None if access is None else self._rows(access, ACCESS_PLACE, counts[access]),
                workspaces=[
                    self._workspace(space, snapshot, counts[snapshot])
                    for space, snapshot in zip(spaces, snapshots, strict=True)
                ],
            )

    def _workspace(
        self, space: Space, snapshot: CatalogSnapshot, counts: Mapping[str, int]
    ) -> tuple[WorkspacePart, int]:
        content = self._rows(snapshot, workspace_place(space.id), counts)
        size = 0 if self._digests is None else sum(self._digests.write(each) for each in snapshot.thumbnail_digests())
        part = WorkspacePart(id=space.id, name=space.name, content=content, thumbnails=None)
        return part, size // DIGEST_BYTES

    def _rows(self, snapshot: CatalogSnapshot, place: str, counts: Mapping[str, int]) -> SchemaPart:
        tables: list[TablePart] = []
        for table in snapshot.tables:
            chunks = watched_rows(snapshot.rows(table), self._step, ROWS, before=self._done, total=self._total)
            part = self._archive.write(table_name(place, table.name), chunks, compress=True)
            rows = counts[table.name]
            self._done += rows
            tables.append(
                TablePart(table=table.name, columns=table.columns, rows=rows, bytes=part.bytes, digest=part.digest)
            )
        return SchemaPart(place=place, tables=tuple(tables), sequences=tuple(snapshot.sequences()))


def _check_same(locked: Sequence[Space], found: Sequence[Space], only: str | None) -> None:
    """Raise Conflict if workspaces were created, renamed or deleted before the snapshot."""
    chosen = [space for space in found if only is None or space.id == locked[0].id]
    if [(space.id, space.name) for space in chosen] != [(space.id, space.name) for space in locked]:
        raise _changed()


def _changed() -> Conflict:
    return Conflict("A workspace was created, renamed or deleted at the same time.", "Back up again.")


class _ThumbnailWriter:
    """Writes the thumbnails of sorted digests, one part per shard of a workspace."""

    def __init__(self, archive: ArchiveWriter, step: StepCallback, *, total: int) -> None:
        self._archive = archive
        self._step = step
        self._total = total
        self._done = 0
        self._found = self._missing = 0  # in the current shard, and in the current workspace

    def write_all(
        self, workspace: WorkspacePart, thumbnails: Thumbnails, digests: BinaryIO, count: int
    ) -> WorkspacePart:
        """Write the thumbnails of the next `count` digests that exist; the others are counted as missing."""
        self._missing, parts = 0, list[ThumbnailPart]()
        with ThreadPoolExecutor(READERS, "thumbnail") as threads:
            for shard, some in groupby(_read_digests(digests, count), key=lambda digest: digest[0]):
                self._found = 0
                name = shard_name(workspace.content.place, shard)
                part = self._archive.write(name, self._records(some, thumbnails, threads), compress=False)
                parts.append(ThumbnailPart(shard=shard, count=self._found, bytes=part.bytes, digest=part.digest))
        return replace(workspace, thumbnails=tuple(parts), missing=self._missing)

    def _records(
        self, digests: Iterable[bytes], thumbnails: Thumbnails, threads: ThreadPoolExecutor
    ) -> Iterator[bytes]:
        remaining = iter(digests)
        while some := list(islice(remaining, AT_ONCE)):
            places = thumbnails.locate(some)
            found = threads.map(thumbnails.read_at, some, [places.get(digest) for digest in some])
            for digest, thumbnail in zip(some, found, strict=True):
                if thumbnail is None or len(thumbnail) > MAX_THUMBNAIL_BYTES:
                    self._missing += 1
                    continue
                self._found += 1
                yield thumbnail_record(digest, thumbnail)
            self._done += len(some)
            self._step(THUMBNAILS, self._done, self._total)


def _read_digests(file: BinaryIO, count: int) -> Iterator[bytes]:
    for _ in range(count):
        yield file.read(DIGEST_BYTES)


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
