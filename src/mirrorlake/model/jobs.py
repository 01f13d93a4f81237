"""A job: long work of any kind, with its requester, progress and result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from mirrorlake.model.progress import JobProgress
from mirrorlake.model.public import public_noun
from mirrorlake.model.queue import QueuedReason
from mirrorlake.model.runs import RunState, Trigger

JobState = RunState  # jobs and runs have the same states; only runs are ever held


class JobKind(StrEnum):
    """What a job does. Each kind has one handler, see `mirrorlake.jobs.registry`."""

    MIRROR = "mirror"
    EVENTS = "events"
    RECEIVE = "receive"
    DELIVER = "deliver"
    CONFIRM = "confirm"
    RETRY = "retry"
    PURGE = "purge"
    REAPPLY = "reapply"
    PREVIEW = "preview"
    LOCATION_PREVIEW = "location_preview"
    VERIFY = "verify"
    CONNECTION_CHECK = "connection_check"
    THUMBNAILS_CHECK = "thumbnails_check"
    THUMBNAILS_MAKE = "thumbnails_make"
    THUMBNAILS_CLEAN = "thumbnails_clean"
    LABELS_IMPORT = "labels_import"
    LABELS_EXPORT = "labels_export"
    ASSETS_EXPORT = "assets_export"
    EDIT = "edit"
    UNDO = "undo"
    DISCARD_FILES = "discard_files"
    PROJECT_SPLIT = "project_split"
    SPLIT_ASSIGN = "split_assign"
    SNAPSHOT_CREATE = "snapshot_create"
    SNAPSHOT_RESTORE = "snapshot_restore"
    SEARCH_INDEXES = "search_indexes"
    LIKENESS = "likeness"
    PICTURE_TEXT = "picture_text"
    FUNCTION = "function"


# Jobs that are runs: they have counts and outcomes, and hold the lock of their datasource.
RUN_KINDS = frozenset({JobKind.MIRROR, JobKind.EVENTS, JobKind.CONFIRM, JobKind.RETRY, JobKind.PURGE, JobKind.REAPPLY})
_KINDS_OF_TRIGGERS = {
    Trigger.EVENTS: JobKind.EVENTS,
    Trigger.CONFIRM: JobKind.CONFIRM,
    Trigger.RETRY: JobKind.RETRY,
    Trigger.PURGE: JobKind.PURGE,
    Trigger.REAPPLY: JobKind.REAPPLY,
}
THUMBNAILS_LOCK = "library:thumbnails"
DEFAULT_POOL = "default"  # of workers


def kind_of_trigger(trigger: Trigger | str) -> JobKind:
    """The kind of job that a run with this trigger is."""
    return _KINDS_OF_TRIGGERS.get(Trigger(trigger), JobKind.MIRROR)


def datasource_lock(datasource_id: int) -> str:
    """The lock that every run of a datasource takes."""
    return f"datasource:{datasource_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job to be created. `args` and `subject` depend on the handler of its kind."""

    kind: JobKind
    datasource_id: int | None = None
    subject: str | None = None
    args: Mapping[str, Any] = field(default_factory=dict[str, Any])
    requested_by: str | None = None
    requester: Mapping[str, str | None] | None = None  # kind of the actor, address and credential; None: a local user
    lock: str | None = None
    priority: int = 0
    max_attempts: int = 3
    pool: str = DEFAULT_POOL  # of the workers that may take it


@public_noun
class Job:
    """Long work of any kind with its requester, progress and result."""

    id: int
    """The number of the job, which is also the number of its run."""
    kind: str
    """The kind: mirror, confirm, retry, purge, reapply, preview, verify, thumbnails_check, …"""
    workspace: str
    datasource: str | None
    subject: str | None
    """The subject, if it is not a datasource."""
    args: Mapping[str, Any]
    requested_by: str | None
    """The requester; null for jobs of earlier versions."""
    state: RunState
    attempt: int | None
    """1, or more after a failure or the death of a worker. Null: it ran in the process of its requester."""
    max_attempts: int
    not_before: datetime | None
    """The earliest time of the next attempt of a queued job."""
    created: datetime
    started: datetime | None
    """Null while it is queued."""
    finished: datetime | None
    progress: JobProgress | None
    """While it is running, at most a second old."""
    result: Mapping[str, Any] | None
    """The result. Of a run, its counts, requests and bytes read."""
    error: str | None
    cancel_requested: str | None
    """Who cancelled it."""
    continued_by: int | None
    """The job that continues the work of this one after an interruption."""
    version: int
    """Increases with every change: request the job with `since` to wait for a newer version."""
    pool: str = DEFAULT_POOL
    """The workers that may take it, by the name of their pool."""
    waiting: QueuedReason | None = None
    """The reason why a queued job has not started."""

    @property
    def ended(self) -> bool:
        """Whether the state is final, or held for a decision."""
        return self.state not in (RunState.QUEUED, RunState.RUNNING)
