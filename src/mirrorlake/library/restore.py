"""Restore a backup into an empty library. The archive is checked as a whole before anything is written.

check all digests ─▶ empty database? ─▶ rows ─▶ migrations ─▶ end the jobs of then ─▶ thumbnails ─▶ commit

Everything in the database is one transaction. Thumbnails are written before it is committed, as by a run: no asset
ever refers to a thumbnail that is still to come. Those of a failed restore are found again by the next one.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from pathlib import Path

from mirrorlake.catalog.jobs import end_restored
from mirrorlake.core.errors import DiskFull
from mirrorlake.core.settings import Settings
from mirrorlake.library.archive import ArchiveReader, open_archive, watched_rows
from mirrorlake.library.audit import StepCallback
from mirrorlake.library.home import open_data_folder
from mirrorlake.model.backups import Restoration
from mirrorlake.postgres.db_errors import describe_address
from mirrorlake.postgres.load import EmptyDatabase, open_empty
from mirrorlake.postgres.migrate import newest_version
from mirrorlake.postgres.pool import find_database
from mirrorlake.processing.library_store import LibraryStore
from mirrorlake.processing.thumbnails import Thumbnails

CHECKING = "Checking the backup"
ROWS = "Restoring the catalog"
INDEXES = "Building the indexes"
THUMBNAILS = "Restoring the thumbnails"
WRITERS = 16  # threads that write thumbnails, possibly into a bucket
AT_ONCE = 512  # thumbnails in memory
ROWS_ON_DISK = 3  # a catalog needs about this many times the size of its rows as text, with indexes and the log


def restore_backup(settings: Settings, library: LibraryStore, path: Path, step: StepCallback) -> Restoration:
    """Restore a backup into the database and the library store of these settings.

    Raises BadBackup if it is damaged or of a newer version, Conflict if the database is not empty, CatalogError and
    DiskFull. After an error, the database is as empty as before.
    """
    started = time.monotonic()
    with open_archive(path, newest_schema=newest_version()) as archive, closing(library):
        manifest = archive.manifest
        archive.check(lambda done, total: step(f"{CHECKING} (bytes)", done, total))
        with open_data_folder(settings.home):
            _check_room(settings, archive)
        conninfo = find_database(settings)
        with open_empty(conninfo, describe_address(conninfo)) as database:
            migrated = _load(database, archive, step)
            interrupted, cancelled = end_restored(database.session)
            _write_thumbnails(archive, Thumbnails(library.store), step)
    return Restoration(
        created=manifest.created,
        schema=manifest.schema,
        migrated=migrated,
        assets=manifest.assets,
        rows=manifest.rows,
        thumbnails=manifest.thumbnail_count,
        interrupted=interrupted,
        cancelled=cancelled,
        seconds=time.monotonic() - started,
    )


def _load(database: EmptyDatabase, archive: ArchiveReader, step: StepCallback) -> int:
    manifest = archive.manifest
    database.create(manifest.schema)
    database.check(manifest.tables)
    done = 0
    for part in database.in_order(manifest.tables):
        rows = watched_rows(archive.rows(part), step, ROWS, before=done, total=manifest.rows)
        database.load(part, rows)
        done += part.rows
    step(INDEXES, done, manifest.rows)
    database.set_sequences(manifest.sequences)
    return database.finish()


def _write_thumbnails(archive: ArchiveReader, thumbnails: Thumbnails, step: StepCallback) -> None:
    done, total = 0, archive.manifest.thumbnail_count or 0
    with ThreadPoolExecutor(WRITERS, "thumbnail") as threads:
        for some in _batches(archive):
            digests, contents = zip(*some, strict=True)
            list(threads.map(thumbnails.write, digests, contents))  # raises the first error
            done += len(some)
            step(THUMBNAILS, done, total)


def _batches(archive: ArchiveReader) -> Iterator[list[tuple[bytes, bytes]]]:
    for part in archive.manifest.thumbnails or ():
        records = archive.thumbnails(part)
        while some := list(islice(records, AT_ONCE)):
            yield some


def _check_room(settings: Settings, archive: ArchiveReader) -> None:
    """Raise DiskFull before anything is written if the data folder cannot hold what goes there."""
    manifest = archive.manifest
    needed = 0
    if settings.database_url is None:
        needed += ROWS_ON_DISK * sum(part.bytes for part in manifest.tables)
    if settings.library_store is None:
        needed += sum(part.bytes for part in manifest.thumbnails or ())
    free = shutil.disk_usage(settings.home).free
    if needed > free:
        raise DiskFull(
            f"The backup needs about {needed:,} bytes in {settings.home}, where {free:,} are free.",
            "Free some space, or set MIRRORLAKE_HOME to a folder on another disk.",
        )
