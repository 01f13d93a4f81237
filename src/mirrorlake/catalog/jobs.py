"""Jobs in the catalog: list, show, start in this process, and end."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog.leases import (
    INTERRUPTED,
    JobLease,
    at_time,
    finish_values,
    insert_running,
    job_values,
    lease_lost,
    read_lease,
)
from mirrorlake.catalog.statements import statement
from mirrorlake.catalog.workers import reasons
from mirrorlake.core.errors import Conflict, NotFound
from mirrorlake.model.access import Actor, ActorKind, Context
from mirrorlake.model.jobs import Job, JobKind, NewJob
from mirrorlake.model.progress import JobProgress
from mirrorlake.model.runs import RunState
from mirrorlake.postgres.db_errors import retry_on_contention, translate_db_errors
from mirrorlake.postgres.pool import Catalog

ATTEMPTS_TO_BEGIN = 5  # the session of a process that was just killed remains for a moment
LOOK_PAUSE_S = 0.1
RESTORED_RUNNING = "It was running when the backup was made."
RESTORED_QUEUED = "It was queued when the backup was made."


def list_jobs(
    catalog: Catalog,
    *,
    limit: int,
    kind: str | None = None,
    state: RunState | None = None,
    datasource: str | None = None,
    runs: bool | None = None,
    before: int | None = None,
    active_since: datetime | None = None,
) -> list[Job]:
    """Jobs, newest first, optionally of one kind, state or datasource, or older than the job `before`.

    `runs`: only jobs that are runs, or only others. `active_since`: only jobs that had not ended by then.
    """
    values = {
        "limit": limit,
        "kind": kind,
        "state": None if state is None else state.value,
        "datasource": datasource,
        "runs": runs,
        "before": before,
        "active_since": active_since,
    }
    with catalog.read() as connection:
        return _jobs(connection, "list_jobs", values)


def show_job(catalog: Catalog, job_id: int) -> Job:
    """One job. Raises NotFound."""
    with catalog.read() as connection:
        found = _jobs(connection, "one_job", {"job_id": job_id})
    if not found:
        raise NotFound(
            f"Job {job_id} does not exist.", "The page Jobs and `mirrorlake jobs list` show the existing ones."
        )
    return found[0]


def versions(catalog: Catalog, job_ids: Collection[int]) -> dict[int, int]:
    """The version of each of these jobs, without those that do not exist."""
    with catalog.read() as connection:
        return dict(connection.execute(statement("job_versions").query, {"ids": list(job_ids)}).fetchall())


def requester(catalog: Catalog, job: Job) -> Context:
    """The caller on whose behalf a job works: its changes are recorded as those of this caller."""
    with catalog.read() as connection:
        row = connection.execute(statement("requester_of_job").query, {"job_id": job.id}).fetchone()
    kind, address, credential = row or (None, None, None)
    return Context(
        actor=Actor(kind=ActorKind(kind or ActorKind.USER), name=job.requested_by or "mirrorlake"),
        workspace=job.workspace,
        address=address,
        credential=credential,
    )


@retry_on_contention
def request(catalog: Catalog, job: NewJob, *, shared: bool = True) -> int:
    """Queue a job that is not a run and return its id.

    If an equal job (kind, arguments and datasource) is already queued or running, return that one instead, unless who
    requests it must be able to cancel it alone (not `shared`). Raises Conflict if another job of this kind is queued
    for its lock.
    """
    with catalog.write() as connection:
        if job.datasource_id is not None and shared:
            # Two concurrent requests must get the same job.
            connection.execute(statement("lock_datasource").query, {"datasource_id": job.datasource_id})
            same = connection.execute(statement("same_job").query, job_values(job)).fetchone()
            if same is not None:
                return int(same[0])
        made = connection.execute(statement("insert_queued").query, job_values(job)).fetchone()
        if made is None:
            waiting = connection.execute(statement("queued_job").query, job_values(job)).fetchone()
            raise Conflict(
                f"Job {waiting and waiting[0]} of the same kind is already queued.",
                "The page Jobs and `mirrorlake jobs list` show it.",
            )
        return int(made[0])


@retry_on_contention
def begin(catalog: Catalog, job: NewJob) -> JobLease:
    """Start a job that is not a run in this process. Takes over immediately from a process that has exited.

    Raises Conflict if another job holds its lock.
    """
    session = catalog.session()
    try:
        with translate_db_errors(catalog.address):
            looks = ATTEMPTS_TO_BEGIN
            while (begun := _try_to_begin(session, job, refuse=looks <= 0)) is None:
                looks -= 1
                time.sleep(LOOK_PAUSE_S)
        job_id, lock, holder = begun
        return JobLease(catalog, session, job_id=job_id, kind=job.kind.value, lock=lock, holder=holder)
    except BaseException:
        session.close()
        raise


def finish(
    lease: JobLease, *, state: RunState, result: Mapping[str, Any] | None = None, error: str | None = None
) -> None:
    """End a job that is not a run and release its lock. Raises LeaseLost if another process has taken over."""
    lease.rest()
    try:
        _end(lease, finish_values(lease, state=state.value, error=error, result=result), last_progress=result is None)
    finally:
        lease.close()


def finish_within(connection: psycopg.Connection[TupleRow], lease: JobLease, result: Mapping[str, Any]) -> None:
    """End a job as succeeded in the transaction that does all of its work, as the last statements of it.

    So neither a crash nor a takeover leaves work that another attempt would repeat. Raises LeaseLost and RunCancelled.
    """
    lease.check()
    values = finish_values(lease, state=RunState.SUCCEEDED.value, error=None, result=result)
    connection.execute(statement("finish_job").query, values)
    _release(connection, lease)
    lease.ended_within = True


def queue_again(lease: JobLease, *, wait_s: float = 0.0, reason: str | None = None) -> None:
    """Queue a job that is not a run again, with the same id.

    With a `reason` for its failure, this counts as an attempt. Raises LeaseLost.
    """
    lease.rest()
    try:
        _queue_again(lease, lease.values() | {"more": int(reason is not None), "wait_s": wait_s, "reason": reason})
    finally:
        lease.close()


@retry_on_contention
def prune(catalog: Catalog, kinds: Sequence[JobKind], *, days: int) -> int:
    """Delete jobs of these kinds that ended more than `days` days ago and return their number."""
    with catalog.write() as connection:
        values = {"kinds": [kind.value for kind in kinds], "days": days}
        return connection.execute(statement("prune_jobs").query, values).rowcount


def end_restored(session: psycopg.Connection[TupleRow]) -> tuple[int, int]:
    """End the jobs of a restored catalog that nobody works on: running ones fail, queued ones are cancelled.

    Returns how many of each there were. Part of the transaction of the session.
    """
    failed = session.execute(statement("fail_restored").query, {"error": RESTORED_RUNNING}).rowcount
    cancelled = session.execute(statement("cancel_restored").query, {"error": RESTORED_QUEUED}).rowcount
    return failed, cancelled


@retry_on_contention
def _end(lease: JobLease, values: Mapping[str, object], *, last_progress: bool) -> None:
    with lease.catalog.write() as connection:
        if last_progress:  # all that is known of a job without a result
            lease.write_progress(connection)
        connection.execute(statement("finish_job").query, values)
        _release(connection, lease)


@retry_on_contention
def _queue_again(lease: JobLease, values: Mapping[str, object]) -> None:
    with lease.catalog.write() as connection:
        connection.execute(statement("queue_again").query, values)
        _release(connection, lease)


def _release(connection: psycopg.Connection[TupleRow], lease: JobLease) -> None:
    # Another process that took over continues with the same id: our changes of the job are rolled back.
    if connection.execute(statement("release_lease").query, lease.values()).rowcount == 0:
        raise lease_lost(lease)


def _try_to_begin(session: psycopg.Connection[TupleRow], job: NewJob, *, refuse: bool) -> tuple[int, str, str] | None:
    """The new job's id, lock and holder; None if another job holds the lock (raises Conflict if `refuse`)."""
    with session.transaction() as transaction:
        held = None if job.lock is None else read_lease(session, job.lock)
        if held is not None and held.alive:
            if refuse:
                raise Conflict(
                    f"Job {held.job_id} has been doing the same work since {at_time(held.started)}.",
                    f"Wait for it, or cancel it, on the page Jobs or with: mirrorlake jobs cancel {held.job_id}",
                )
            return None
        begun = insert_running(session, job, held)
        if begun is None:
            raise psycopg.Rollback(transaction)
        return begun
    return None


