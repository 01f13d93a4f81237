"""Restore a backup, or one workspace of it, into an empty library. All of the archive is checked before any write.

check all digests ─▶ empty database? ─▶ rows ─▶ migrations ─▶ end the jobs of then ─▶ thumbnails ─▶ commit

Everything in the database is one transaction. Thumbnails are written before it is committed, as by a run: no asset
ever refers to a thumbnail that is still to come. Packs are named by their content here, so that a restore that is
repeated after an error writes the same ones.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from blake3 import blake3

from mirrorlake.catalog.jobs import end_restored
from mirrorlake.catalog.thumbnail_packs import register_within
from mirrorlake.core.errors import BadBackup, DiskFull, NotFound
from mirrorlake.core.settings import Settings
from mirrorlake.library.archive import ArchiveReader, open_archive, watched_rows
from mirrorlake.library.home import open_data_folder
from mirrorlake.library.steps import StepCallback
from mirrorlake.mirror.thumbnail_writer import put_pack
from mirrorlake.model.access import DEFAULT_WORKSPACE
from mirrorlake.model.backups import Manifest, Restoration, SchemaPart, TablePart, WorkspacePart
from mirrorlake.postgres.db_errors import describe_address
from mirrorlake.postgres.load import EmptyDatabase, open_empty
from mirrorlake.postgres.load_rows import OLDER_OR_OTHER, SchemaLoad
from mirrorlake.postgres.migrate import newest_version
from mirrorlake.postgres.pool import find_database
from mirrorlake.postgres.schemas import in_schema, schema_of
from mirrorlake.processing.library_store import LibraryStore
from mirrorlake.processing.packs import NAME_BYTES, PACK_THUMBNAILS, write_pack

CHECKING = "Checking the backup"
ROWS = "Restoring the catalog"
INDEXES = "Building the indexes"
THUMBNAILS = "Restoring the thumbnails"
_IDS = 1 << 31
_ID = re.compile(r"[1-9][0-9]{0,8}")
ROWS_ON_DISK = 3  # a catalog needs about this many times the size of its rows as text, with indexes and the log


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a workspace of the archive goes."""

    workspace: WorkspacePart
    default: bool  # it becomes the workspace `default`

    @property
    def part(self) -> str:
        """The folder of its files in the library store."""
        return "" if self.default else f"workspaces/{self.workspace.id}"


def restore_backup(
    settings: Settings,
    open_library: Callable[[str], LibraryStore],
    path: Path,
    step: StepCallback,
    *,
    only: str | None = None,
) -> Restoration:
    """Restore a backup into the database and the library store of these settings.

    `open_library` opens a folder of the library store. `only` names the one workspace that is restored, as `default`
    and without members and keys; so is the workspace of a backup that has only one. Raises BadBackup if it is damaged
    or of a newer version, NotFound if it lacks the workspace, Conflict if the database is not empty, CatalogError and
    DiskFull. After an error, the database is as empty as before.
    """
    started = time.monotonic()
    with open_archive(path, newest_schema=newest_version()) as archive:
        manifest = archive.manifest
        places, access = _chosen(manifest, path, only)
        archive.check(lambda done, total: step(f"{CHECKING} (bytes)", done, total))
        with open_data_folder(settings.home):
            _check_room(settings, places)
        conninfo = find_database(settings)
        with open_empty(conninfo, describe_address(conninfo), whole=access is not None) as database:
            migrated, interrupted, cancelled = _RowLoader(database, archive, step).load(places, access)
            # Uploads of a workspace stay in the folder of its id, also once it is `default` of this library.
            database.skip_workspaces(max([*(one.id for one in manifest.workspaces), *_used_ids(settings.home)]))
            _write_thumbnails(database, archive, places, open_library, step)
    counts = [place.workspace.thumbnail_count for place in places]
    return Restoration(
        created=manifest.created,
        schema=manifest.schema,
        migrated=migrated,
        workspaces=tuple(DEFAULT_WORKSPACE if place.default else place.workspace.name for place in places),
        members=None if access is None else manifest.members,
        assets=sum(place.workspace.assets for place in places),
        rows=sum(place.workspace.content.rows for place in places) + (0 if access is None else access.rows),
        thumbnails=sum(count or 0 for count in counts) if any(count is not None for count in counts) else None,
        interrupted=interrupted,
        cancelled=cancelled,
        seconds=time.monotonic() - started,
    )


