"""Why a queued run has not started, and whether somebody must act. Pure."""

from __future__ import annotations

from datetime import UTC

from mirrorlake.model.queue import QueuedReason, Workers

START_ONE = "start one with `mirrorlake worker`, or `mirrorlake up`"


def queued_reason(workers: Workers, in_front: int | None) -> QueuedReason:
    """`in_front` is the running run of the same datasource."""
    if not workers.alive:
        # Also behind a pass in the foreground: at its end nobody would take this one.
        since = (
            "" if workers.last_seen is None else f" (last seen {workers.last_seen.astimezone(UTC):%Y-%m-%d %H:%M} UTC)"
        )
        return QueuedReason(reason=f"no worker is running{since}: {START_ONE}", stuck=True)
    if in_front is not None:
        return QueuedReason(reason=f"run {in_front} of the same datasource is running", stuck=False)
    return QueuedReason(reason="the next free worker takes it", stuck=False)
