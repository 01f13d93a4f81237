"""The queue: jobs in the state queued. Requested by users and schedules, claimed by workers under a lease.

The table of jobs is the queue, so there is a single source of truth about queued and running jobs. A claim sets the
state to running and takes the lease in one transaction: no job is claimed without being started.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import LiteralString, cast

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from mirrorlake.catalog.activity import record_activity
from mirrorlake.catalog.enqueue import ATTEMPTS as ATTEMPTS
from mirrorlake.catalog.enqueue import insert_run, pass_job
from mirrorlake.catalog.leases import (
    INTERRUPTED,
    LEASE_S,
    JobLease,
    count_committed,
    fail_interrupted,
    finish_values,
    job_values,
    lease_lost,
    take_lease,
)
from mirrorlake.catalog.runs import Lease, Live, at_work, continue_run, count_values, last_pass, show_run
from mirrorlake.catalog.schedules import database_time_in
from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import CoolingDown, NotFound, PassRunning
from mirrorlake.model.access import Context
from mirrorlake.model.activity import Action, Subject
from mirrorlake.model.jobs import DEFAULT_POOL, RUN_KINDS, JobKind, NewJob
from mirrorlake.model.runs import RunState, Trigger
from mirrorlake.plan.cooldown import check_cooldown, refused_by
from mirrorlake.postgres.db_errors import retry_on_contention, translate_db_errors
from mirrorlake.postgres.pool import Catalog

SILENT_S = 15.0  # a worker without a session may reconnect within this time, as after a restart of the database
DELETED = "its datasource was deleted before it started"
DELETED_HELD = "its datasource was deleted before its held removals were confirmed"
STOPPED = "Its worker was stopped. Committed work is kept"
ALL_KINDS = frozenset(JobKind)
_FRESH = {"fresh": LEASE_S - SILENT_S}  # remaining seconds of a lease that was renewed SILENT_S ago


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted:
    """A job from the queue whose worker died."""

    run_id: int
    kind: str
    datasource: str | None
    again: int | None  # the job queued in its place; None: last attempt, no longer wanted, or another is already queued


@retry_on_contention
def request(
    catalog: Catalog,
    name: str,
    trigger: Trigger = Trigger.MANUAL,
    *,
    requested_by: str | None = None,
    forced_by: Context | None = None,
) -> int:
    """Queue a pass over this datasource as requested by a user, and return its id.

    A pass that waits for a retry after a failure can start immediately. Raises NotFound, PassRunning if one is queued
    or running, CoolingDown during the cooldown after a pass that imported assets; `forced_by` overrides the cooldown,
    which is recorded.
    """
    with catalog.write() as connection:
        datasource_id = _lock_datasource(connection, name)
        job = pass_job(datasource_id, requested_by=requested_by)
        earlier = connection.execute(statement("end_retry_delay").query, job_values(job)).fetchone()
        if earlier is not None:
            return int(earlier[0])
        overridden = _check_permitted(connection, name, datasource_id, force=forced_by is not None)
        made = insert_run(connection, job, trigger.value)
        if made is None:
            # A schedule queued a run after our check.
            _check_permitted(connection, name, datasource_id, force=forced_by is not None)
            raise AssertionError("only another queued run prevents queueing one")
        if overridden and forced_by is not None:
            _record_forced(connection, name, made, forced_by)
        return made


@retry_on_contention
def request_run(catalog: Catalog, name: str, job: NewJob, trigger: Trigger) -> int:
    """Queue a run that is not a pass and return its id.

    Raises PassRunning if a run of the datasource is running, or one of this kind is queued.
    """
    with catalog.write() as connection:
        connection.execute(statement("lock_datasource").query, {"datasource_id": job.datasource_id})
        busy = at_work(connection, job.datasource_id or 0)
        if busy is not None and busy.state is RunState.RUNNING:
            raise refused_by(name, busy)
        made = insert_run(connection, job, trigger.value)
        if made is None:
            waiting = connection.execute(statement("queued_job").query, job_values(job)).fetchone()
            raise PassRunning(
                f"Run {waiting and waiting[0]} of datasource {name} is already queued.",
                "Wait for it, or cancel it, on its page or with: mirrorlake runs cancel",
            )
        return made


@retry_on_contention
def check_permitted(catalog: Catalog, name: str, *, force: bool = False) -> tuple[int, bool]:
    """The id of the datasource, if a user may start a pass now, and whether that overrides the cooldown.

    Raises the same errors as `request`.
    """
    with catalog.write() as connection:
        datasource_id = _lock_datasource(connection, name)
        return datasource_id, _check_permitted(connection, name, datasource_id, force=force)


@retry_on_contention
def record_forced(catalog: Catalog, name: str, run_id: int, by: Context) -> None:
    """Record that a user started this pass during the cooldown."""
    with catalog.write() as connection:
        _record_forced(connection, name, run_id, by)


@retry_on_contention
def claim(catalog: Catalog, kinds: Collection[JobKind] = ALL_KINDS, *, pool: str = DEFAULT_POOL) -> JobLease | None:
    """Start the next queued job of these kinds and this pool whose lock is free; None if there is none.

    The lease of a run is a `Lease`.
    """
    wanted: dict[str, object] = {"kinds": [kind.value for kind in kinds], "pool": pool}
    with catalog.read() as connection:
        waiting = connection.execute(statement("any_queued").query, wanted).fetchone()
    if waiting is None or not waiting[0]:
        return None
    session = catalog.session()
    try:
        with translate_db_errors(catalog.address):
            taken = _claim_one(session, wanted)
        if taken is None:
            session.close()
            return None
        if taken.kind in RUN_KINDS:
            return Lease(
                catalog,
                session,
                datasource_id=taken.datasource_id or 0,
                run_id=taken.job_id,
                kind=taken.kind,
                lock=taken.lock,
                holder=taken.holder,
                attempt=taken.attempt,
            )
        return JobLease(
            catalog,
            session,
            job_id=taken.job_id,
            kind=taken.kind,
            lock=taken.lock,
            holder=taken.holder,
            attempt=taken.attempt,
        )
    except BaseException:
        session.close()
        raise


def with_queued(
    catalog: Catalog, schemas: Sequence[str | None], kinds: Collection[JobKind], *, pool: str = DEFAULT_POOL
) -> set[str | None]:
    """The schemas of workspaces in which a queued job of these kinds and this pool can start now, by one query.

    A workspace without tables, as one that was deleted in this moment, has none and does not stop the others.
    """
    ready = statement("any_queued").text.removeprefix("SELECT ")
    branches = [
        sql.SQL("SELECT {} WHERE {}").format(
            sql.Literal(place),
            sql.SQL(cast("LiteralString", ready.replace("FROM job", "FROM {}"))).format(
                sql.Identifier("job") if schema is None else sql.Identifier(schema, "job")
            ),
        )
        for place, schema in enumerate(schemas)
    ]
    try:
        with catalog.in_schema(None).read() as connection:
            query = sql.SQL(" UNION ALL ").join(branches)
            rows = connection.execute(query, {"kinds": [kind.value for kind in kinds], "pool": pool}).fetchall()
    except psycopg.errors.UndefinedTable:
        if len(schemas) == 1:
            return set()
        found = (with_queued(catalog, [schema], kinds, pool=pool) for schema in schemas)
        return set[str | None]().union(*found)
    return {schemas[place] for (place,) in rows}


@retry_on_contention
def requeue_interrupted(catalog: Catalog) -> list[Interrupted]:
    """Queue the jobs of crashed workers again. Committed work is not repeated."""
    with catalog.write() as connection:
        found: list[Interrupted] = []
        for job_id, lock, kind, name, more, unwanted in connection.execute(
            statement("abandoned_jobs").query, _FRESH
        ).fetchall():
            if not _is_at_rest(connection, job_id):
                continue  # the next time
            again = _requeue(connection, job_id, kind, lock, wanted=more and not unwanted)
            found.append(Interrupted(run_id=job_id, kind=kind, datasource=name, again=again))
        return found


def put_back(lease: Lease, live: Live) -> str:
    """End the run of a worker that is being stopped, queue its continuation, and return why it ended.

    Nothing is queued if a user has cancelled the run, or if it has just ended. Raises LeaseLost if another process
    took over.
    """
    lease.rest()
    try:
        reason = _put_back(lease.catalog, lease, live)
    finally:
        lease.close()
    if reason is not None:
        return reason
    run = show_run(lease.catalog, lease.run_id)
    if run.error == INTERRUPTED:
        raise lease_lost(lease)
    return f"It had already ended: {run.state.value}."


def cancel_waiting(connection: psycopg.Connection[TupleRow], datasource_id: int) -> None:
    """Cancel queued and held jobs of a datasource that is being deleted, in the transaction that deletes it."""
    values = {"datasource_id": datasource_id, "error": DELETED, "held": DELETED_HELD}
    connection.execute(statement("cancel_queued").query, values)
    connection.execute(statement("dismiss_holds").query, values)


@dataclass(frozen=True, slots=True, kw_only=True)
class _ClaimedJob:
    """A claimed job."""

    job_id: int
    kind: str
    lock: str
    datasource_id: int | None
    attempt: int | None
    holder: str


def _is_at_rest(connection: psycopg.Connection[TupleRow], job_id: int) -> bool:
    """Whether the server commits nothing more for the process of a job, which has exited."""
    locked = connection.execute(statement("lock_lease_of_job").query, {"job_id": job_id}).fetchone()
    return locked is not None or not connection.execute(statement("lease_of_job").query, {"job_id": job_id}).fetchone()


def _requeue(
    connection: psycopg.Connection[TupleRow], job_id: int, kind: str, lock: str, *, wanted: bool
) -> int | None:
    """Queue the job again if it is still wanted, and return the id of the queued job."""
    values = {"job_id": job_id, "lock": lock, "holder": None, "state": RunState.FAILED.value, "error": INTERRUPTED}
    if kind not in RUN_KINDS and wanted:
        connection.execute(statement("queue_again").query, values | {"more": 1, "wait_s": 0.0, "reason": None})
        return job_id
    connection.execute(statement("finish_job").query, values | {"result": None})
    count_committed(connection, [job_id])
    return continue_run(connection, job_id, more=1) if wanted else None


@retry_on_contention
def _put_back(catalog: Catalog, lease: Lease, live: Live) -> str | None:
    """Why the run ended; None if we no longer held it."""
    with catalog.write() as connection:
        row = connection.execute(statement("job_to_continue").query, lease.values()).fetchone()
        if row is None:
            return None
        kind, attempt, _, cancelled_by, deleted = row
        if cancelled_by is not None:
            error = f"Run {lease.run_id} was cancelled by {cancelled_by}."
        elif attempt is None or deleted:
            error = f"{STOPPED}."
        else:
            # Not counted as an attempt: a stopped worker does not indicate that the pass crashes workers.
            again = continue_run(connection, lease.run_id, more=0)
            if again is None:
                waiting = connection.execute(
                    statement("queued_job").query, {"kind": kind, "lock": lease.lock}
                ).fetchone()
                again = waiting and waiting[0]
            error = f"{STOPPED}; run {again} continues from there."
        ended = finish_values(lease, state=RunState.CANCELLED.value, error=error, result=None)
        connection.execute(statement("finish_job").query, ended)
        connection.execute(statement("finish_counts").query, count_values(lease, live))
        connection.execute(statement("release_lease").query, ended)
    return error


def _lock_datasource(connection: psycopg.Connection[TupleRow], name: str) -> int:
    row = connection.execute(statement("lock_datasource_named").query, {"name": name}).fetchone()
    if row is None:
        raise NotFound(
            f"Datasource {name!r} does not exist.",
            "The page Datasources and `mirrorlake datasource list` show the existing ones.",
        )
    return int(row[0])


def _check_permitted(connection: psycopg.Connection[TupleRow], name: str, datasource_id: int, *, force: bool) -> bool:
    """Whether a pass now overrides the cooldown. Raises PassRunning, and CoolingDown unless forced."""
    refused = check_cooldown(
        name, at_work(connection, datasource_id), last_pass(connection, datasource_id), database_time_in(connection)
    )
    if refused is None:
        return False
    if force and isinstance(refused, CoolingDown):
        return True
    raise refused


def _record_forced(connection: psycopg.Connection[TupleRow], name: str, run_id: int, by: Context) -> None:
    record_activity(connection, by, Action.FORCE_RUN, Subject.DATASOURCE, [name], details={"run": run_id})


def _claim_one(session: psycopg.Connection[TupleRow], wanted: dict[str, object]) -> _ClaimedJob | None:
    with session.transaction() as transaction:
        row = session.execute(statement("claim_job").query, _FRESH | wanted).fetchone()
        if row is None:
            return None
        job_id, kind, lock, datasource_id, attempt, _, before = row
        taken = _ClaimedJob(
            job_id=job_id,
            kind=kind,
            lock=lock,
            datasource_id=datasource_id,
            attempt=attempt,
            holder=str(uuid.uuid4()),
        )
        interrupted = fail_interrupted(session, lock)
        session.execute(statement("start_queued").query, {"job_id": job_id})
        if not take_lease(session, job_id, lock, taken.holder, before):
            raise psycopg.Rollback(transaction)  # another process started a job with this lock since our query
        count_committed(session, interrupted)
        return taken
    return None
