"""Cancel jobs: a queued or held job ends immediately, a running job is requested to end."""

from __future__ import annotations

from mirrorlake.catalog.jobs import show_job
from mirrorlake.catalog.runs import refuse_while_running, show_run
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import Conflict
from mirrorlake.model.jobs import RUN_KINDS, Job
from mirrorlake.model.runs import Run, RunState
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog

_ENDED = {RunState.SUCCEEDED: "succeeded", RunState.FAILED: "failed", RunState.CANCELLED: "was cancelled"}


def request_cancel(catalog: Catalog, run_id: int, by: str) -> Run:
    """Cancel a run and return its new state. `by` is the name of the user, for messages.

    A queued run is cancelled immediately. So is a held run: its removals are dismissed, and a later run finds them
    again. The process of a running run ends it within about two seconds; committed work is kept. Cancelling a run
    twice has no further effect.

    Raises NotFound, Conflict if the run has ended, PassRunning while a held run is being confirmed.
    """
    show_run(catalog, run_id)  # the job with this id may not be a run
    request_job_cancel(catalog, run_id, by)
    return show_run(catalog, run_id)


def request_job_cancel(catalog: Catalog, job_id: int, by: str) -> Job:
    """Cancel a job of any kind and return its new state. Raises the same errors as `request_cancel`."""
    while True:
        job = show_job(catalog, job_id)
        match job.state:
            case RunState.RUNNING:
                done = _request_cancel(catalog, job_id, by)
            case RunState.QUEUED:
                done = _end_queued(catalog, job_id, by)
            case RunState.HELD:
                done = _dismiss(catalog, job_id, by)
            case RunState.SUCCEEDED | RunState.FAILED | RunState.CANCELLED:
                noun, nouns = ("Run", "run") if job.kind in RUN_KINDS else ("Job", "job")
                raise Conflict(
                    f"{noun} {job_id} has already ended: it {_ENDED[job.state]}.",
                    f"Only a queued, running or held {nouns} can be cancelled.",
                )
        if done:  # otherwise its state has just changed
            return show_job(catalog, job_id)


@retry_on_contention
def _request_cancel(catalog: Catalog, job_id: int, by: str) -> bool:
    with catalog.write() as connection:
        return connection.execute(statement("request_cancel").query, {"job_id": job_id, "by": by}).rowcount == 1


@retry_on_contention
def _end_queued(catalog: Catalog, job_id: int, by: str) -> bool:
    values = {"job_id": job_id, "by": by, "state": RunState.QUEUED, "error": f"Cancelled by {by} before it started."}
    with catalog.write() as connection:
        return connection.execute(statement("end_waiting").query, values).rowcount == 1


@retry_on_contention
def _dismiss(catalog: Catalog, job_id: int, by: str) -> bool:
    error = f"Dismissed by {by}: no held asset was removed."
    values = {"job_id": job_id, "by": by, "state": RunState.HELD, "error": error}
    with catalog.write() as connection:
        source = connection.execute(statement("datasource_of_job").query, values).fetchone()
        if source is None:
            return False
        # A running confirmation reads the held keys, so they must not be deleted meanwhile.
        refuse_while_running(connection, source[0])
        if connection.execute(statement("end_waiting").query, values).rowcount == 0:
            return False
        connection.execute(statement("dismiss_held").query, {"run_id": job_id})
    return True
