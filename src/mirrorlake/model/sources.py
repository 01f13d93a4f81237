"""A datasource: one place in a bucket or folder, how to reach it, and how to mirror it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import quote

from mirrorlake.model.metadata import MetadataStrategy
from mirrorlake.model.public import public_noun
from mirrorlake.model.runs import Run
from mirrorlake.model.schedule import OFF, Schedule, schedule_to_text, timezone_of


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
    """What becomes of an asset whose object is gone, or is no longer taken."""

    KEEP = "keep"  # marked missing
    TRASH = "trash"  # out of sight, restorable
    REMOVE = "remove"  # gone for good, unless a project or another datasource uses it


DEFAULT_ORPHANS = Orphans.TRASH


class NamingStrategy(StrEnum):
    """What an asset is called."""

    FULL_PATH = "fullPath"  # its whole key
    FILE_NAME = "fileName"  # the last part of its key
    ETAG = "eTag"  # its token
    METADATA = "metadata"  # a value of its sidecar; the whole key where that has none


@public_noun
class MirrorConfig:
    """Which objects of a source are taken, and what becomes of them. The first that takes an object governs it.

    `globs`, `paths` and the lines of `glob_file` together say what is taken; without any of them, everything.
    """

    id: str | None = None
    """The user's own name for it."""
    globs: tuple[str, ...] = ()
    glob_file: str | None = None
    """Key of a text file in the source with one glob a line."""
    paths: tuple[str, ...] = ()
    """Keys; one that does not start with the source's prefix is below it."""
    exclude: tuple[str, ...] = ()
    """Globs; objects that match are not taken by this config."""
    naming: NamingStrategy = NamingStrategy.FULL_PATH
    naming_key: str | None = None
    """The metadata key that names assets; set if `naming` is `metadata`."""
    update_image: bool = True
    """False: an image that was read is never read again."""
    update_metadata: bool = True
    """False: a sidecar that was read is never read again."""
    metadata_strategy: MetadataStrategy = MetadataStrategy.MERGE_BUCKET_WINS
    orphans: Orphans = DEFAULT_ORPHANS

    @property
    def takes_everything(self) -> bool:
        """Whether nothing but `exclude` narrows what is taken."""
        return not self.globs and not self.paths and self.glob_file is None


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorSettings:
    """What of a source is mirrored, and how. Names of the JSON form stand in `select.settings`."""

    configs: tuple[MirrorConfig, ...] = (MirrorConfig(),)  # in order, at least one
    sidecar_suffix: str | None = None  # after an asset's whole key; None = only the base name with .json serves
    listing_ordered: bool | None = None  # None = the store's own default (AWS and folders list in byte order)
    schedule: Schedule = OFF  # when a pass falls due without being asked for

    @property
    def globs(self) -> tuple[str, ...]:
        """The globs of all configs, each once. Empty where a config takes everything."""
        if any(config.takes_everything for config in self.configs):
            return ()
        return tuple(dict.fromkeys(glob for config in self.configs for glob in config.globs))


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobFile:
    """What was last read of a text file in the source that holds one glob a line."""

    key: str
    size: int  # bytes
    token: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Datasource:
    """One source with its settings, as the catalog holds it."""

    id: int
    name: str
    location: Location
    access: Access
    settings: MirrorSettings


@public_noun
class DatasourceSummary:
    """A datasource at a glance. It holds names of credentials, never a secret."""

    id: int
    name: str
    uri: str
    provider: Provider
    container: str
    """The bucket, or the path of the folder."""
    prefix: str
    endpoint: str | None
    region: str | None
    profile: str | None
    """Profile of the AWS configuration of the library's own machine."""
    anonymous: bool
    globs: tuple[str, ...]
    """Empty: everything is mirrored."""
    configs: tuple[MirrorConfig, ...]
    """The first config that takes an object governs it."""
    sidecar_suffix: str | None
    listing_ordered: bool | None
    schedule: str
    """`off`, `every: 6h`, or a cron expression."""
    timezone: str | None
    """Time zone of a cron expression."""
    next_due: datetime | None = None
    """When the schedule starts the next run."""
    can_run: bool = True
    """Whether a run can be requested now: none is queued or running, and the cooldown has passed."""
    cooldown_minutes: int = 0
    """Minutes until a run can be requested; 0: no cooldown."""
    assets: int
    """Number of assets that are not in the trash."""
    last_run: Run | None
    """The newest run, whatever its state."""


def summarize(
    source: Datasource,
    *,
    assets: int,
    last_run: Run | None,
    next_due: datetime | None = None,
    cooldown_minutes: int = 0,
    can_run: bool = True,
) -> DatasourceSummary:
    """The public form of a datasource."""
    settings = source.settings
    return DatasourceSummary(
        id=source.id,
        name=source.name,
        uri=source.location.uri,
        provider=source.location.provider,
        container=source.location.container,
        prefix=source.location.prefix,
        endpoint=source.access.endpoint,
        region=source.access.region,
        profile=source.access.profile,
        anonymous=source.access.anonymous,
        globs=settings.globs,
        configs=settings.configs,
        sidecar_suffix=settings.sidecar_suffix,
        listing_ordered=settings.listing_ordered,
        schedule=schedule_to_text(settings.schedule),
        timezone=timezone_of(settings.schedule),
        next_due=next_due,
        can_run=can_run,
        cooldown_minutes=cooldown_minutes,
        assets=assets,
        last_run=last_run,
    )
