"""Why a queued job has not started, and whether somebody must act. Pure."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime

from mirrorlake.model.jobs import DEFAULT_POOL
from mirrorlake.model.queue import QueuedReason, Workers

START_WORKER_HINT = "start one with `mirrorlake worker`, or `mirrorlake up`"


def queued_reason(
    workers: Workers,
    in_front: int | None,
    *,
    not_before: datetime | None = None,
    retry_reason: str | None = None,
    of_datasource: bool = True,
    pool: str = DEFAULT_POOL,
) -> QueuedReason:
    """`in_front` is the running job that holds the same lock, `not_before` when another attempt is due, and why."""
    if not workers.alive:
        # Also behind a run in the foreground: at its end nobody would take this one.
        since = (
            "" if workers.last_seen is None else f" (last seen {workers.last_seen.astimezone(UTC):%Y-%m-%d %H:%M} UTC)"
        )
        if pool != DEFAULT_POOL:
            start = f"start one with `mirrorlake worker --pool {shlex.quote(pool)}`"
            return QueuedReason(reason=f"no worker of the pool {pool} is running{since}: {start}", stuck=True)
        return QueuedReason(reason=f"no worker is running{since}: {START_WORKER_HINT}", stuck=True)
    if in_front is not None:
        busy = f"run {in_front} of the same datasource" if of_datasource else f"job {in_front}"
        return QueuedReason(reason=f"{busy} is running", stuck=False)
    if retry_reason is not None and not_before is not None:
        due = f"{not_before.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        return QueuedReason(reason=f"it is retried at {due} after a failure: {retry_reason}", stuck=False)
    which = "worker" if pool == DEFAULT_POOL else f"worker of the pool {pool}"
    return QueuedReason(reason=f"the next free {which} takes it", stuck=False)