def _chosen(manifest: Manifest, path: Path, only: str | None) -> tuple[list[_Place], SchemaPart | None]:
    workspaces = manifest.workspaces
    names = [workspace.name for workspace in workspaces]
    damaged = BadBackup(f"The backup {path} is damaged: its workspaces contradict each other.", OLDER_OR_OTHER)
    if len({workspace.id for workspace in workspaces}) < len(names) or len(set(names)) < len(names):
        raise damaged
    if not all(0 < workspace.id < _IDS for workspace in workspaces):
        raise damaged
    if only is not None:
        chosen = [_Place(workspace, default=True) for workspace in workspaces if workspace.name == only]
        if not chosen:
            raise NotFound(f"The backup {path} has no workspace {only!r}.", f"It contains: {', '.join(names)}.")
        return chosen, None
    if manifest.access is None:
        if len(workspaces) != 1:
            raise damaged
        return [_Place(workspaces[0], default=True)], None
    if DEFAULT_WORKSPACE not in names:
        raise damaged
    return [_Place(workspace, default=workspace.name == DEFAULT_WORKSPACE) for workspace in workspaces], manifest.access


class _RowLoader:
    """Loads the rows of all schemas."""

    def __init__(self, database: EmptyDatabase, archive: ArchiveReader, step: StepCallback) -> None:
        self._database = database
        self._archive = archive
        self._step = step
        self._done = self._total = 0

    def load(self, places: Sequence[_Place], access: SchemaPart | None) -> tuple[int, int, int]:
        """Load these workspaces; returns how many migrations they needed, and how many of their jobs were ended."""
        contents = [*([] if access is None else [access]), *(place.workspace.content for place in places)]
        self._total = sum(content.rows for content in contents)
        default = self._database.create(self._archive.manifest.schema)
        if access is not None:
            self._load(self._database.access(), access)
            self._database.check_workspaces([(place.workspace.id, place.workspace.name) for place in places])
        others = iter(self._database.create_workspaces([each.workspace.id for each in places if not each.default]))
        loads = [default if place.default else next(others) for place in places]
        for load, place in zip(loads, places, strict=True):
            self._load(load, place.workspace.content)
        self._step(INDEXES, self._done, self._total)
        migrated = self._database.finish()
        ended = [self._end_jobs(load.schema) for load in loads]
        return migrated, sum(failed for failed, _ in ended), sum(cancelled for _, cancelled in ended)

    def _load(self, load: SchemaLoad, content: SchemaPart) -> None:
        load.check(content.tables)
        load.load(content, lambda part: self._rows(content, part))

    def _rows(self, content: SchemaPart, part: TablePart) -> Iterator[bytes]:
        rows = self._archive.rows(content, part)
        yield from watched_rows(rows, self._step, ROWS, before=self._done, total=self._total)
        self._done += part.rows

    def _end_jobs(self, schema: str | None) -> tuple[int, int]:
        with in_schema(self._database.session, schema):
            return end_restored(self._database.session)


def _write_thumbnails(
    database: EmptyDatabase,
    archive: ArchiveReader,
    places: Sequence[_Place],
    open_library: Callable[[str], LibraryStore],
    step: StepCallback,
) -> None:
    done, total = 0, sum(place.workspace.thumbnail_count or 0 for place in places)
    for place in places:
        if not place.workspace.thumbnails:
            continue
        schema = None if place.default else schema_of(place.workspace.id, place.workspace.name)
        with closing(open_library(place.part)) as library, in_schema(database.session, schema):
            for some in _batches(archive, place.workspace):
                data, entries = write_pack(some)
                name = blake3(data).digest(NAME_BYTES)
                put_pack(library.store, name, data)
                register_within(database.session, name, entries, len(data))
                done += len(some)
                step(THUMBNAILS, done, total)


def _batches(archive: ArchiveReader, workspace: WorkspacePart) -> Iterator[list[tuple[bytes, bytes]]]:
    """The thumbnails of each pack. A shard of a small workspace would make a small pack."""
    records = (record for part in workspace.thumbnails or () for record in archive.thumbnails(workspace.content, part))
    while some := list(islice(records, PACK_THUMBNAILS)):
        yield some


def _used_ids(home: Path) -> list[int]:
    """The ids of the workspaces that have folders in this data folder, of any library."""
    folders = [*(home / "workspaces").glob("*"), *(home / "library" / "workspaces").glob("*")]
    return [int(folder.name) for folder in folders if _ID.fullmatch(folder.name)]


def _check_room(settings: Settings, places: Sequence[_Place]) -> None:
    """Raise DiskFull before anything is written if the data folder cannot hold what goes there."""
    needed = 0
    if settings.database_url is None:
        needed += ROWS_ON_DISK * sum(part.bytes for place in places for part in place.workspace.content.tables)
    if settings.library_store is None:
        needed += sum(part.bytes for place in places for part in place.workspace.thumbnails or ())
    free = shutil.disk_usage(settings.home).free
    if needed > free:
        raise DiskFull(
            f"The backup needs about {needed:,} bytes in {settings.home}, where {free:,} are free.",
            "Free some space, or set MIRRORLAKE_HOME to a folder on another disk.",
        )
