"""Events in the catalog: where they come from, what has arrived, and the keys that wait to be checked.

A message is deleted from its queue once its keys are stored here, and a key is deleted here once a partial pass has
checked it. Whatever is killed in between happens again, which is harmless.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog.activity import record_activity
from mirrorlake.catalog.enqueue import ATTEMPTS, insert_run, pass_job
from mirrorlake.catalog.leases import job_values
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import NotFound
from mirrorlake.model.access import Context
from mirrorlake.model.activity import Action, Subject
from mirrorlake.model.events import EventCounts, EventStatus, ReceiverKind
from mirrorlake.model.jobs import JobKind, NewJob, datasource_lock
from mirrorlake.model.runs import Trigger
from mirrorlake.model.sources import Datasource
from mirrorlake.postgres.db_errors import retry_on_contention
from mirrorlake.postgres.pool import Catalog

MAX_ATTEMPTS = 5  # checks of a key without a clear answer; then the next run over everything decides
_WARNING_CHARACTERS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Where the events of a datasource come from."""

    kind: ReceiverKind
    address: str | None = None  # of the queue or subscription
    trusted: bool = False  # set by an operator on this machine, whose addresses need not be public


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenHints:
    """Keys to check, with the versions that settle them."""

    keys: Sequence[str]
    versions: Sequence[int]


@retry_on_contention
def set_receiver(catalog: Catalog, source: Datasource, receiver: Receiver, *, by: Context) -> None:
    """Set where the events of a datasource come from."""
    with catalog.write() as connection:
        connection.execute(
            statement("set_event_receiver").query,
            {
                "datasource_id": source.id,
                "kind": receiver.kind.value,
                "address": receiver.address,
                "trusted": receiver.trusted,
            },
        )
        details = {"events": receiver.kind.value}
        record_activity(connection, by, Action.CHANGE_SETTINGS, Subject.DATASOURCE, [source.name], details=details)


@retry_on_contention
def drop_receiver(catalog: Catalog, source: Datasource, *, by: Context) -> None:
    """Receive no more events of a datasource, and forget the keys that wait. Raises NotFound if there are none."""
    values = {"datasource_id": source.id}
    with catalog.write() as connection:
        if connection.execute(statement("drop_event_receiver").query, values).rowcount == 0:
            raise _no_events(source.name)
        connection.execute(statement("drop_event_hints").query, values)
        details = {"events": "off"}
        record_activity(connection, by, Action.CHANGE_SETTINGS, Subject.DATASOURCE, [source.name], details=details)


def find_receiver(catalog: Catalog, datasource_id: int) -> Receiver | None:
    """Where the events of a datasource come from; None if it has none."""
    row = _row(catalog, datasource_id)
    return None if row is None else Receiver(kind=ReceiverKind(row[0]), address=row[1], trusted=row[2])


def show_status(catalog: Catalog, source: Datasource) -> EventStatus:
    """How the events of a datasource arrive, and what has arrived. Raises NotFound if it has none."""
    row = _row(catalog, source.id)
    if row is None:
        raise _no_events(source.name)
    kind, address, _, *counts, last_event, last_poll, last_error, last_warning, waiting = row
    received, foreign, tests, unreadable = counts
    return EventStatus(
        datasource=source.name,
        kind=ReceiverKind(kind),
        address=address,
        counts=EventCounts(received=received, foreign=foreign, tests=tests, unreadable=unreadable),
        waiting=waiting,
        last_event=last_event,
        last_poll=last_poll,
        last_error=last_error,
        last_warning=last_warning,
    )


@retry_on_contention
def add_hints(
    catalog: Catalog,
    datasource_id: int,
    keys: Collection[str],
    counts: EventCounts,
    warning: str | None = None,
    *,
    enqueue: bool = True,
) -> None:
    """Store the keys that events named and the counts of what arrived, and queue a run that checks the keys.

    With `enqueue` False, the caller runs it at once in its own process.
    """
    with catalog.write() as connection:
        if keys:
            values = {"datasource_id": datasource_id, "keys": sorted(keys)}
            connection.execute(statement("add_event_hints").query, values)
            if enqueue:
                _insert_check(connection, datasource_id)
        connection.execute(
            statement("count_events").query,
            {
                "datasource_id": datasource_id,
                "received": counts.received,
                "foreign": counts.foreign,
                "tests": counts.tests,
                "unreadable": counts.unreadable,
                "warning": None if warning is None else warning[:_WARNING_CHARACTERS],
            },
        )


