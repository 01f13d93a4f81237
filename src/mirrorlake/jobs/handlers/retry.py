"""Retry the failed objects of a run."""

from __future__ import annotations

from dataclasses import dataclass

from mirrorlake.catalog.outcomes import count_failed
from mirrorlake.jobs.handler import SOON, Handler, JobContext, of_datasource
from mirrorlake.jobs.run_context import open_run_context
from mirrorlake.mirror.report import Report
from mirrorlake.mirror.retry import retry
from mirrorlake.model.jobs import Job, JobKind


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryArgs:
    """The run whose failed objects are retried."""

    run: int


def retry_failed(job: Job, args: RetryArgs, context: JobContext) -> Report:
    """Read the failed objects again, except those that an interrupted retry has already imported."""
    source = context.source(job)
    with open_run_context(context.settings, context.catalog, context.processes) as run:
        context.reporter.planned(count_failed(context.catalog, args.run))
        return retry(context.run_lease, source, args.run, run, context.reporter, store_factory=context.store_of(source))


RETRY = Handler(
    kind=JobKind.RETRY,
    args=RetryArgs,
    result=Report,
    run=retry_failed,
    lock=of_datasource,
    priority=SOON,
    quick=True,
)
