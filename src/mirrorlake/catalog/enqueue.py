"""Queue a run inside a transaction of the caller: requests of people and due schedules alike."""

from __future__ import annotations

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog.leases import job_values
from mirrorlake.catalog.statements import statement
from mirrorlake.model.jobs import JobKind, NewJob, datasource_lock

ATTEMPTS = 3  # a pass whose workers all die is not tried for ever: it may be what kills them


def pass_job(datasource_id: int, *, requested_by: str | None) -> NewJob:
    """The job of a pass over a datasource."""
    return NewJob(
        kind=JobKind.MIRROR,
        datasource_id=datasource_id,
        lock=datasource_lock(datasource_id),
        requested_by=requested_by,
        max_attempts=ATTEMPTS,
    )


def insert_run(connection: psycopg.Connection[TupleRow], job: NewJob, trigger: str) -> int | None:
    """Queue a run; its number. None: one of its kind waits for the same lock already."""
    made = connection.execute(statement("insert_queued").query, job_values(job)).fetchone()
    if made is None:
        return None
    connection.execute(statement("insert_run").query, {"job_id": made[0], "trigger": trigger})
    return int(made[0])
