"""Runs and the lease: one pass at a time over a datasource, and a record of what each pass did."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, cast

import psycopg
from psycopg.rows import TupleRow

from mirrorlake.catalog.leases import (
    INTERRUPTED,
    LEASE_S,
    HeldLease,
    at_time,
    finish_values,
    insert_running,
    lease_lost,
    read_lease,
)
from mirrorlake.catalog.outcome_reader import read_outcomes
from mirrorlake.catalog.run_leases import Lease, Live, count_values
from mirrorlake.catalog.statements import statement
from mirrorlake.catalog.workers import reasons
from mirrorlake.core.errors import NotFound, PassRunning
from mirrorlake.model.jobs import NewJob, datasource_lock, kind_of_trigger
from mirrorlake.model.objects import Requests
from mirrorlake.model.progress import JobProgress
from mirrorlake.model.runs import Counts, Hold, Outcome, OutcomeKind, Run, RunState, Trigger, confirm_command
from mirrorlake.plan.run_flags import run_flags
from mirrorlake.postgres.db_errors import retry_on_contention, translate_db_errors
from mirrorlake.postgres.pool import Catalog

ATTEMPTS_TO_BEGIN = 5  # the session of a process killed just now needs a moment to vanish
LOOK_PAUSE_S = 0.1
# A deleted datasource can be mirrored again by its address, and its trash can be emptied; no other run accepts it.
_OF_DELETED = (Trigger.MIRROR, Trigger.PURGE)


@retry_on_contention
def begin(
    catalog: Catalog,
    datasource_id: int,
    trigger: str,
    *,
    args: Mapping[str, Any] | None = None,
    requested_by: str | None = None,
    prepare: Callable[[psycopg.Connection[TupleRow]], object] | None = None,
) -> Lease:
    """Start a run in this process. Takes over immediately from a process that has exited, and marks its run as failed.

    `prepare` is called in the transaction that starts the run, with the datasource's row locked: what it stores is
    stored only if the run starts, and its error prevents the start.

    Raises PassRunning if another run of this datasource is running, NotFound if the datasource does not exist or was
    deleted; mirroring its address restores it.
    """
    job = NewJob(
        kind=kind_of_trigger(trigger),
        datasource_id=datasource_id,
        args=args or {},
        requested_by=requested_by,
        lock=datasource_lock(datasource_id),
    )
    session = catalog.session()
    try:
        with translate_db_errors(catalog.address):
            looks = ATTEMPTS_TO_BEGIN
            while (begun := _try_to_begin(session, job, trigger, prepare, refuse=looks <= 0)) is None:
                looks -= 1
                time.sleep(LOOK_PAUSE_S)
        run_id, lock, holder = begun
        return Lease(
            catalog, session, datasource_id=datasource_id, run_id=run_id, kind=job.kind.value, lock=lock, holder=holder
        )
    except BaseException:
        session.close()
        raise


def refuse_while_running(connection: psycopg.Connection[TupleRow], datasource_id: int) -> None:
    """Prevent runs of a datasource from starting until this transaction ends. Raises PassRunning, NotFound."""
    named = connection.execute(statement("lock_datasource").query, {"datasource_id": datasource_id}).fetchone()
    if named is None:
        raise NotFound(
            f"Datasource {datasource_id} does not exist.",
            "The page Datasources and `mirrorlake datasource list` show the existing ones.",
        )
    held = read_lease(connection, datasource_lock(datasource_id))
    if held is not None and held.alive:
        raise _pass_running(named[0], held)


def finish(
    lease: Lease,
    *,
    state: RunState,
    counts: Counts,
    requests: Requests,
    bytes_read: int,
    server: str | None = None,
    error: str | None = None,
    again_in_s: float | None = None,
    notes: Sequence[str] = (),
) -> int | None:
    """End the run and release the lease. Raises LeaseLost if another process has taken over.

    With `again_in_s`, queue another run of the same kind that continues after this number of seconds, and return its
    id; None if it is no longer wanted or if another one is already queued.
    """
    values = count_values(lease, Live(counts=counts, requests=requests, bytes_read=bytes_read, server=server), notes)
    values |= finish_values(lease, state=state.value, error=error, result=None)
    lease.rest()
    # The session is closed last: otherwise the run would appear abandoned before its end is written.
    try:
        ended, again = _end(lease.catalog, values, again_in_s)
    finally:
        lease.close()
    if not ended:
        raise lease_lost(lease)
    return again


def continue_run(
    connection: psycopg.Connection[TupleRow], run_id: int, *, more: int, wait_s: float = 0.0, reason: str | None = None
) -> int | None:
    """Queue another run that continues this one, and return its id; None if one of its kind is already queued.

    `more` is added to its attempts; it waits `wait_s` seconds because of `reason`.
    """
    values = {"job_id": run_id, "more": more, "wait_s": wait_s, "reason": reason}
    made = connection.execute(statement("continue_run").query, values).fetchone()
    if made is None:
        return None
    connection.execute(statement("continuing_run").query, {"job_id": run_id, "again": made[0]})
    return int(made[0])


def list_runs(
    catalog: Catalog,
    *,
    limit: int,
    datasource: str | None = None,
    state: RunState | None = None,
    before: int | None = None,
) -> list[Run]:
    """Runs, newest first, filtered; only those older than the run `before`. Raises NotFound for an unknown name."""
    with catalog.read() as connection:
        by = {"name": datasource, "deleted": True}
        if datasource is not None and connection.execute(statement("datasource_by_name").query, by).fetchone() is None:
            raise NotFound(
                f"Datasource {datasource} does not exist.",
                "The page Datasources and `mirrorlake datasource list` show the existing ones.",
            )
        params = {"datasource": datasource, "state": state, "limit": limit, "before": before}
        return _runs(connection, "list_runs", params)


def show_run(catalog: Catalog, run_id: int) -> Run:
    """One run. Raises NotFound."""
    with catalog.read() as connection:
        runs = _runs(connection, "one_run", {"run_id": run_id})
    if not runs:
        raise _no_run(run_id)
    return runs[0]


def last_runs(connection: psycopg.Connection[TupleRow]) -> dict[str, Run]:
    """The newest run of each datasource, by the datasource's name."""
    return {run.datasource: run for run in _runs(connection, "last_runs", {})}


