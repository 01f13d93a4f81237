"""Leases: the right to work on a job, held by a database session and renewed by a heartbeat.

One row for each lock that is held. If the session of its holder has ended, a foreground command takes it over
immediately, and a worker after some time. Every commit of a run checks that it still holds its lease.
"""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from mirrorlake.catalog.statements import statement
from mirrorlake.core.errors import CatalogError, CatalogUnavailable, LeaseLost, RunCancelled, SourceUnreachable
from mirrorlake.model.jobs import NewJob
from mirrorlake.model.outcomes import OutcomeKind
from mirrorlake.model.progress import JobProgress
from mirrorlake.plan.backoff import NEVER, RetryPolicy
from mirrorlake.postgres.pool import Catalog

LEASE_S = 60.0  # a holder without a heartbeat for this long counts as dead
HEARTBEAT_S = 1.0  # also the maximum age of the progress that is shown of a running job
POLL_S = 1.0  # interval of checks for a cancel request; every commit also checks
_COUNTED = [kind.value for kind in OutcomeKind if kind is not OutcomeKind.UNCHANGED]  # which have outcomes, each one
INTERRUPTED = "interrupted: its process exited unexpectedly; committed work is kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldLease:
    """The current lease on a lock."""

    job_id: int
    started: datetime
    holder: str
    alive: bool


class JobLease:
    """The right to work on one job. Its heartbeat renews it and writes progress.

    After a takeover, committing or ending the job raises LeaseLost. If the lease is closed without ending the job,
    another process finds the job interrupted.

    Any user may request that the job be cancelled (`catalog.cancel`). Within POLL_S, the callbacks of `on_cancel` are
    called, and from then on `check` and every commit raise RunCancelled.
    """

    def __init__(
        self,
        catalog: Catalog,
        session: psycopg.Connection[TupleRow],
        *,
        job_id: int,
        kind: str,
        lock: str,
        holder: str,
        attempt: int | None = None,
    ) -> None:
        self.catalog = catalog
        self.job_id = job_id
        self.kind = kind
        self.lock = lock
        self.holder = holder
        self.attempt = attempt
        self.retry: RetryPolicy = NEVER  # applied after temporary failures; set by the function that executes the job
        self.ended_within = False  # whether the transaction of its work also ended the job, if that was committed
        self._session = session
        self._progress: JobProgress | None = None
        self._written: JobProgress | None = None
        self._lost = False
        self._cancelled: str | None = None
        self._interrupts: Callable[[], BaseException | None] | None = None
        self._interruption: BaseException | None = None
        self._stops: list[Callable[[], object]] = []
        self._cancel_lock = threading.Lock()
        self._ended = threading.Event()
        self._heart = threading.Thread(target=self._beat, name="lease", daemon=True)
        self._heart.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def lost(self) -> bool:
        """Whether another process is known to have taken over."""
        return self._lost

    @property
    def noun(self) -> str:
        """The noun for this job in messages."""
        return "Job"

    @property
    def cancelled(self) -> RunCancelled | None:
        """The error of a cancelled job; None if nobody cancelled it."""
        by = self._cancelled
        return None if by is None else RunCancelled(f"{self.noun} {self.job_id} was cancelled by {by}.")

    @property
    def retrying(self) -> bool:
        """Whether requests of the job are being retried."""
        return False

    @property
    def closed(self) -> bool:
        """Whether the heartbeat has ended, because the job ended or was abandoned."""
        return self._ended.is_set()

    def check(self) -> None:
        """Raise RunCancelled if somebody cancelled the job, or the error returned by the callback of `interrupt_by`."""
        cancelled = self.cancelled
        if cancelled is not None:
            raise cancelled
        if self._interruption is not None:
            raise self._interruption

    def interrupt_by(self, interrupts: Callable[[], BaseException | None]) -> None:
        """Let `check` raise the error that `interrupts` returns, if any. It is called every POLL_S."""
        self._interrupts = interrupts

    def on_cancel(self, stop: Callable[[], object]) -> None:
        """Call `stop`, from any thread, when somebody cancels the job; immediately if somebody already has."""
        with self._cancel_lock:
            self._stops.append(stop)
            late = self._cancelled is not None or self._interruption is not None
        if late:
            stop()

    def mark_cancelled(self, by: str) -> None:
        """Record that `by` cancelled the job, and call the callbacks of `on_cancel`."""
        with self._cancel_lock:
            if self._cancelled is not None:
                return
            self._cancelled = by
            stops = list(self._stops)
        for stop in stops:
            stop()

    def report(self, progress: JobProgress) -> None:
        """Report the progress of the job; written with the next heartbeat."""
        self._progress = progress

    def write_progress(self, connection: psycopg.Connection[TupleRow]) -> None:
        """Write the last reported progress in a transaction of the caller."""
        progress = self._progress
        if progress is not None:
            values = {"job_id": self.job_id, "progress": Jsonb(asdict(progress))}
            connection.execute(statement("write_progress").query, values)

    def rest(self) -> None:
        """End the heartbeat but keep the session, so that no other process takes over."""
        self._ended.set()
        self._heart.join()

    def close(self) -> None:
        """End heartbeat and session."""
        self.rest()
        self._session.close()

    def values(self) -> dict[str, object]:
        """The parameters of statements about this lease and its job."""
        return {"job_id": self.job_id, "lock": self.lock, "holder": self.holder, "seconds": LEASE_S}

    def _beat(self) -> None:
        due = time.monotonic() + HEARTBEAT_S
        while not self._ended.wait(min(POLL_S, HEARTBEAT_S)):
            self._check_interrupts()
            try:
                if self._session.closed:
                    self._session = self.catalog.session()  # PostgreSQL was restarted
                    due = 0.0  # the new session is not stored yet
                self._check_cancellation()
                if time.monotonic() >= due:
                    due = time.monotonic() + HEARTBEAT_S
                    self._lost = not self._renew()
            except (psycopg.Error, CatalogError):
                # An unavailable server cannot give the lease to another process; the next commit reports the problem.
                self._session.close()
            if self._lost:
                return

    def _check_interrupts(self) -> None:
        if self._interrupts is None or self._interruption is not None:
            return
        self._interruption = self._interrupts()
        if self._interruption is not None:
            with self._cancel_lock:
                stops = list(self._stops)
            for stop in stops:
                stop()

    def _check_cancellation(self) -> None:
        asked = self._session.execute(statement("cancel_requested").query, {"job_id": self.job_id}).fetchone()
        if asked is not None and asked[0] is not None:
            self.mark_cancelled(asked[0])

    def _renew(self) -> bool:
        with self._session.transaction():
            moved = self._write_moved(self._session)  # the job before its lease, the lock order of every writer of both
            values = self.values() | {"moved": moved, "retrying": self.retrying}
            return self._session.execute(statement("renew_lease").query, values).rowcount == 1

    def _write_moved(self, session: psycopg.Connection[TupleRow]) -> bool:
        """Write what was reported since the last heartbeat. Whether there was any progress."""
        progress = self._progress
        if progress is None or progress == self._written:
            return False
        self.write_progress(session)
        self._written = progress
        return True


