"""A run: one pass over one datasource, its counts and its report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum

from mirrorlake.model.objects import Requests
from mirrorlake.model.outcomes import Counts, OutcomeKind
from mirrorlake.model.progress import JobProgress
from mirrorlake.model.public import public_noun
from mirrorlake.model.queue import QueuedReason


class RunState(StrEnum):
    """The state of a run. The last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    HELD = "held"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class RunFlag(StrEnum):
    """How a running run is doing, beside its state."""

    RETRYING = "retrying"  # requests to the source failed and are tried again
    STALLED = "stalled"  # nothing has moved for a while


class Trigger(StrEnum):
    """What started a run."""

    MIRROR = "mirror"  # `mirrorlake mirror`, in the foreground
    MANUAL = "manual"  # a manual run, requested by datasource name
    SCHEDULE = "schedule"  # its schedule was due
    RECONCILE = "reconcile"  # events left something that a run over everything decides
    EVENTS = "events"  # not a pass: checks the keys that events named
    REAPPLY = "reapply"  # not a pass: merges metadata again
    RETRY = "retry"  # not a pass: retries the failed objects of another run
    CONFIRM = "confirm"  # not a pass: carries out confirmed removals
    PURGE = "purge"  # not a pass: permanently removes old assets from the trash


@public_noun
class Hold:
    """Removals that await confirmation. The hash identifies exactly their keys."""

    reason: str
    count: int
    by_prefix: Mapping[str, int]
    """Removals below each prefix, complete as in keys; they add up to `count`."""
    plan_hash: str
    """Identifies exactly the keys that are held."""
    confirm: str | None = None
    """The command that carries them out; null for a dry run, which holds nothing."""
    confirmed_by: int | None = None
    """The run that carried them out."""
    superseded_by: int | None = None
    """The later run that superseded them, if they were not confirmed."""


def confirm_command(run_id: int) -> str:
    """The command that carries out the held removals of a run."""
    return f"mirrorlake runs confirm {run_id}"


@public_noun
class Run:
    """One run over one datasource."""

    id: int
    datasource: str
    trigger: str
    """What started it; another version may know more triggers."""
    state: RunState
    started: datetime
    """While it is queued: when it was requested."""
    finished: datetime | None
    counts: Counts = field(default_factory=Counts)
    requests: Requests = field(default_factory=Requests)
    bytes_read: int = 0
    server: str | None = None
    """The server of the source, and what specifies it; null for folders, and until the run has ended."""
    hold: Hold | None = None
    confirms: int | None = None
    """The held run whose removals it carries out."""
    waiting: QueuedReason | None = None
    """Why a queued run has not started."""
    error: str | None = None
    limited: bool = False
    """Whether it left out new objects because the workspace has reached a limit. They are not failures."""
    limited_by: str | None = None
    """That limit: `assets` or `bytes`."""
    notes: tuple[str, ...] = ()
    """Sentences about what was probably not intended, such as a pattern that matches nothing."""
    progress: JobProgress | None = None
    """While it is running, the progress of its current step."""
    expected: int | None = None
    """While it is running, the number of objects that the preceding run listed."""
    flags: tuple[RunFlag, ...] = ()
    """While it is running: `retrying` if requests to the source are tried again, `stalled` if nothing moves."""
    moved: datetime | None = None
    """While it is running, when its counts, requests or progress last changed."""


@public_noun
class Outcome:
    """The outcome of one object in a run, with the reason."""

    key: str
    kind: OutcomeKind
    stage: str | None = None
    reason: str | None = None
    asset_id: str | None = None
