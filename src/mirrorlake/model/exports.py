"""Exports of assets: which assets, in which format, where to, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from mirrorlake.model.public import public_noun

URL_LIFE_S: Final = 24 * 3600
URL_LIFE_LIMIT_S: Final = 7 * 24 * 3600  # of a presigned address: no provider allows more
SHARD_BYTES: Final = 1_000_000_000
SHARD_BYTES_LEAST, SHARD_BYTES_MOST = 1_000_000, 20_000_000_000
KEPT_S: Final = 24 * 3600  # for which an export can be downloaded
KEPT_BYTES: Final = 10_000_000_000  # of one export that is kept for a download
OUTPUT: Final = "-"  # as a path: standard output


class ExportFormat(StrEnum):
    """A format of exports."""

    PARQUET = "parquet"
    ARROW = "arrow"
    JSONL = "jsonl"
    CSV = "csv"
    LIST = "list"
    MANIFEST = "manifest"
    WEBDATASET = "webdataset"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportScope:
    """The exported assets: those of a query, narrowed to a project or taken as they were in a snapshot."""

    query: str = ""
    project: str | None = None
    snapshot: str | None = None  # as PROJECT@NUMBER


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """What is exported, and where to. Without a path, a server keeps the files for a download."""

    query: str = ""
    project: str | None = None
    snapshot: str | None = None  # as PROJECT@NUMBER
    assets: tuple[str, ...] = ()  # ids; of these only, in the trash or not, instead of a query
    format: ExportFormat = ExportFormat.PARQUET
    path: str | None = None  # new on this machine, the address of a new object, or OUTPUT
    connection: str | None = None  # for the address; None: the machine's own credentials
    fields: tuple[str, ...] | None = None  # None: all columns
    url_life_s: int = URL_LIFE_S  # of a manifest
    shard_bytes: int = SHARD_BYTES  # of WebDataset: a shard ends with the sample that reaches it
    bake_orientation: bool = False  # of WebDataset: images are turned by their EXIF orientation

    @property
    def scope(self) -> ExportScope:
        """The exported assets."""
        return ExportScope(query=self.query, project=self.project, snapshot=self.snapshot)


@public_noun
class ExportFile:
    """One file of an export."""

    name: str
    size: int
    """Bytes."""


@public_noun
class AssetExport:
    """The result of an export of assets."""

    assets: int
    """Number of exported assets."""
    files: tuple[ExportFile, ...]
    size: int
    """Bytes of all files."""
    left_out: tuple[str, ...] = ()
    """The first of the assets that could not be exported, each with the reason."""
    left_out_count: int = 0
    missing: int | None = None
    """Of the exported: assets that are missing. Null for a snapshot, or if counting took too long."""
    path: str | None = None
    """Where the files are; null if they are kept for a download."""
    urls_expire: datetime | None = None
    """Of a manifest: when the first of its addresses expires."""
