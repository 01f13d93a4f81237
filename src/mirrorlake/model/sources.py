"""A datasource: one location in a bucket or folder, how to access it, and how to mirror it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from urllib.parse import quote

from mirrorlake.model.jobs import DEFAULT_POOL
from mirrorlake.model.label_sidecars import LabelSidecars
from mirrorlake.model.looking import Depth, Looking
from mirrorlake.model.media import MediaKind
from mirrorlake.model.metadata import MetadataStrategy
from mirrorlake.model.policies import NO_POLICIES, Policies
from mirrorlake.model.public import public_noun
from mirrorlake.model.runs import Run, RunState
from mirrorlake.model.schedule import OFF, Schedule, schedule_to_text, timezone_of


class Provider(StrEnum):
    """The protocol of a source."""

    # Their capabilities are declared in `storage.providers.registry` only.

    S3 = "s3"
    GCS = "gs"
    AZURE = "az"
    FILE = "file"
    MEMORY = "memory"  # tests only


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A parsed source address, such as `s3://bucket/prefix/` or `file:///folder`.

    `container` is what holds the keys: a bucket's name, or the absolute path of a folder. `prefix` ends in `/` or is
    empty; it is always empty for a folder, whose keys are relative to it.
    """

    provider: Provider
    container: str
    prefix: str = ""

    @property
    def uri(self) -> str:
        """The canonical address that is stored, compared and shown. Parsing it gives this location again."""
        if self.container.startswith("/"):  # a path names itself, percent-encoded; a bucket's prefix is literal
            return f"{self.provider.value}://{quote(self.container)}"
        return f"{self.provider.value}://{self.container}/{self.prefix}"

    def below(self, folder: str) -> Location:
        """The location of a folder in this one."""
        if self.container.startswith("/"):
            return replace(self, container=f"{self.container.rstrip('/')}/{folder}")
        return replace(self, prefix=f"{self.prefix}{folder}/")

    def object_uri(self, key: str) -> str:
        """The percent-encoded address of one object; `key` is byte-exact."""
        return f"{self.provider.value}://{quote(self.container.rstrip('/'))}/{quote(key, safe='/-_.~')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How to access a source. Contains names of credentials, never a secret.

    Each provider has its own type with its options; a plain Access() is the provider's default.
    """

    # The networks that its addresses may be in besides public ones. None: an operator chose them, so any is allowed
    # except link-local ones and metadata services.
    networks: tuple[str, ...] | None = None
    ca_bundle: str | None = None  # of a connection: path of a PEM file with additional authorities
    proxy: str | None = field(default=None, repr=False)  # of a connection; its address may contain a login

    def stored(self) -> dict[str, object]:
        """What the catalog keeps of this access: all but what its connection decides at each use."""
        own = {each.name for each in fields(self)} - {each.name for each in fields(Access)}
        return {name: getattr(self, name) for name in sorted(own)}

    def options(self) -> AccessOptions:
        """The public form of this access."""
        own = {each.name: getattr(self, each.name) for each in fields(self)}
        return AccessOptions(**{each.name: own[each.name] for each in fields(AccessOptions) if each.name in own})


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessOptions(Access):
    """Access options as named by flags and public JSON, for any provider. Unsupported options are absent."""

    endpoint: str | None = None  # the server's address; None = the provider's own service
    region: str | None = None
    profile: str | None = None  # of the machine's own configuration
    anonymous: bool | None = None  # as an option, None: not given


class Orphans(StrEnum):
    """What happens to an asset whose object is gone or no longer selected."""

    KEEP = "keep"  # marked missing
    TRASH = "trash"  # moved to the trash, restorable
    REMOVE = "remove"  # removed permanently, unless a project or another datasource uses it or users worked on it


DEFAULT_ORPHANS = Orphans.TRASH
DEFAULT_MEDIA = (MediaKind.IMAGE,)  # other kinds are selected only by datasources that name them


class NamingStrategy(StrEnum):
    """The source of an asset's name."""

    FULL_PATH = "fullPath"  # its whole key
    FILE_NAME = "fileName"  # the last part of its key
    ETAG = "eTag"  # its token
    METADATA = "metadata"  # a value of its sidecar; the whole key without that value


