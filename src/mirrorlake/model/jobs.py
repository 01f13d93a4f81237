"""A job: any long work, with who asked for it, how far it is, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

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


@dataclass(frozen=True, slots=True, kw_only=True)
class JobProgress:
    """How far a job is: `done` of `total` units in the step under way. `total` is None until it is known."""

    step: str
    done: int = 0
    total: int | None = None
    unit: str = "objects"
    counts: Mapping[str, int] = field(default_factory=dict[str, int])


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as the catalog holds it."""

    id: int
    kind: str  # a JobKind, or what another version calls one
    workspace: str
    datasource: str | None
    subject: str | None
    args: Mapping[str, Any]
    requested_by: str | None
    state: RunState
    attempt: int | None  # None: it ran in the process of whoever asked for it
    max_attempts: int
    not_before: datetime | None
    created: datetime
    started: datetime | None  # None while queued
    finished: datetime | None
    progress: JobProgress | None
    result: Mapping[str, Any] | None
    error: str | None
    cancel_requested: str | None
    continued_by: int | None  # the job that took up its work
    version: int  # grows with every change
    waiting: QueuedReason | None = None  # why it has not begun, while queued

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to it by itself."""
        return self.state not in (RunState.QUEUED, RunState.RUNNING)
