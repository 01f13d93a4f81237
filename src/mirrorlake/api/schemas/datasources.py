"""The shapes of datasources and runs that the REST contract promises, and of what people decide about them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field, JsonValue, RootModel

from mirrorlake.api.schemas.assets import Shape
from mirrorlake.model.acts import Deletion, Project, Purge
from mirrorlake.model.explanations import Explained, Origin, Verdict
from mirrorlake.model.previews import Preview
from mirrorlake.model.runs import Hold, Outcome, OutcomeKind, Run, RunState
from mirrorlake.model.schedule import schedule_to_text, timezone_of
from mirrorlake.model.serialization import confirm_command
from mirrorlake.model.sources import DatasourceSummary, MetadataStrategy, NamingStrategy, Orphans, Provider


class RequestCounts(Shape):
    """Logical calls at the storage seam."""

    list: int
    get: int
    head: int
    put: int
    delete: int


class RunCounts(Shape):
    """How many objects each outcome has."""

    listed: int
    selected: int
    new: int
    changed: int
    metadata_changed: int
    labels_changed: int
    moved: int
    missing: int
    removed: int
    unchanged: int
    skipped: int
    failed: int


class HoldShape(Shape):
    """Removals that wait for a person's consent."""

    reason: str
    count: int
    by_prefix: dict[str, int]
    plan_hash: Annotated[str, Field(description="Names exactly the keys that are held.")]
    confirm: Annotated[str, Field(description="The command that lets them happen.")]
    confirmed_by: Annotated[int | None, Field(description="The run that carried them out.")]
    superseded_by: Annotated[int | None, Field(description="The later pass that judged anew.")]


class WaitingShape(Shape):
    """For what a queued run waits."""

    reason: str
    stuck: Annotated[bool, Field(description="Nothing comes of it unless somebody starts a worker.")]


class RunShape(Shape):
    """One pass over one datasource."""

    id: int
    datasource: str
    trigger: str
    state: RunState
    started: datetime
    finished: datetime | None
    counts: RunCounts
    requests: RequestCounts
    bytes_read: int
    hold: HoldShape | None
    confirms: Annotated[int | None, Field(description="The held run whose removals it carries out.")]
    waiting: Annotated[WaitingShape | None, Field(description="Why a queued run has not begun.")]
    error: str | None

    @classmethod
    def of(cls, run: Run) -> RunShape:
        """The public shape of a run."""
        return cls(
            id=run.id,
            datasource=run.datasource,
            trigger=run.trigger,
            state=run.state,
            started=run.started,
            finished=run.finished,
            counts=RunCounts(**asdict(run.counts)),
            requests=RequestCounts(**asdict(run.requests)),
            bytes_read=run.bytes_read,
            hold=None if run.hold is None else _hold(run.id, run.hold),
            confirms=run.confirms,
            waiting=None if run.waiting is None else WaitingShape.model_validate(asdict(run.waiting)),
            error=run.error,
        )


def _hold(run_id: int, hold: Hold) -> HoldShape:
    return HoldShape(
        reason=hold.reason,
        count=hold.count,
        by_prefix=dict(hold.by_prefix),
        plan_hash=hold.plan_hash,
        confirm=confirm_command(run_id),
        confirmed_by=hold.confirmed_by,
        superseded_by=hold.superseded_by,
    )


class OutcomeShape(Shape):
    """What happened to one object in a run, and why."""

    key: str
    kind: OutcomeKind
    stage: str | None
    reason: str | None
    asset_id: str | None

    @classmethod
    def of(cls, outcome: Outcome) -> OutcomeShape:
        """The public shape of an outcome."""
        return cls(
            key=outcome.key,
            kind=outcome.kind,
            stage=outcome.stage,
            reason=outcome.reason,
            asset_id=outcome.asset_id,
        )


class ConfigShape(Shape):
    """Which objects of a datasource are taken, and what becomes of them."""

    id: str | None
    globs: list[str]
    glob_file: str | None
    paths: list[str]
    exclude: list[str]
    naming: NamingStrategy
    naming_key: str | None
    update_image: bool
    update_metadata: bool
    metadata_strategy: MetadataStrategy
    orphans: Orphans


class DatasourceShape(Shape):
    """A datasource at a glance. Holds names of credentials, never a secret."""

    id: int
    name: str
    uri: str
    provider: Provider
    container: Annotated[str, Field(description="The bucket, or the folder's path.")]
    prefix: str
    endpoint: str | None
    region: str | None
    profile: Annotated[str | None, Field(description="Of the AWS configuration of the library's own machine.")]
    anonymous: bool
    globs: Annotated[list[str], Field(description="Empty: everything is mirrored.")]
    configs: Annotated[list[ConfigShape], Field(description="The first that takes an object governs it.")]
    sidecar_suffix: str | None
    listing_ordered: bool | None
    schedule: Annotated[str, Field(description="off, every: 6h, or a cron expression.")]
    timezone: Annotated[str | None, Field(description="Whose clock a cron expression means.")]
    next_due: Annotated[datetime | None, Field(description="When the schedule asks for a pass.")]
    can_run: Annotated[bool, Field(description="Whether a pass can be asked for now.")]
    cooldown_minutes: Annotated[int, Field(description="Until a pass can be asked for again; 0: none.")]
    assets: int
    last_run: RunShape | None

    @classmethod
    def of(cls, summary: DatasourceSummary) -> DatasourceShape:
        """The public shape of a datasource."""
        source = summary.datasource
        return cls(
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
            globs=list(source.settings.globs),
            configs=[ConfigShape.model_validate(asdict(config)) for config in source.settings.configs],
            sidecar_suffix=source.settings.sidecar_suffix,
            listing_ordered=source.settings.listing_ordered,
            schedule=schedule_to_text(source.settings.schedule),
            timezone=timezone_of(source.settings.schedule),
            next_due=summary.next_due,
            can_run=summary.can_run,
            cooldown_minutes=summary.cooldown_minutes,
            assets=summary.assets,
            last_run=None if summary.last_run is None else RunShape.of(summary.last_run),
        )


