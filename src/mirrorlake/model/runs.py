"""A run: one pass over one datasource, its counts and its report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum

from mirrorlake.model.objects import Requests


class RunState(StrEnum):
    """Where a run stands. The last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    HELD = "held"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class OutcomeKind(StrEnum):
    """What happened to one object in a run."""

    NEW = "new"
    CHANGED = "changed"
    MOVED = "moved"
    METADATA_CHANGED = "metadata_changed"
    LABELS_CHANGED = "labels_changed"
    UNCHANGED = "unchanged"  # stored only with a reason worth telling, such as a return
    SKIPPED = "skipped"
    FAILED = "failed"
    MISSING = "missing"
    REMOVED = "removed"  # put into the trash, or removed


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many objects each outcome has; the words are defined in docs/glossary.md."""

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

    def __add__(self, other: Counts) -> Counts:
        return Counts(**{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(Counts)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Removals that wait for a person's consent. The hash names exactly their keys, whatever else happens."""

    reason: str
    count: int
    by_prefix: Mapping[str, int]  # how many below each prefix, whole as in keys; they add up to `count`
    plan_hash: str
    confirmed_by: int | None = None  # the run that carried them out


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run as the catalog holds it."""

    id: int
    datasource: str
    trigger: str  # "mirror" for a foreground pass
    state: RunState
    started: datetime
    finished: datetime | None
    counts: Counts = field(default_factory=Counts)
    requests: Requests = field(default_factory=Requests)
    bytes_read: int = 0
    error: str | None = None
    hold: Hold | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What happened to one object in a run, and why."""

    key: str
    kind: OutcomeKind
    stage: str | None = None
    reason: str | None = None
    asset_id: str | None = None
