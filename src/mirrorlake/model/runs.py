"""A run: one pass over one datasource, its counts and its report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum

from mirrorlake.model.objects import Requests
from mirrorlake.model.queue import QueuedReason


class RunState(StrEnum):
    """The state of a run. The last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    HELD = "held"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Trigger(StrEnum):
    """What started a run."""

    MIRROR = "mirror"  # `mirrorlake mirror`, in the foreground
    MANUAL = "manual"  # a manual run, requested by datasource name
    SCHEDULE = "schedule"  # its schedule was due
    REAPPLY = "reapply"  # not a pass: merges metadata again
    RETRY = "retry"  # not a pass: retries the failed objects of another run
    CONFIRM = "confirm"  # not a pass: carries out confirmed removals
    PURGE = "purge"  # not a pass: permanently removes old assets from the trash


# The triggers of passes, which bring a whole datasource in step with its source.
PASSES = (Trigger.MIRROR, Trigger.MANUAL, Trigger.SCHEDULE)


class OutcomeKind(StrEnum):
    """What happened to one object in a run."""

    NEW = "new"
    CHANGED = "changed"
    MOVED = "moved"
    METADATA_CHANGED = "metadata_changed"
    LABELS_CHANGED = "labels_changed"
    UNCHANGED = "unchanged"  # stored only with a reason, such as a return
    SKIPPED = "skipped"
    FAILED = "failed"
    MISSING = "missing"
    REMOVED = "removed"  # moved to the trash, or removed


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many objects have each outcome; docs/glossary.md defines the words."""

    listed: int = 0
    selected: int = 0
    new: int = 0
    changed: int = 0
    metadata_changed: int = 0
    labels_changed: int = 0
    moved: int = 0
    missing: int = 0
    removed: int = 0
    unchanged: int = 0
    skipped: int = 0
    failed: int = 0

    @property
    def imported(self) -> int:
        """How many objects added something to the library."""
        return self.new + self.changed + self.metadata_changed + self.labels_changed

    def __add__(self, other: Counts) -> Counts:
        return Counts(**{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(Counts)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Removals that await confirmation. The hash identifies exactly their keys."""

    reason: str
    count: int
    by_prefix: Mapping[str, int]  # how many below each prefix (a literal part of the keys); they add up to `count`
    plan_hash: str
    confirmed_by: int | None = None  # the run that carried them out
    superseded_by: int | None = None  # the later pass that replaced them, if nobody confirmed them


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run as stored in the catalog."""

    id: int
    datasource: str
    trigger: str  # a Trigger, or the name that another version uses
    state: RunState
    started: datetime  # while queued: when it was requested
    finished: datetime | None
    counts: Counts = field(default_factory=Counts)
    requests: Requests = field(default_factory=Requests)
    bytes_read: int = 0
    error: str | None = None
    hold: Hold | None = None
    confirms: int | None = None  # the held run whose removals it carries out
    waiting: QueuedReason | None = None  # why it has not started, while queued


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What happened to one object in a run, with the reason."""

    key: str
    kind: OutcomeKind
    stage: str | None = None
    reason: str | None = None
    asset_id: str | None = None
