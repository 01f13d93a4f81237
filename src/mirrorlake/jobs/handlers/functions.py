"""Call a function for what waits for it, and merge what it answers."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from mirrorlake.catalog import function_calls, function_plans, functions
from mirrorlake.catalog.function_calls import CallRules, Recorded
from mirrorlake.catalog.functions import StoredFunction
from mirrorlake.core.errors import CatalogError, LeaseLost, MirrorlakeError, RunCancelled
from mirrorlake.functions.callers import FunctionUnusable
from mirrorlake.jobs.function_calls import open_calls
from mirrorlake.jobs.handler import Handler, JobContext
from mirrorlake.model.functions import FunctionEvent, FunctionWork
from mirrorlake.model.jobs import Job, JobKind, NewJob
from mirrorlake.model.progress import JobProgress
from mirrorlake.plan.backoff import RetryPolicy
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search.selections import select_chosen, select_ids

PLANNING, CALLING = "planning", "calling"
BATCH = 200  # calls that are recorded together; more are repeated after a crash
UNUSABLE_S = 300.0  # before a function that cannot be loaded is tried again
PROBLEM_S = 30.0  # before a function whose job failed is tried again; doubled by each further failure
TURN_S = 120.0  # of a job while others wait
KEPT_DAYS = 30
_POLICY = RetryPolicy()


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionArgs:
    """The function, and with a query or ids the assets that it is called for again."""

    function: str = ""
    query: str | None = None
    assets: tuple[str, ...] = ()
    failed: bool = False  # only what failed is called again


def call_function(job: Job, args: FunctionArgs, context: JobContext) -> FunctionWork:
    """Call a function for everything that waits. After an interruption, what was not recorded is called again."""
    stored = functions.named(context.catalog, args.function)
    context.reporter.step(PLANNING, 0, 0)
    try:
        return _call(job, args, stored, context)
    except (RunCancelled, LeaseLost):
        raise
    except Exception as error:  # whatever failed: without a wait, the next job would begin at once and fail likewise
        if context.lease.cancelled is not None:
            raise
        wait_s = UNUSABLE_S if isinstance(error, FunctionUnusable) else PROBLEM_S
        reason = error.message if isinstance(error, MirrorlakeError) else repr(error)
        with suppress(CatalogError):  # the job fails for the same reason
            functions.mark_unusable(context.catalog, stored.id, reason.replace("\0", ""), wait_s=wait_s)
        raise


def _call(job: Job, args: FunctionArgs, stored: StoredFunction, context: JobContext) -> FunctionWork:
    if args.query is not None or args.assets:
        chosen = select_chosen(args.query, args.assets)
        function_plans.plan_again(context.catalog, stored.id, chosen, since=job.created, failed=args.failed)
    elif args.failed:
        functions.retry_failed(context.catalog, args.function)
    if stored.function.paused:  # since the job was queued
        return FunctionWork(function=stored.function.name, called=0, changed=0, failed=0, retried=0)
    return _call_waiting(stored, context)


def function_job(
    name: str, pool: str, function_id: int, args: FunctionArgs | None = None, *, requested_by: str | None = None
) -> NewJob:
    """A job that calls a function, in its pool; one of a function at a time."""
    return NewJob(
        kind=JobKind.FUNCTION,
        subject=name,
        args=msgspec.to_builtins(args or FunctionArgs(function=name)),
        requested_by=requested_by,
        lock=f"function:{function_id}",
        max_attempts=_POLICY.max_attempts,
        pool=pool,
    )


def enqueue_functions(catalog: Catalog) -> bool:
    """Find what functions have to be called for, and queue the jobs that call them; return whether any was queued."""
    function_plans.plan_changed(catalog, select_ids)
    return functions.enqueue_due(catalog, function_job)


def _call_waiting(stored: StoredFunction, context: JobContext) -> FunctionWork:
    function = stored.function
    rules = CallRules(
        function_id=stored.id,
        name=function.name,
        workspace=context.settings.workspace,
        attempts=function.attempts,
        digest=function.digest,
    )
    of_run = FunctionEvent.RUN_FINISHED in function.events
    total = function_calls.begin(context.catalog, stored.id)
    done = Recorded()
    called = after = 0
    _report(context, called, total, done)
    turn_ends = time.monotonic() + TURN_S
    with open_calls(stored, context) as calls:
        while waiting := function_calls.next_calls(context.catalog, stored.id, of_run=of_run, after=after, limit=BATCH):
            recorded = function_calls.record(context.lease, rules, calls(waiting))
            done = Recorded(
                changed=done.changed + recorded.changed,
                failed=done.failed + recorded.failed,
                retried=done.retried + recorded.retried,
            )
            called, after = called + len(waiting), waiting[-1].id
            _report(context, called, max(total, called), done)
            if recorded.ends:
                break
            if time.monotonic() > turn_ends and functions.others_wait(context.catalog, context.lease.job_id):
                break  # what still waits is queued again, behind the others
    functions.mark_usable(context.catalog, stored.id)
    return FunctionWork(
        function=function.name, called=called, changed=done.changed, failed=done.failed, retried=done.retried
    )


def _report(context: JobContext, called: int, total: int, done: Recorded) -> None:
    context.reporter.step(CALLING, called, total)
    counts = {"changed": done.changed, "failed": done.failed, "retried": done.retried}
    context.lease.report(JobProgress(step=CALLING, done=called, total=total, unit="calls", counts=counts))


FUNCTION = Handler(
    kind=JobKind.FUNCTION,
    args=FunctionArgs,
    result=FunctionWork,
    run=call_function,
    policy=_POLICY,
    kept_days=KEPT_DAYS,
)
