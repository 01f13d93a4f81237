"""Cancel a run on request, from any process."""

from __future__ import annotations

import time

from mirrorlake.catalog.cancel import request_cancel
from mirrorlake.catalog.runs import show_run
from mirrorlake.model.runs import Run, RunState
from mirrorlake.postgres.pool import Catalog

PATIENCE_S = 60.0  # long enough for a pending request to a slow source to end
_LOOK_S = 0.2


def cancel_run(catalog: Catalog, run_id: int, *, by: str) -> Run:
    """Request the cancellation of a run and return its new state. `by` is the name of the requester.

    A queued or held run is cancelled at once, a running one a moment later. Raises NotFound, Conflict if the run has
    ended, and PassRunning while its held removals are being carried out.
    """
    return request_cancel(catalog, run_id, by)


def cancel(catalog: Catalog, run_id: int, *, by: str, patience_s: float = PATIENCE_S) -> Run:
    """Cancel a run and wait until it has ended, at most `patience_s` seconds. Return its new state.

    Raises the errors of `cancel_run`.
    """
    run = cancel_run(catalog, run_id, by=by)
    deadline = time.monotonic() + patience_s
    while run.state is RunState.RUNNING and time.monotonic() < deadline:
        time.sleep(_LOOK_S)
        run = show_run(catalog, run_id)
    return run
