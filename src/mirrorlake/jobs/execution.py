"""Make jobs and carry them out, queued for a worker or at once in this process: both go the same way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from mirrorlake.catalog import jobs, queue, runs
from mirrorlake.catalog.leases import JobLease, retry_delay_s
from mirrorlake.catalog.runs import Lease
from mirrorlake.core.errors import LeaseLost, MirrorlakeError
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.handler import JobContext, discard_item
from mirrorlake.jobs.progress import Reporter, StepCallback, discard_step
from mirrorlake.jobs.registry import HANDLERS
from mirrorlake.mirror.cancellation import WorkerStopped
from mirrorlake.mirror.progress import Progress
from mirrorlake.mirror.run import store_config
from mirrorlake.model.jobs import RUN_KINDS, JobKind, JobState, NewJob
from mirrorlake.model.objects import Requests
from mirrorlake.model.runs import Counts, Trigger
from mirrorlake.model.sources import Datasource
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.store_factory import StoreFactory


def new_job(
    kind: JobKind,
    args: object,
    *,
    datasource: Datasource | None = None,
    subject: str | None = None,
    requested_by: str | None = None,
) -> NewJob:
    """A job of this kind, with the lock, priority and attempts that its handler declares."""
    handler = HANDLERS[kind]
    if not isinstance(args, handler.args):
        raise TypeError(f"a job of kind {kind} takes {handler.args.__name__}")
    datasource_id = None if datasource is None else datasource.id
    return NewJob(
        kind=kind,
        datasource_id=datasource_id,
        subject=subject,
        args=msgspec.to_builtins(args),
        requested_by=requested_by,
        lock=handler.lock(datasource_id),
        priority=handler.priority,
        max_attempts=handler.policy.max_attempts,
    )


def enqueue_run(catalog: Catalog, source: Datasource, job: NewJob) -> int:
    """Queue a run that is no pass; its number. Raises PassRunning where a run of the datasource is in its way."""
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
    store_factory: Callable[[Datasource], StoreFactory] = store_config,
) -> Any:
    """Carry out a job in this process, under its lock, and answer its result.

    Raises PassRunning or Conflict where its lock is held, and what its handler raises.
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
    """Carry out the job of a lease, end it as what it is, and answer its result.

    Raises what its handler raises, once the job has ended: what was committed stays.
    """
    lease = context.lease
    job = jobs.show_job(context.catalog, lease.job_id)
    handler = HANDLERS[JobKind(job.kind)]
    lease.retry = handler.policy
    try:
        result = handler.run(job, msgspec.convert(job.args, handler.args), context)
    except WorkerStopped:
        raise  # the worker gives it to the next one
    except KeyboardInterrupt:
        _end(lease, JobState.CANCELLED)
        raise
    except LeaseLost:
        raise
    except MirrorlakeError as error:
        _fail(lease, error)
        raise
    except BaseException as error:
        # A mistake of ours: the job must not look as if it were still going, and the trace must be seen.
        _end(lease, JobState.FAILED, f"internal error: {error!r}")
        raise
    if not lease.closed:  # a run has ended itself
        state, error = handler.state_of(result)
        jobs.finish(lease, state=state, result=msgspec.to_builtins(result), error=error)
    return result


def _fail(lease: JobLease, error: MirrorlakeError) -> None:
    if lease.closed:
        return
    wait_s = retry_delay_s(lease, error)
    if lease.cancelled is not None:  # whatever stopped was stopped for that
        _end(lease, JobState.CANCELLED, str(lease.cancelled))
    elif wait_s is None or isinstance(lease, Lease):
        _end(lease, JobState.FAILED, str(error), again_in_s=wait_s)
    else:
        jobs.queue_again(lease, wait_s=wait_s, reason=str(error))


def _end(lease: JobLease, state: JobState, error: str | None = None, *, again_in_s: float | None = None) -> None:
    if lease.closed:
        return
    if isinstance(lease, Lease):
        runs.finish(
            lease,
            state=state,
            counts=Counts(),
            requests=Requests(),
            bytes_read=0,
            error=error,
            again_in_s=again_in_s,
        )
    else:
        jobs.finish(lease, state=state, error=error)


def put_back(lease: JobLease) -> str:
    """Let the next worker go on with the job of one that is being stopped; answers why it ended. Raises LeaseLost."""
    if isinstance(lease, Lease):
        return queue.put_back(lease, runs.Live(counts=Counts(), requests=Requests(), bytes_read=0))
    if lease.closed:
        return "It had ended already."
    jobs.queue_again(lease)
    return f"{queue.STOPPED}; it goes on with the next worker."
