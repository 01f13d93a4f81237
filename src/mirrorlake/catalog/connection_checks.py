"""Checks of connections in the catalog: which are due, and what pauses because of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog.activity import record_activity
from mirrorlake.catalog.leases import job_values
from mirrorlake.catalog.statements import statement
from mirrorlake.model.access import LIBRARY
from mirrorlake.model.activity import Action, Subject
from mirrorlake.model.connections import Connection
from mirrorlake.model.jobs import JobKind, NewJob
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog

EVERY_S = 24 * 3600.0  # between two checks of a connection that works
PAUSED_S = 15 * 60.0  # of one that does not: its schedules resume soon after it was repaired
ATTEMPTS = 3  # if workers die
SOON = 10  # the priority of a job that a user waits for


def check_job(connection_id: int, name: str, *, requested_by: str | None) -> NewJob:
    """A new job for a check of a connection."""
    return NewJob(
        kind=JobKind.CONNECTION_CHECK,
        subject=name,
        args={"connection_id": connection_id},
        requested_by=requested_by,
        lock=f"connection:{connection_id}",
        priority=SOON,
        max_attempts=ATTEMPTS,
    )


@retry_on_contention
def enqueue_due(catalog: Catalog, now: datetime) -> Sequence[str]:
    """Queue a check of each connection that is due at `now`, once; return their names.

    Due are connections that datasources use: once a day, every quarter of an hour while schedules pause, and after a
    run failed.
    """
    with catalog.write() as connection:
        queued: list[str] = []
        values = {"now": now, "every_s": EVERY_S, "paused_s": PAUSED_S}
        for number, name in connection.execute(statement("due_checks").query, values).fetchall():
            job = check_job(number, name, requested_by="schedule")
            if connection.execute(statement("insert_queued").query, job_values(job)).fetchone() is not None:
                queued.append(name)
        return queued


@retry_on_contention
def correct_region(catalog: Catalog, found: Connection, region: str) -> None:
    """Store the region of the bucket, as the cloud reported it, with a record of the change."""
    with catalog.write() as connection:
        connection.execute(statement("correct_region").query, {"id": found.id, "region": region})
        details = {"before": {"region": found.settings.region}, "after": {"region": region}}
        record_activity(connection, LIBRARY, Action.CHANGE_SETTINGS, Subject.CONNECTION, [found.name], details=details)


def any_present_key(catalog: Catalog, datasource_id: int) -> str | None:
    """A key of a datasource whose object exists, as of the last run; None if there is none."""
    with catalog.read() as connection:
        row = connection.execute(statement("any_present_key").query, {"datasource_id": datasource_id}).fetchone()
    return None if row is None else row[0]


def paused_datasources(connection: psycopg.Connection[TupleRow]) -> dict[int, str]:
    """Why the schedules of datasources pause, by their numbers."""
    rows = connection.execute(statement("paused_datasources").query).fetchall()
    return {number: f"The connection {name} does not work: {problem}" for number, name, problem in rows}
