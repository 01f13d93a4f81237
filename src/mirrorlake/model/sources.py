"""A datasource: one place in a bucket or folder, how to reach it, and how to mirror it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

from mirrorlake.model.runs import Run


class Provider(StrEnum):
    """Which protocol a source speaks."""

    S3 = "s3"
    FILE = "file"
    MEMORY = "memory"  # tests only


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A parsed source address: `s3://bucket/prefix/` or `file:///folder/`.

    `container` is the bucket name, or the absolute folder path; `prefix` ends in `/` or is empty
    (always empty for a folder, whose keys are relative to it).
    """

    provider: Provider
    container: str
    prefix: str = ""

    @property
    def uri(self) -> str:
        """The canonical address: what is stored, compared and shown. Parsing it gives this location again."""
        if self.provider is Provider.FILE:
            return f"file://{quote(self.container)}"
        return f"{self.provider.value}://{self.container}/{self.prefix}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How to reach a source. Holds names of credentials, never a secret."""

    endpoint: str | None = None  # S3-compatible server; None = AWS
    region: str | None = None
    profile: str | None = None  # of the machine's own AWS configuration
    anonymous: bool = False


class Orphans(StrEnum):
    """What becomes of an asset whose object is gone. Until removals are built, all of them keep it, marked missing."""

    KEEP = "keep"
    TRASH = "trash"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorSettings:
    """What of a source is mirrored, and how. Names of the JSON form stand in `select.settings`."""

    globs: tuple[str, ...] = ()  # empty = everything
    listing_ordered: bool | None = None  # None = the store's own default (AWS and folders list in byte order)
    orphans: Orphans = Orphans.TRASH


@dataclass(frozen=True, slots=True, kw_only=True)
class Datasource:
    """One source with its settings, as the catalog holds it."""

    id: int
    name: str
    location: Location
    access: Access
    settings: MirrorSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasourceSummary:
    """A datasource with what a list of them shows at a glance."""

    datasource: Datasource
    assets: int  # not in the trash
    last_run: Run | None  # the newest, whatever its state
