"""End runs on request: one that waits ends at once, one that is at work is asked to."""

from __future__ import annotations

from mirrorlake.catalog.runs import refuse_while_running, show_run
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import Conflict
from mirrorlake.model.runs import Run, RunState
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog


def request_cancel(catalog: Catalog, run_id: int, by: str) -> Run:
    """Cancel a run, and answer it as it is then. `by` names whoever asked, for people.

    A queued run is cancelled at once. A held one too: its removals are dismissed, and a later pass finds them anew. A
    running one is asked to end, which its process does within a second or two; what it committed stays. Asking twice
    is as good as once.

    Raises NotFound, Conflict where the run is over, PassRunning where a held run is just being confirmed.
    """
    while True:
        run = show_run(catalog, run_id)
        match run.state:
            case RunState.RUNNING:
                done = _ask(catalog, run_id, by)
            case RunState.QUEUED:
                done = _end_queued(catalog, run_id, by)
            case RunState.HELD:
                done = _dismiss(catalog, run_id, by)
            case RunState.SUCCEEDED | RunState.FAILED | RunState.CANCELLED:
                raise Conflict(
                    f"Run {run_id} is over: it {_ENDED[run.state]}.",
                    "Only a queued, running or held run can be cancelled.",
                )
        if done:  # else its state has just changed
            return show_run(catalog, run_id)


_ENDED = {RunState.SUCCEEDED: "succeeded", RunState.FAILED: "failed", RunState.CANCELLED: "was cancelled"}


@retry_on_contention
def _ask(catalog: Catalog, run_id: int, by: str) -> bool:
    with catalog.write() as connection:
        return connection.execute(statement("request_cancel").query, {"run_id": run_id, "by": by}).rowcount == 1


@retry_on_contention
def _end_queued(catalog: Catalog, run_id: int, by: str) -> bool:
    values = {"run_id": run_id, "by": by, "state": RunState.QUEUED, "error": f"Cancelled by {by} before it began."}
    with catalog.write() as connection:
        return connection.execute(statement("end_waiting").query, values).rowcount == 1


@retry_on_contention
def _dismiss(catalog: Catalog, run_id: int, by: str) -> bool:
    error = f"Dismissed by {by}: nothing of what was held was removed."
    values = {"run_id": run_id, "by": by, "state": RunState.HELD, "error": error}
    with catalog.write() as connection:
        source = connection.execute(statement("datasource_of_run").query, values).fetchone()
        if source is None:
            return False
        # A confirmation that is at work reads what was held: it must not be taken from under it.
        refuse_while_running(connection, source[0])
        if connection.execute(statement("end_waiting").query, values).rowcount == 0:
            return False
        connection.execute(statement("dismiss_held").query, values)
    return True
