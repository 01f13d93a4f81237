"""Backups: what an archive contains, and the reports of writing and restoring one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

FORMAT = 2  # of archives; grows when an older mirrorlake could not read them


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePart:
    """The rows of one table, as the text of COPY."""

    table: str
    columns: tuple[str, ...]
    rows: int
    bytes: int
    digest: str  # BLAKE3 of the text, in hexadecimal digits


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceState:
    """The last number that an identity column was given; None: none yet."""

    table: str
    column: str
    last: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThumbnailPart:
    """The thumbnails of one shard."""

    shard: int
    count: int
    bytes: int
    digest: str  # BLAKE3 of all records, in hexadecimal digits


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaPart:
    """The tables of one schema of the database."""

    place: str  # folder of its parts in the archive, with a slash at the end; empty: the archive itself
    tables: tuple[TablePart, ...]
    sequences: tuple[SequenceState, ...]

    @property
    def rows(self) -> int:
        """The number of rows of all tables."""
        return sum(part.rows for part in self.tables)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspacePart:
    """One workspace: its rows and its thumbnails."""

    id: int  # in the table of workspaces, which names its schema and its folder
    name: str
    content: SchemaPart
    thumbnails: tuple[ThumbnailPart, ...] | None  # None: left out
    missing: int = 0  # thumbnails that the library store did not have

    @property
    def assets(self) -> int:
        """The number of assets in any state."""
        return sum(part.rows for part in self.content.tables if part.table == "asset")

    @property
    def thumbnail_count(self) -> int | None:
        """The number of thumbnails; None: left out."""
        return None if self.thumbnails is None else sum(part.count for part in self.thumbnails)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What an archive contains: every part with its size and digest."""

    format: int
    version: str  # of the mirrorlake that wrote it
    schema: int  # version of the catalog's schema
    created: datetime  # the time of the state that it contains
    workspaces: tuple[WorkspacePart, ...]
    access: SchemaPart | None = None  # members, their roles and keys; None: a backup of one workspace

    @property
    def contents(self) -> tuple[SchemaPart, ...]:
        """The rows of all schemas."""
        access = () if self.access is None else (self.access,)
        return (*access, *(workspace.content for workspace in self.workspaces))

    @property
    def members(self) -> int | None:
        """The number of members; None: left out."""
        if self.access is None:
            return None
        return sum(part.rows for part in self.access.tables if part.table == "member")


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """The report of a backup."""

    path: Path
    bytes: int  # of the archive
    schema: int
    created: datetime
    workspaces: tuple[str, ...]
    members: int | None  # None: left out, with everything else about access
    assets: int
    rows: int
    thumbnails: int | None  # None: left out
    missing: int  # thumbnails that the library store did not have
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoration:
    """The report of a restored backup."""

    created: datetime  # the time of the restored state
    schema: int  # of the archive
    migrated: int  # migrations that were applied to it
    workspaces: tuple[str, ...]
    members: int | None  # None: nothing about access was restored
    assets: int
    rows: int
    thumbnails: int | None  # None: the archive has none
    interrupted: int  # running jobs, which are failed now
    cancelled: int  # queued jobs, which are cancelled now
    seconds: float
