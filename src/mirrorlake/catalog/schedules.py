"""Schedules in the catalog: set with a datasource; each due pass is queued exactly once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog.enqueue import insert_run, pass_job
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import SettingsError
from mirrorlake.model.runs import Trigger
from mirrorlake.model.schedule import Schedule, next_due, schedule_from_text, schedule_to_text, timezone_of
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A due schedule."""

    datasource: str
    run_id: int | None  # None: a run was already queued and also serves this schedule
    next_due: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A schedule that this machine cannot read: another version set it, or its time zone is unknown here."""

    datasource: str
    problem: str


def set_schedule(connection: psycopg.Connection[TupleRow], datasource_id: int, schedule: Schedule) -> None:
    """Store the schedule of a datasource, in the transaction that stores its settings."""
    now = database_time_in(connection)
    due = next_due(schedule, anchor=now, after=now)
    if due is None:
        connection.execute(statement("drop_schedule").query, {"datasource_id": datasource_id})
        return
    connection.execute(
        statement("set_schedule").query,
        {
            "datasource_id": datasource_id,
            "text": schedule_to_text(schedule),
            "timezone": timezone_of(schedule),
            "anchor": now,
            "next_due": due,
        },
    )


def database_time(catalog: Catalog) -> datetime:
    """The current time of the database. Workers use it, so that a wrong clock of a machine has no effect."""
    with catalog.read() as connection:
        return database_time_in(connection)


def database_time_in(connection: psycopg.Connection[TupleRow]) -> datetime:
    """The start time of this connection's transaction."""
    row = connection.execute(statement("database_time").query).fetchone()
    if row is None:
        raise AssertionError("SELECT now() returns one row")
    return row[0]


@retry_on_contention
def enqueue_due(catalog: Catalog, now: datetime) -> list[Due | Unreadable]:
    """Queue a run for every schedule that is due at `now`, and set its next due time, in one transaction.

    A schedule that was due several times since the last call gets one run. Of several concurrent workers, only one
    processes a schedule. A schedule that cannot be read remains due, for another machine.
    """
    with catalog.write() as connection:
        found: list[Due | Unreadable] = []
        for datasource_id, name, text, timezone, anchor in connection.execute(
            statement("due_schedules").query, {"now": now}
        ).fetchall():
            try:
                due = next_due(schedule_from_text(text, timezone), anchor=anchor, after=now)
            except SettingsError as error:
                found.append(Unreadable(datasource=name, problem=str(error)))
                continue
            connection.execute(statement("set_next_due").query, {"datasource_id": datasource_id, "next_due": due})
            made = insert_run(connection, pass_job(datasource_id, requested_by="schedule"), Trigger.SCHEDULE.value)
            found.append(Due(datasource=name, run_id=made, next_due=due))
        return found


def next_dues(connection: psycopg.Connection[TupleRow]) -> dict[int, datetime]:
    """The next due time of each datasource with a schedule."""
    return dict(connection.execute(statement("next_dues").query).fetchall())