@retry_on_contention
def record_poll(catalog: Catalog, datasource_id: int, error: str | None) -> None:
    """Record that the queue of a datasource was asked, and with which error."""
    with catalog.write() as connection:
        connection.execute(statement("record_poll").query, {"datasource_id": datasource_id, "error": error})


def take_hints(catalog: Catalog, datasource_id: int, *, limit: int) -> TakenHints:
    """The keys that have waited longest. They wait until they are settled."""
    with catalog.read() as connection:
        values = {"datasource_id": datasource_id, "limit": limit}
        rows = connection.execute(statement("take_event_hints").query, values).fetchall()
    return TakenHints(keys=[key for key, _ in rows], versions=[version for _, version in rows])


@retry_on_contention
def settle_hints(catalog: Catalog, datasource_id: int, taken: TakenHints, *, unsettled: Collection[str]) -> bool:
    """Forget the keys that were checked; return whether some of the unsettled ones were checked too often.

    `unsettled` wait for another check. Those that were checked too often are forgotten as well.
    """
    settled = [(key, version) for key, version in zip(taken.keys, taken.versions, strict=True) if key not in unsettled]
    with catalog.write() as connection:
        connection.execute(
            statement("settle_event_hints").query,
            {
                "datasource_id": datasource_id,
                "keys": [key for key, _ in settled],
                "versions": [version for _, version in settled],
            },
        )
        if not unsettled:
            return False
        values: dict[str, Any] = {"datasource_id": datasource_id, "keys": sorted(unsettled), "attempts": MAX_ATTEMPTS}
        tired = [key for (key,) in connection.execute(statement("postpone_event_hints").query, values).fetchall()]
        connection.execute(statement("forget_event_hints").query, {"datasource_id": datasource_id, "keys": tired})
        return bool(tired)


@retry_on_contention
def enqueue_reconciliation(catalog: Catalog, datasource_id: int) -> int | None:
    """Queue a run over everything, which decides what events alone may not; None if one is queued already."""
    with catalog.write() as connection:
        return insert_run(connection, pass_job(datasource_id, requested_by="events"), Trigger.RECONCILE.value)


@retry_on_contention
def enqueue_checks(catalog: Catalog) -> list[str]:
    """Queue a run for each datasource with keys that wait and none that will check them; return their names."""
    with catalog.write() as connection:
        found = connection.execute(statement("datasources_with_hints").query).fetchall()
        return [name for number, name in found if _insert_check(connection, number)]


@retry_on_contention
def enqueue_check(catalog: Catalog, datasource_id: int) -> None:
    """Queue a run that checks the keys that wait, unless one is queued."""
    with catalog.write() as connection:
        _insert_check(connection, datasource_id)


@retry_on_contention
def enqueue_receiving(catalog: Catalog, job: NewJob) -> list[str]:
    """Queue a job like this one for each queue that nobody polls; return the names of the datasources."""
    with catalog.write() as connection:
        found = connection.execute(statement("polled_receivers").query).fetchall()
        return [name for number, name in found if _insert_receiving(connection, job, number)]


def _insert_receiving(connection: psycopg.Connection[TupleRow], job: NewJob, datasource_id: int) -> bool:
    values = job_values(job) | {"datasource_id": datasource_id, "lock": receiving_lock(datasource_id)}
    return connection.execute(statement("insert_queued").query, values).fetchone() is not None


def secret_owner(datasource_id: int) -> str:
    """The owner of the secret that signs the events of a datasource."""
    return f"events of datasource {datasource_id}"


def receiving_lock(datasource_id: int) -> str:
    """The lock of the job that polls the queue of a datasource."""
    return f"events:{datasource_id}"


def _insert_check(connection: psycopg.Connection[TupleRow], datasource_id: int) -> bool:
    """Queue a run that checks the keys that wait, unless one is queued or one has failed a short time ago."""
    failed = connection.execute(statement("check_failed_lately").query, {"datasource_id": datasource_id}).fetchone()
    if failed is not None:
        return False
    job = NewJob(
        kind=JobKind.EVENTS,
        datasource_id=datasource_id,
        lock=datasource_lock(datasource_id),
        requested_by="events",
        max_attempts=ATTEMPTS,
    )
    return insert_run(connection, job, Trigger.EVENTS.value) is not None


def _row(catalog: Catalog, datasource_id: int) -> TupleRow | None:
    with catalog.read() as connection:
        return connection.execute(statement("event_receiver").query, {"datasource_id": datasource_id}).fetchone()


def _no_events(name: str) -> NotFound:
    return NotFound(
        f"Datasource {name} receives no events.",
        "Set where they come from, on its tab Events or with: mirrorlake datasource events set",
    )
