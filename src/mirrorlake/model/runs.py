"""A run: one pass over one datasource, its counts and its report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from mirrorlake.model.objects import Requests
from mirrorlake.model.outcomes import Counts, OutcomeKind
from mirrorlake.model.queue import QueuedReason


class RunState(StrEnum):
    """Where a run stands. The last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    HELD = "held"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Trigger(StrEnum):
    """What made a run."""

    MIRROR = "mirror"  # `mirrorlake mirror`, in the foreground
    MANUAL = "manual"  # a person asked for it by the datasource's name
    SCHEDULE = "schedule"  # it fell due
    REAPPLY = "reapply"  # no pass: metadata is merged again
    RETRY = "retry"  # no pass: what failed in another run is looked at again
    CONFIRM = "confirm"  # no pass: removals that a person agreed to
    PURGE = "purge"  # no pass: what waited long enough in the trash goes for good


# What brings a datasource in step with its source, as a whole.
PASSES = (Trigger.MIRROR, Trigger.MANUAL, Trigger.SCHEDULE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Removals that wait for a person's consent. The hash names exactly their keys, whatever else happens."""

    reason: str
    count: int
    by_prefix: Mapping[str, int]  # how many below each prefix, whole as in keys; they add up to `count`
    plan_hash: str
    confirmed_by: int | None = None  # the run that carried them out
    superseded_by: int | None = None  # the later pass that judged anew, where nobody confirmed them


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run as the catalog holds it."""

    id: int
    datasource: str
    trigger: str  # a Trigger, or what another version calls one
    state: RunState
    started: datetime  # while queued: when it was asked for
    finished: datetime | None
    counts: Counts = field(default_factory=Counts)
    requests: Requests = field(default_factory=Requests)
    bytes_read: int = 0
    error: str | None = None
    hold: Hold | None = None
    confirms: int | None = None  # the held run whose removals it carries out
    waiting: QueuedReason | None = None  # why it has not begun, while queued


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What happened to one object in a run, and why."""

    key: str
    kind: OutcomeKind
    stage: str | None = None
    reason: str | None = None
    asset_id: str | None = None
