"""Why a queued run has not begun, and whether somebody has to do something about it. Pure."""

from __future__ import annotations

from datetime import UTC

from mirrorlake.model.queue import QueuedReason, Workers

START_ONE = "start one with `mirrorlake worker`, or `mirrorlake up`"


def queued_reason(workers: Workers, in_front: int | None) -> QueuedReason:
    """`in_front` is the run of the same datasource that is at work."""
    if not workers.alive:
        # Also behind a pass in the foreground: at its end nobody would take this one.
        since = "" if workers.last_seen is None else f" since {workers.last_seen.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        return QueuedReason(reason=f"no worker has been seen{since or ' yet'}: {START_ONE}", stuck=True)
    if in_front is not None:
        return QueuedReason(reason=f"run {in_front} of the same datasource is at work", stuck=False)
    return QueuedReason(reason="the next free worker takes it", stuck=False)
