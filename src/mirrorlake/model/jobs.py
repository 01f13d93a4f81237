"""A job: any long work, with who asked for it, how far it is, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from mirrorlake.model.public import public_noun
from mirrorlake.model.queue import QueuedReason
from mirrorlake.model.runs import RunState, Trigger

JobState = RunState  # jobs and runs have the same states; only runs are ever held


class JobKind(StrEnum):
    """What a job does. Each kind has one handler, see `mirrorlake.jobs.registry`."""

    MIRROR = "mirror"
    CONFIRM = "confirm"
    RETRY = "retry"
    PURGE = "purge"
    REAPPLY = "reapply"
    PREVIEW = "preview"
    VERIFY = "verify"
    THUMBNAILS_CHECK = "thumbnails_check"
    THUMBNAILS_MAKE = "thumbnails_make"
    THUMBNAILS_CLEAN = "thumbnails_clean"


# Jobs that are runs: they have counts and outcomes, and hold the lock of their datasource.
RUN_KINDS = frozenset({JobKind.MIRROR, JobKind.CONFIRM, JobKind.RETRY, JobKind.PURGE, JobKind.REAPPLY})
_KINDS_OF_TRIGGERS = {
    Trigger.CONFIRM: JobKind.CONFIRM,
    Trigger.RETRY: JobKind.RETRY,
    Trigger.PURGE: JobKind.PURGE,
    Trigger.REAPPLY: JobKind.REAPPLY,
}
THUMBNAILS_LOCK = "library:thumbnails"


def kind_of_trigger(trigger: Trigger | str) -> JobKind:
    """The kind of job that a run with this trigger is."""
    return _KINDS_OF_TRIGGERS.get(Trigger(trigger), JobKind.MIRROR)


def datasource_lock(datasource_id: int) -> str:
    """The lock that every run of a datasource takes."""
    return f"datasource:{datasource_id}"


@public_noun
class JobProgress:
    """How far a job is: `done` of `total` units in the step under way."""

    step: str
    """What is being done, such as listing, processing, merging or verifying."""
    done: int = 0
    total: int | None = None
    """Null until it is known."""
    unit: str = "objects"
    counts: Mapping[str, int] = field(default_factory=dict[str, int])
    """What else is counted, such as failed objects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job to be made. `args` and `subject` are as the handler of its kind wants them."""

    kind: JobKind
    datasource_id: int | None = None
    subject: str | None = None
    args: Mapping[str, Any] = field(default_factory=dict[str, Any])
    requested_by: str | None = None
    lock: str | None = None
    priority: int = 0
    max_attempts: int = 3


@public_noun
class Job:
    """Any long work: who asked for it, how far it is, and its result."""

    id: int
    """The number; of a run, also that of the run."""
    kind: str
    """What it does: mirror, confirm, retry, purge, reapply, preview, verify, thumbnails_check, …"""
    workspace: str
    datasource: str | None
    subject: str | None
    """What it is about, if not a datasource."""
    args: Mapping[str, Any]
    requested_by: str | None
    """Who asked for it; null for jobs of earlier versions."""
    state: RunState
    attempt: int | None
    """1, or more after a failure or the death of a worker. Null: it ran in the process of whoever asked for it."""
    max_attempts: int
    not_before: datetime | None
    """When a queued job is tried again at the earliest."""
    created: datetime
    started: datetime | None
    """Null while it is queued."""
    finished: datetime | None
    progress: JobProgress | None
    """As of the last second while it is running."""
    result: Mapping[str, Any] | None
    """What came of it. Of a run, its counts, requests and bytes read."""
    error: str | None
    cancel_requested: str | None
    """Who asked that it end."""
    continued_by: int | None
    """The job that took up the work of this one after it was cut short."""
    version: int
    """Grows with every change: ask for the job with `since` to wait for a newer one."""
    waiting: QueuedReason | None = None
    """Why it has not started, while queued."""

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to it by itself."""
        return self.state not in (RunState.QUEUED, RunState.RUNNING)
