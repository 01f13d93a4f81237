"""The queue: runs in the state queued. Asked for by people and schedules, claimed by workers under the lease.

The table of runs is the queue itself, so that there is one truth about what waits and what is at work. A claim turns
queued into running and takes the lease in one transaction: nothing is ever claimed and not begun.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog.runs import INTERRUPTED, LEASE_S, Lease, Live, at_work, how_far, last_pass, lease_lost, show_run
from mirrorlake.catalog.schedules import database_time_in
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import NotFound
from mirrorlake.model.runs import RunState, Trigger
from mirrorlake.plan.cooldown import check_cooldown
from mirrorlake.postgres.db_errors import retry_on_contention, translate_db_errors
from mirrorlake.postgres.pool import Catalog

ATTEMPTS = 3  # a pass whose workers all die is not tried for ever: it may be what kills them
SILENT_S = 15.0  # a worker whose session is gone may be back within this, as after a restart of the database
DELETED = "its datasource was deleted before it began"
DELETED_HELD = "its datasource was deleted before anybody confirmed what it held"
STOPPED = "Its worker was stopped. What it had committed is kept"
_FRESH = {"fresh": LEASE_S - SILENT_S}  # seconds that a lease lasts still which was renewed less than SILENT_S ago


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted:
    """A run from the queue whose worker died."""

    run_id: int
    datasource: str
    again: int | None  # the run that waits in its place; None: last attempt, unwanted, or another waits already


@retry_on_contention
def request(catalog: Catalog, name: str, trigger: Trigger = Trigger.MANUAL) -> int:
    """Put a run of this datasource into the queue, as a person asks for it; answers its number.

    Raises NotFound, PassRunning where one waits or is at work, CoolingDown too soon after a pass that imported.
    """
    with catalog.write() as connection:
        datasource_id = _permitted(connection, name)
        made = connection.execute(
            statement("insert_queued").query, {"datasource_id": datasource_id, "trigger": trigger.value, "attempt": 1}
        ).fetchone()
        if made is None:
            # A schedule was faster, a moment after we looked.
            _permitted(connection, name)
            raise AssertionError("what is in the way of a queued run is another one")
        return int(made[0])


@retry_on_contention
def check_permitted(catalog: Catalog, name: str) -> int:
    """The number of the datasource, where a person may have it mirrored now. Raises as `request`."""
    with catalog.write() as connection:
        return _permitted(connection, name)


@retry_on_contention
def claim(catalog: Catalog) -> Lease | None:
    """Begin the oldest queued run whose datasource is free; None where there is none."""
    with catalog.read() as connection:
        waiting = connection.execute(statement("any_queued").query).fetchone()
    if waiting is None or not waiting[0]:
        return None
    session = catalog.session()
    try:
        holder = str(uuid.uuid4())
        with translate_db_errors(catalog.address):
            taken = _take(session, holder)
        if taken is None:
            session.close()
            return None
        run_id, datasource_id = taken
        return Lease(catalog, session, datasource_id=datasource_id, run_id=run_id, holder=holder)
    except BaseException:
        session.close()
        raise


@retry_on_contention
def requeue_interrupted(catalog: Catalog) -> list[Interrupted]:
    """End the runs of workers that died, and put each into the queue again. What they committed is not done twice."""
    with catalog.write() as connection:
        found: list[Interrupted] = []
        for run_id, datasource_id, name, trigger, attempt, unwanted in connection.execute(
            statement("abandoned_runs").query, _FRESH
        ).fetchall():
            values = {"datasource_id": datasource_id, "trigger": trigger, "attempt": attempt + 1, "error": INTERRUPTED}
            if _is_held(connection, datasource_id):
                continue
            connection.execute(statement("fail_interrupted").query, values)
            made = None
            if attempt < ATTEMPTS and not unwanted:
                made = connection.execute(statement("insert_queued").query, values).fetchone()
            found.append(Interrupted(run_id=run_id, datasource=name, again=None if made is None else made[0]))
        return found


def put_back(lease: Lease, live: Live) -> str:
    """End the run of a worker that is being stopped, and let the next worker go on from there; answers what was said.

    A person who cancelled the run meanwhile is heard: then nothing goes on, nor where it had just come to its end.
    Raises LeaseLost where another pass took over.
    """
    lease.rest()
    try:
        said = _put_back(lease.catalog, how_far(lease, live))
    finally:
        lease.close()
    if said is not None:
        return said
    run = show_run(lease.catalog, lease.run_id)
    if run.error == INTERRUPTED:
        raise lease_lost(lease)
    return f"It had ended already: {run.state.value}."


def cancel_waiting(connection: psycopg.Connection[TupleRow], datasource_id: int) -> None:
    """Let nothing come any more of runs that wait, for a worker or for consent, for a datasource that is being deleted.

    To be called in the transaction that deletes it.
    """
    values = {"datasource_id": datasource_id, "error": DELETED, "held": DELETED_HELD}
    connection.execute(statement("cancel_queued").query, values)
    connection.execute(statement("dismiss_holds").query, values)


@retry_on_contention
def _put_back(catalog: Catalog, values: dict[str, object]) -> str | None:
    """How the run ended; None where it was not ours any more."""
    with catalog.write() as connection:
        row = connection.execute(statement("lock_to_put_back").query, values).fetchone()
        if row is None:
            return None
        trigger, attempt, cancelled_by, deleted = row
        if cancelled_by is not None:
            error = f"Run {values['run_id']} was cancelled by {cancelled_by}."
        elif attempt is None or deleted:
            error = f"{STOPPED}."
        else:
            # The same attempt: a worker that was asked to end is no sign that the pass kills workers.
            asked = {"datasource_id": values["datasource_id"], "trigger": trigger, "attempt": attempt}
            connection.execute(statement("insert_queued").query, asked)
            waiting = connection.execute(statement("queued_run").query, asked).fetchone()
            if waiting is None:
                raise AssertionError("what is in the way of a queued run is another one")
            error = f"{STOPPED}; run {waiting[0]} goes on from there."
        connection.execute(statement("finish_run").query, values | {"state": RunState.CANCELLED.value, "error": error})
        connection.execute(statement("give_lease_back").query, values)
    return error


def _permitted(connection: psycopg.Connection[TupleRow], name: str) -> int:
    row = connection.execute(statement("lock_datasource_named").query, {"name": name}).fetchone()
    if row is None:
        raise NotFound(f"There is no datasource named {name!r}.", "mirrorlake datasource list shows them all.")
    refused = check_cooldown(
        name, at_work(connection, row[0]), last_pass(connection, row[0]), database_time_in(connection)
    )
    if refused is not None:
        raise refused
    return int(row[0])


def _take(session: psycopg.Connection[TupleRow], holder: str) -> tuple[int, int] | None:
    with session.transaction():
        row = session.execute(statement("claim_queued").query, _FRESH).fetchone()
        # Somebody may have begun a pass between our look and our lock.
        if row is None or _is_held(session, row[1]):
            return None
        run_id, datasource_id = row
        values = {"datasource_id": datasource_id, "run_id": run_id, "holder": holder, "seconds": LEASE_S}
        session.execute(statement("fail_interrupted").query, values | {"error": INTERRUPTED})
        session.execute(statement("start_queued").query, values)
        session.execute(statement("take_lease").query, values)
        return run_id, datasource_id


def _is_held(connection: psycopg.Connection[TupleRow], datasource_id: int) -> bool:
    standing = connection.execute(statement("standing_lease").query, {"datasource_id": datasource_id}).fetchone()
    return standing is not None and bool(standing[2])