@public_noun
class MirrorConfig:
    """Which objects of a source are selected, and how. The first config that selects an object governs it.

    `globs`, `paths` and the lines of `glob_file` together select objects; without any of them, everything.
    """

    id: str | None = None
    """The user's own name for it."""
    globs: tuple[str, ...] = ()
    glob_file: str | None = None
    """Key of a text file in the source with one glob a line."""
    paths: tuple[str, ...] = ()
    """Keys; one that does not start with the source's prefix is below it."""
    exclude: tuple[str, ...] = ()
    """Globs; matching objects are not selected by this config."""
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
        """Whether only `exclude` limits the selection."""
        return not self.globs and not self.paths and self.glob_file is None


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorSettings:
    """Which objects of a source are mirrored, and how. `select.settings` defines the names of the JSON form."""

    configs: tuple[MirrorConfig, ...] = (MirrorConfig(),)  # in order, at least one
    title: str | None = None  # for users
    description: str | None = None
    sidecar_suffix: str | None = None  # appended to an asset's whole key; None = only the base name with .json
    base_name_sidecars: bool = True  # whether `a.json` is the sidecar of `a.jpg`; False: it is an asset, if text is one
    listing_ordered: bool | None = None  # None = the store's own default (AWS and folders list in byte order)
    media: tuple[MediaKind, ...] = DEFAULT_MEDIA  # the kinds of which objects are selected, in the order of MediaKind
    depth: Depth = Depth.FULL  # how much of each object is read
    policies: Policies = NO_POLICIES  # what an object must be to become an asset
    picture_text: bool = False  # whether the text in its pictures is read
    keyword_tags: bool = False  # whether keywords in the bytes become tags
    caption_tags: bool = False  # whether captions in the bytes that are short enough become tags
    pool: str = DEFAULT_POOL  # of the workers that execute its jobs
    inventory: str | None = None  # address of the folder of inventories, which may replace listings
    labels: LabelSidecars | None = None  # label files of the source; None: they are not read
    schedule: Schedule = OFF  # when a pass is due automatically

    @property
    def globs(self) -> tuple[str, ...]:
        """The globs of all configs without duplicates. Empty if a config selects everything."""
        if any(config.takes_everything for config in self.configs):
            return ()
        return tuple(dict.fromkeys(glob for config in self.configs for glob in config.globs))

    @property
    def looking(self) -> Looking:
        """How its objects are read."""
        return Looking(depth=self.depth, media=frozenset(self.media), policies=self.policies)


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobFile:
    """The last reading of a text file in the source with one glob per line."""

    key: str
    size: int  # bytes
    token: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Datasource:
    """One source with its settings, as stored in the catalog."""

    id: int
    name: str
    location: Location
    access: Access
    settings: MirrorSettings
    connection: str | None = None  # name of the connection that provides its credentials; None: the machine's own
    connection_id: int | None = None


class DatasourceStatus(StrEnum):
    """How a datasource is doing: the first that applies."""

    RUNNING = "running"
    BROKEN_CONNECTION = "broken_connection"  # the last check of its connection failed: its schedule pauses
    QUEUED = "queued"
    HELD = "held"  # removals wait for confirmation
    FAILED = "failed"  # its newest run
    NEW = "new"  # it has never run
    ACTIVE = "active"


