"""Cancelling a run as a person asks for it, from any process."""

from __future__ import annotations

import time

from mirrorlake.catalog.cancel import request_cancel
from mirrorlake.catalog.runs import show_run
from mirrorlake.model.runs import Run, RunState
from mirrorlake.postgres.pool import Catalog

PATIENCE_S = 60.0  # a request to a slow source that is under way is waited for
_LOOK_S = 0.2


def cancel_run(catalog: Catalog, run_id: int, *, by: str) -> Run:
    """Ask that a run end, and answer it as it is then. `by` names whoever asked, for people.

    A queued or held run is cancelled at once, a running one a moment later. Raises NotFound, Conflict where the run is
    over, PassRunning where what it holds is just being confirmed.
    """
    return request_cancel(catalog, run_id, by)


def cancel(catalog: Catalog, run_id: int, *, by: str, patience_s: float = PATIENCE_S) -> Run:
    """Cancel a run, and wait until it has ended, but no longer than `patience_s` seconds.

    Answers it as it is then. Raises as `cancel_run` does.
    """
    run = cancel_run(catalog, run_id, by=by)
    deadline = time.monotonic() + patience_s
    while run.state is RunState.RUNNING and time.monotonic() < deadline:
        time.sleep(_LOOK_S)
        run = show_run(catalog, run_id)
    return run