def last_passes(connection: psycopg.Connection[TupleRow]) -> dict[str, Run]:
    """The most recently ended pass of each datasource, by the datasource's name."""
    return {run.datasource: run for run in _runs(connection, "last_passes", {"datasource_id": None})}


def last_pass(connection: psycopg.Connection[TupleRow], datasource_id: int) -> Run | None:
    """The most recently ended pass of a datasource."""
    found = _runs(connection, "last_passes", {"datasource_id": datasource_id})
    return found[0] if found else None


def runs_at_work(connection: psycopg.Connection[TupleRow]) -> dict[str, Run]:
    """The running or else the queued run of each datasource, by the datasource's name."""
    return {run.datasource: run for run in _runs(connection, "runs_at_work", {"datasource_id": None})}


def at_work(connection: psycopg.Connection[TupleRow], datasource_id: int) -> Run | None:
    """The running or else the queued run of a datasource."""
    found = _runs(connection, "runs_at_work", {"datasource_id": datasource_id})
    return found[-1] if found else None


def outcomes(
    catalog: Catalog,
    run_id: int,
    *,
    limit: int,
    offset: int = 0,
    kind: OutcomeKind | None = None,
    after: str | None = None,
) -> list[Outcome]:
    """The outcomes of a run by key, after a given key, of one kind or of all. Raises NotFound."""
    with catalog.read() as connection:
        found = _runs(connection, "one_run", {"run_id": run_id})
        if not found:
            raise _no_run(run_id)
        return read_outcomes(connection, found[0], limit=limit, offset=offset, kind=kind, after=after)


@retry_on_contention
def _end(catalog: Catalog, values: Mapping[str, object], again_in_s: float | None) -> tuple[bool, int | None]:
    """Whether we still held the run, and the id of the run that continues it."""
    again = None
    with catalog.write() as connection:
        if again_in_s is not None:
            wanted = connection.execute(statement("job_to_continue").query, values).fetchone()
            if wanted is not None and wanted[3] is None and not wanted[4]:
                reason = str(values["error"])
                again = continue_run(
                    connection, cast("int", values["job_id"]), more=1, wait_s=again_in_s, reason=reason
                )
        ended = connection.execute(statement("finish_job").query, values)
        if ended.rowcount == 1:
            connection.execute(statement("finish_counts").query, values)
        connection.execute(statement("release_lease").query, values)
    return ended.rowcount == 1, again


