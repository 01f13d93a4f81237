"""Decide how a running run is doing beside its state. Pure: no I/O."""

from __future__ import annotations

from mirrorlake.model.runs import RunFlag

STALLED_S = 120.0  # without progress: longer than all attempts of one request with their pauses, except the slowest
SILENT_S = 15.0  # without a heartbeat, which is due every second: its process hangs, or does not reach the database


def run_flags(*, unmoved_s: float, silent_s: float, retrying: bool) -> tuple[RunFlag, ...]:
    """The flags of a running run.

    `unmoved_s`: seconds since its counts, requests or progress last changed; `silent_s`: seconds since its last
    heartbeat; `retrying`: as of that heartbeat.
    """
    silent = silent_s >= SILENT_S  # what it last reported is no longer known to be true
    stalled = silent or unmoved_s >= STALLED_S
    return (
        *((RunFlag.RETRYING,) if retrying and not silent else ()),
        *((RunFlag.STALLED,) if stalled else ()),
    )
