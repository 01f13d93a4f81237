"""Queue a run within a transaction of the caller, for requests of users and for due schedules."""

from __future__ import annotations

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog.leases import job_values
from mirrorlake.catalog.statements import statement
from mirrorlake.model.jobs import JobKind, NewJob, datasource_lock

ATTEMPTS = 3  # a pass whose workers crash is not retried forever: the pass itself may be the cause


def pass_job(datasource_id: int, *, requested_by: str | None) -> NewJob:
    """A new job for a pass over a datasource."""
    return NewJob(
        kind=JobKind.MIRROR,
        datasource_id=datasource_id,
        lock=datasource_lock(datasource_id),
        requested_by=requested_by,
        max_attempts=ATTEMPTS,
    )


def insert_run(connection: psycopg.Connection[TupleRow], job: NewJob, trigger: str) -> int | None:
    """Queue a run and return its id; None if one of its kind is already queued for the same lock."""
    made = connection.execute(statement("insert_queued").query, job_values(job)).fetchone()
    if made is None:
        return None
    connection.execute(statement("insert_run").query, {"job_id": made[0], "trigger": trigger})
    return int(made[0])
