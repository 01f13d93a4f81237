"""Create and execute jobs, queued for a worker or at once in this process, along the same path."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec

from mirrorlake.catalog import field_counts, jobs, queue, runs
from mirrorlake.catalog.leases import JobLease, retry_delay_s
from mirrorlake.catalog.runs import Lease
from mirrorlake.core.errors import CatalogError, LeaseLost, MirrorlakeError
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.handler import GaveWay, JobContext, discard_item
from mirrorlake.jobs.progress import Reporter, StepCallback, discard_step
from mirrorlake.jobs.registry import HANDLERS
from mirrorlake.mirror.cancellation import WorkerStopped
from mirrorlake.mirror.progress import Progress
from mirrorlake.model.access import Context
from mirrorlake.model.jobs import RUN_KINDS, JobKind, JobState, NewJob
from mirrorlake.model.runs import Trigger
from mirrorlake.model.sources import Datasource
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.store_factory import StoreFactory

COUNT_S = 5.0  # after a job, for counting keys and values: enough for about 200,000 assets


def new_job(
    kind: JobKind,
    args: object,
    *,
    datasource: Datasource | None = None,
    subject: str | None = None,
    requested_by: str | None = None,
    by: Context | None = None,
) -> NewJob:
    """Create a job of this kind with the lock, priority and attempts that its handler declares.

    `by` is the caller as whom the job records changes; without one, these are recorded as a local user's of the name
    `requested_by`.
    """
    handler = HANDLERS[kind]
    if not isinstance(args, handler.args):
        raise TypeError(f"a job of kind {kind} takes {handler.args.__name__}")
    datasource_id = None if datasource is None else datasource.id
    return NewJob(
        kind=kind,
        datasource_id=datasource_id,
        subject=subject,
        args=msgspec.to_builtins(args),
        requested_by=requested_by if by is None else by.actor.name,
        requester=None if by is None else _origin(by),
        lock=handler.lock(datasource_id),
        priority=handler.priority,
        max_attempts=handler.policy.max_attempts,
    )


def _origin(by: Context) -> dict[str, str | None]:
    return {"kind": by.actor.kind.value, "address": by.address, "credential": by.credential}


def enqueue_run(catalog: Catalog, source: Datasource, job: NewJob) -> int:
    """Queue a run other than a pass and return its number. Raises PassRunning during another run of the datasource."""
    return queue.request_run(catalog, source.name, job, Trigger(job.kind.value))


def run_here(
    settings: Settings,
    catalog: Catalog,
    job: NewJob,
    *,
    progress: Progress | None = None,
    step: StepCallback = discard_step,
    item: Callable[[Any], object] = discard_item,
    processes: int | None = None,
    store_factory: Callable[[Datasource], StoreFactory] | None = None,
) -> Any:
    """Execute a job in this process, under its lock, and return its result.

    Raises PassRunning or Conflict if its lock is held, and the errors of its handler.
    """
    if job.kind in RUN_KINDS and job.datasource_id is not None:
        lease: JobLease = runs.begin(
            catalog, job.datasource_id, Trigger(job.kind.value), args=job.args, requested_by=job.requested_by
        )
    else:
        lease = jobs.begin(catalog, job)
    context = JobContext(
        settings=settings,
        catalog=catalog,
        lease=lease,
        reporter=Reporter(lease, progress, step),
        processes=processes,
        item=item,
        store_factory=store_factory,
    )
    with lease:
        return execute(context)


def execute(context: JobContext) -> Any:
    """Execute the job of a lease, end it with its final state, and return its result.

    Raises the errors of its handler after the job has ended. Committed work is kept.
    """
    lease = context.lease
    job = jobs.show_job(context.catalog, lease.job_id)
    handler = HANDLERS[JobKind(job.kind)]
    lease.retry = handler.policy
    try:
        result = handler.run(job, msgspec.convert(job.args, handler.args), context)
    except WorkerStopped:
        raise  # the worker requeues the job
    except GaveWay:
        jobs.queue_again(lease)
        raise
    except KeyboardInterrupt:
        _end(lease, JobState.CANCELLED)
        raise
    except LeaseLost:
        raise
    except MirrorlakeError as error:
        _fail(lease, error)
        raise
    except BaseException as error:
        # An internal error: the job must not appear to be running, and the trace must be shown.
        _end(lease, JobState.FAILED, f"internal error: {error!r}")
        raise
    if lease.ended_within:
        lease.close()
    elif not lease.closed:  # a run ends its own lease
        state, error = handler.state_of(result)
        jobs.finish(lease, state=state, result=msgspec.to_builtins(result), error=error)
    _count_fields(context.catalog)
    return result


def _count_fields(catalog: Catalog) -> None:
    """Count what the job changed, if that is quick. Workers count the rest."""
    with suppress(CatalogError):
        field_counts.fold(catalog, seconds=COUNT_S)


def _fail(lease: JobLease, error: MirrorlakeError) -> None:
    if lease.closed:
        return
    wait_s = retry_delay_s(lease, error)
    if lease.cancelled is not None:  # the error is a consequence of the cancellation
        _end(lease, JobState.CANCELLED, str(lease.cancelled))
    elif wait_s is None or isinstance(lease, Lease):
        _end(lease, JobState.FAILED, str(error), again_in_s=wait_s)
    else:
        jobs.queue_again(lease, wait_s=wait_s, reason=str(error))


def _end(lease: JobLease, state: JobState, error: str | None = None, *, again_in_s: float | None = None) -> None:
    if lease.closed:
        return
    if isinstance(lease, Lease):
        live = lease.live
        runs.finish(
            lease,
            state=state,
            counts=live.counts,
            requests=live.requests,
            bytes_read=live.bytes_read,
            error=error,
            again_in_s=again_in_s,
        )
    else:
        jobs.finish(lease, state=state, error=error)


def put_back(lease: JobLease) -> str:
    """Requeue the job of a worker that is being stopped; return the reason for its end. Raises LeaseLost."""
    if isinstance(lease, Lease):
        return queue.put_back(lease, lease.live)
    if lease.closed:
        return "It had already ended."
    jobs.queue_again(lease)
    return f"{queue.STOPPED}; the next worker continues it."