def _jobs(connection: psycopg.Connection[TupleRow], which: str, values: Mapping[str, object]) -> list[Job]:
    query = statement("job_columns").query + b"\n" + statement(which).query
    rows = connection.execute(query, {"interrupted": INTERRUPTED, **values}).fetchall()
    found = [_job(row) for row in rows]
    waiting = reasons(connection, [job.id for job in found if job.state is RunState.QUEUED])
    return [replace(job, waiting=waiting[job.id]) if job.id in waiting else job for job in found]


def _job(row: TupleRow) -> Job:
    (
        *identity, state, attempt, max_attempts, not_before, created, started, finished,
        progress, result, error, cancel_requested, continued_by, version, pool,
    ) = row  # fmt: skip
    job_id, kind, workspace, datasource, subject, args, requested_by = identity
    return Job(
        id=job_id,
        kind=kind,
        workspace=workspace,
        datasource=datasource,
        subject=subject,
        args=args,
        requested_by=requested_by,
        state=RunState(state),
        attempt=attempt,
        max_attempts=max_attempts,
        not_before=not_before,
        created=created,
        started=started,
        finished=finished,
        progress=None if progress is None else JobProgress(**progress),
        result=result,
        error=error,
        cancel_requested=cancel_requested,
        continued_by=continued_by,
        version=version,
        pool=pool,
    )