def status_of(last_run: Run | None, at_work: RunState | None, paused: str | None) -> DatasourceStatus:
    """The status of a datasource. `at_work` is the state of a run that is queued or running."""
    if at_work is RunState.RUNNING:
        return DatasourceStatus.RUNNING
    if paused is not None:
        return DatasourceStatus.BROKEN_CONNECTION
    if at_work is RunState.QUEUED:
        return DatasourceStatus.QUEUED
    if last_run is None:
        return DatasourceStatus.NEW
    match last_run.state:
        case RunState.HELD if last_run.hold is None or last_run.hold.confirmed_by is None:
            return DatasourceStatus.HELD
        case RunState.FAILED:
            return DatasourceStatus.FAILED
        case _:
            return DatasourceStatus.ACTIVE


@public_noun
class DatasourceSummary:
    """A datasource at a glance. It contains names of credentials, never a secret."""

    id: int
    name: str
    title: str | None = None
    description: str | None = None
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
    connection: str | None = None
    """Name of the connection that provides its credentials; null: those of the library's machine."""
    globs: tuple[str, ...]
    """Empty if everything is mirrored."""
    configs: tuple[MirrorConfig, ...]
    """The first config that selects an object governs it."""
    media: tuple[MediaKind, ...] = DEFAULT_MEDIA
    """The kinds of media that are selected."""
    look: Depth = Depth.FULL
    """How much of each object is read: full, header or none."""
    policies: Policies = NO_POLICIES
    """What an object must be to become an asset."""
    picture_text: bool = False
    """Whether the text in its pictures is read."""
    keyword_tags: bool = False
    """Whether the keywords of its objects become tags."""
    caption_tags: bool = False
    """Whether the captions of its objects that are short enough become tags."""
    pool: str = DEFAULT_POOL
    """The workers that execute its jobs, by the name of their pool."""
    sidecar_suffix: str | None
    base_name_sidecars: bool = True
    """Whether `a.json` is the metadata of `a.jpg`; if not, it is an asset of a datasource that selects text."""
    labels: LabelSidecars | None = None
    """The label files of the source; null: they are not read."""
    listing_ordered: bool | None
    inventory: str | None = None
    """Folder of an inventory of the bucket, which may replace a listing."""
    schedule: str
    """`off`, `every: 6h`, or a cron expression."""
    timezone: str | None
    """Time zone of a cron expression."""
    next_due: datetime | None = None
    """When the schedule starts the next run."""
    paused: str | None = None
    """Why its schedule pauses: its connection does not work. Null: it does not pause."""
    can_run: bool = True
    """Whether a run can be requested now: none is queued or running, and the cooldown has passed."""
    status: DatasourceStatus = DatasourceStatus.NEW
    """How it is doing: running, broken_connection, queued, held, failed, new or active, the first that applies."""
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
    paused: str | None = None,
    cooldown_minutes: int = 0,
    can_run: bool = True,
    at_work: RunState | None = None,
) -> DatasourceSummary:
    """The public form of a datasource."""
    settings, access = source.settings, source.access.options()
    return DatasourceSummary(
        id=source.id,
        name=source.name,
        title=settings.title,
        description=settings.description,
        uri=source.location.uri,
        provider=source.location.provider,
        container=source.location.container,
        prefix=source.location.prefix,
        endpoint=access.endpoint,
        region=access.region,
        profile=access.profile,
        anonymous=bool(access.anonymous),
        connection=source.connection,
        globs=settings.globs,
        configs=settings.configs,
        media=settings.media,
        look=settings.depth,
        policies=settings.policies,
        picture_text=settings.picture_text,
        keyword_tags=settings.keyword_tags,
        caption_tags=settings.caption_tags,
        pool=settings.pool,
        sidecar_suffix=settings.sidecar_suffix,
        base_name_sidecars=settings.base_name_sidecars,
        labels=settings.labels,
        listing_ordered=settings.listing_ordered,
        inventory=settings.inventory,
        schedule=schedule_to_text(settings.schedule),
        timezone=timezone_of(settings.schedule),
        next_due=next_due,
        paused=paused,
        can_run=can_run,
        status=status_of(last_run, at_work, paused),
        cooldown_minutes=cooldown_minutes,
        assets=assets,
        last_run=last_run,
    )