def read_lease(connection: psycopg.Connection[TupleRow], lock: str) -> HeldLease | None:
    """The lease on a lock; None if nobody holds it."""
    row = connection.execute(statement("current_lease").query, {"lock": lock}).fetchone()
    return None if row is None else HeldLease(job_id=row[0], started=row[1], holder=row[2], alive=bool(row[3]))


def insert_running(
    session: psycopg.Connection[TupleRow], job: NewJob, held: HeldLease | None
) -> tuple[int, str, str] | None:
    """Insert a job that starts now in this session, and take the lease from `held`, which is dead.

    Returns its id, lock and holder; None if another process was faster: the transaction must then be rolled back.
    """
    # A job whose lease was lost in a crash of the database is no longer running either.
    interrupted = [] if job.lock is None else fail_interrupted(session, job.lock)
    begun = session.execute(statement("insert_running").query, job_values(job)).fetchone()
    if begun is None:
        raise AssertionError("INSERT ... RETURNING returns one row")
    lock, holder = job.lock or f"job:{begun[0]}", str(uuid.uuid4())
    if not take_lease(session, begun[0], lock, holder, None if held is None else held.holder):
        return None
    count_committed(session, interrupted)
    return int(begun[0]), lock, holder


def fail_interrupted(session: psycopg.Connection[TupleRow], lock: str) -> list[int]:
    """Fail the jobs whose process held this lock and has exited; return them, to be counted under the lease.

    Taking it waits for what the server is still committing for that process.
    """
    ended = session.execute(statement("fail_interrupted").query, {"lock": lock, "error": INTERRUPTED}).fetchall()
    return [job_id for (job_id,) in ended]


def count_committed(session: psycopg.Connection[TupleRow], job_ids: Sequence[int]) -> None:
    """Count what those of these jobs that are runs had committed: the last heartbeat of a process is older."""
    if job_ids:
        session.execute(statement("count_committed").query, {"ids": list(job_ids), "kinds": _COUNTED})


def take_lease(session: psycopg.Connection[TupleRow], job_id: int, lock: str, holder: str, before: str | None) -> bool:
    """Take a lock for a job, unless another process has taken it since its dead holder `before` was read."""
    values = {"job_id": job_id, "lock": lock, "holder": holder, "before": before, "seconds": LEASE_S}
    return session.execute(statement("take_lease").query, values).rowcount == 1


def job_values(job: NewJob) -> dict[str, object]:
    """The parameters of the statements that insert a job."""
    return {
        "kind": job.kind.value,
        "datasource_id": job.datasource_id,
        "subject": job.subject,
        "args": Jsonb(dict(job.args)),
        "requested_by": job.requested_by,
        "requester": None if job.requester is None else Jsonb(dict(job.requester)),
        "lock": job.lock,
        "priority": job.priority,
        "max_attempts": job.max_attempts,
        "pool": job.pool,
    }


def finish_values(
    lease: JobLease, *, state: str, error: str | None, result: Mapping[str, object] | None
) -> dict[str, object]:
    """The parameters of the statements that end a job."""
    return lease.values() | {"state": state, "error": error, "result": None if result is None else Jsonb(dict(result))}


def lease_lost(lease: JobLease) -> LeaseLost:
    """The error for a lease that another process holds now."""
    return LeaseLost(
        f"Another process took over {lease.noun.lower()} {lease.job_id}: it sent no heartbeat for {LEASE_S:g} s.",
        "Committed work is kept, and the other process continues from there.",
    )


def retry_delay_s(lease: JobLease, error: Exception) -> float | None:
    """Seconds until a job that failed with this error is retried; None if it is not retried."""
    interrupted = isinstance(error, CatalogUnavailable)  # PostgreSQL crashed or was restarted in the middle of the work
    if not (interrupted or isinstance(error, SourceUnreachable)):
        return None
    if not lease.retry.allows_another(lease.attempt, interrupted=interrupted):
        return None
    return lease.retry.delay_s(lease.attempt or 1, random.random())  # noqa: S311 - no secret


def at_time(moment: datetime) -> str:
    """A time for messages."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