class PurgeShape(Shape):
    """What emptying the trash of a datasource would remove for good."""

    datasource: str
    days: Annotated[int, Field(description="Untouched in the trash for so long.")]
    acknowledge: Annotated[int, Field(description="How many assets: the number to say back.")]

    @classmethod
    def of(cls, purge: Purge) -> PurgeShape:
        """The public shape of a purge."""
        return cls(datasource=purge.datasource, days=purge.days, acknowledge=purge.acknowledge)


class DeletionShape(Shape):
    """What deleting a datasource does to its assets."""

    datasource: str
    orphans: Orphans
    removed: Annotated[int, Field(description="For good.")]
    trashed: Annotated[int, Field(description="Restorable.")]
    kept: Annotated[int, Field(description="Stay as they are.")]
    handed_over: Annotated[
        int, Field(description="Of those trashed and kept: another datasource reaches them too, and governs them then.")
    ]
    acknowledge: Annotated[int, Field(description="The number to say back: what goes out of sight or for good.")]
    deleted: Annotated[bool, Field(description="Whether it was done.")]

    @classmethod
    def of(cls, deletion: Deletion, *, deleted: bool) -> DeletionShape:
        """The public shape of a deletion."""
        return cls.model_validate(deletion.as_json(deleted=deleted))


class JudgementShape(Shape):
    """What one mirror config says of a key."""

    config: Annotated[int, Field(description="Its place, from 0.")]
    config_id: str | None
    takes: bool
    origin: Origin | None
    pattern: str | None
    exclude: str | None


class ExplainedShape(Shape):
    """What becomes of one key, and which rule says so."""

    datasource: str
    key: str
    verdict: Verdict
    reason: str
    object: Annotated[str, Field(description="`exists`, `gone`, or why the source could not say.")]
    config: int | None
    config_id: str | None
    origin: Origin | None
    pattern: str | None
    sidecars: list[str]
    judgements: list[JudgementShape]

    @classmethod
    def of(cls, explained: Explained) -> ExplainedShape:
        """The public shape of an explanation."""
        return cls.model_validate(explained.as_json())


class NextTimes(Shape):
    """What a schedule means."""

    schedule: Annotated[str, Field(description="As it is kept: off, every: 6h, or a cron expression.")]
    timezone: str | None
    next: Annotated[list[datetime], Field(description="When passes fall due, if it were set now.")]


class SettingsChange(RootModel[dict[str, JsonValue]]):
    """Settings with the names of a settings file. What is not named stays; null takes a setting back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"schedule": "0 3 * * *", "timezone": "Europe/Berlin"}]})


class PreviewHold(Shape):
    """Removals that the pass would hold."""

    reason: str
    count: int
    by_prefix: dict[str, int]
    plan_hash: str
    confirm: None = None
    confirmed_by: None = None
    superseded_by: None = None


class WouldShape(Shape):
    """What the pass would ask of the source."""

    list: int
    get: int
    head: int
    bytes: int


class SampleShape(Shape):
    """One object, and why it is in the plan."""

    key: str
    reason: str
    old_key: Annotated[str | None, Field(description="Of one that moved.")]


class PreviewShape(Shape):
    """What a pass would do: under way, or what came of it."""

    id: str
    datasource: str
    state: Annotated[RunState, Field(description="`running`, then `succeeded` or `failed`.")]
    counts: RunCounts
    requests: Annotated[RequestCounts, Field(description="Made for the preview itself.")]
    seconds: float
    hold: PreviewHold | None
    would: Annotated[WouldShape | None, Field(description="None until there is a plan.")]
    samples: Annotated[
        dict[str, list[SampleShape]] | None,
        Field(description="Some of each kind: new, changed, metadata_changed, moved, orphaned, skipped."),
    ]
    error: str | None
    waiting: Annotated[WaitingShape | None, Field(description="Why a queued preview has not begun.")]

    @classmethod
    def of(cls, preview: Preview) -> PreviewShape:
        """The public shape of a preview."""
        return cls.model_validate(preview.as_json())


class ProjectShape(Shape):
    """A named set of assets."""

    name: str
    assets: int

    @classmethod
    def of(cls, project: Project) -> ProjectShape:
        """The public shape of a project."""
        return cls(name=project.name, assets=project.assets)


class Members(Shape):
    """Which assets a request means."""

    assets: Annotated[tuple[Annotated[str, Field(max_length=64)], ...], Field(min_length=1, max_length=1000)]


class MembersChanged(Shape):
    """What came of it."""

    changed: Annotated[int, Field(description="How many assets came or went.")]


class Consent(Shape):
    """A person's consent to held removals. `run` or `plan_hash` names them; what else is said has to agree."""

    model_config = ConfigDict(strict=True)

    run: Annotated[int | None, Field(ge=1, le=2**63 - 1, description="A held run.")] = None
    plan_hash: Annotated[str | None, Field(max_length=128, description="Of what is held.")] = None
    count: Annotated[int | None, Field(ge=0, description="How many removals, as the person understood it.")] = None