def _try_to_begin(
    session: psycopg.Connection[TupleRow],
    job: NewJob,
    trigger: str,
    prepare: Callable[[psycopg.Connection[TupleRow]], object] | None,
    *,
    refuse: bool,
) -> tuple[int, str, str] | None:
    """The new run's id, lock and holder; None if another run holds the lease (raises PassRunning if `refuse`)."""
    values = {"datasource_id": job.datasource_id}
    with session.transaction() as transaction:
        named = session.execute(statement("lock_datasource").query, values).fetchone()
        if named is None:
            raise NotFound(
                f"Datasource {job.datasource_id} does not exist.",
                "The page Datasources and `mirrorlake datasource list` show the existing ones.",
            )
        name, deleted = named
        if deleted and trigger not in _OF_DELETED:
            raise NotFound(f"Datasource {name} was deleted.", "Mirror its address again to restore it.")
        held = read_lease(session, job.lock or "")
        if held is not None and held.alive:
            if refuse:
                raise _pass_running(name, held)
            return None
        begun = insert_running(session, job, held)
        if begun is None:  # a worker was faster
            raise psycopg.Rollback(transaction)
        if prepare is not None:
            prepare(session)
        if trigger == Trigger.MIRROR:
            session.execute(statement("revive_datasource").query, values)
        session.execute(statement("insert_run").query, {"job_id": begun[0], "trigger": trigger})
        return begun
    return None


def _pass_running(name: str, held: HeldLease) -> PassRunning:
    run_id = held.job_id
    return PassRunning(
        f"Run {run_id} has been working on datasource {name} since {at_time(held.started)}.",
        f"Wait for it (its page and mirrorlake runs show {run_id} show its progress), or cancel it there or with:"
        f" mirrorlake runs cancel {run_id}",
    )


def _no_run(run_id: int) -> NotFound:
    return NotFound(f"Run {run_id} does not exist.", "The page Runs and `mirrorlake runs list` show the existing ones.")


def _runs(connection: psycopg.Connection[TupleRow], which: str, values: Mapping[str, object]) -> list[Run]:
    query = statement("run_columns").query + b"\n" + statement(which).query
    rows = connection.execute(query, {"interrupted": INTERRUPTED, "lease_s": LEASE_S, **values}).fetchall()
    found = [_run(row) for row in rows]
    waiting = reasons(connection, [run.id for run in found if run.state is RunState.QUEUED])
    return [replace(run, waiting=waiting[run.id]) if run.id in waiting else run for run in found]


def _run(row: TupleRow) -> Run:
    identity, datasource, trigger, state, started, finished, counts, requests, bytes_read, server, *rest = row
    error, notes, limited_by, progress, expected, moved, unmoved_s, silent_s, retrying, confirms, *held = rest
    return Run(
        id=identity,
        datasource=datasource,
        trigger=trigger,
        state=RunState(state),
        started=started,
        finished=finished,
        counts=Counts(**_known(Counts, counts)),
        requests=Requests(**_known(Requests, requests)),
        bytes_read=bytes_read,
        server=server,
        error=error,
        hold=_hold(identity, held),
        confirms=confirms,
        limited=limited_by is not None,
        limited_by=limited_by,
        notes=tuple(notes),
        progress=None if progress is None else JobProgress(**progress),
        expected=expected,
        flags=() if moved is None else run_flags(unmoved_s=unmoved_s, silent_s=silent_s, retrying=retrying),
        moved=moved,
    )


def _hold(run_id: int, held: Sequence[Any]) -> Hold | None:
    reason, count, by_prefix, plan_hash, confirmed_by, superseded_by = held
    if reason is None:
        return None
    return Hold(
        reason=reason,
        count=count,
        by_prefix=by_prefix,
        plan_hash=plan_hash,
        confirm=confirm_command(run_id),
        confirmed_by=confirmed_by,
        superseded_by=superseded_by,
    )


def _known(kind: type[Counts | Requests], stored: Mapping[str, Any]) -> dict[str, int]:
    """The counters that this version knows."""
    return {field.name: int(stored[field.name]) for field in fields(kind) if field.name in stored}
