"""A dry run over a datasource: what a pass would do."""

from __future__ import annotations

from dataclasses import dataclass

from mirrorlake.jobs.handler import SOON, Handler, JobContext
from mirrorlake.jobs.run_context import open_run_context
from mirrorlake.mirror.report import Report
from mirrorlake.mirror.run import dry_run
from mirrorlake.model.jobs import Job, JobKind, JobState
from mirrorlake.plan.backoff import RetryPolicy

KEPT_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewArgs:
    """A preview goes by the settings of its datasource."""


def preview(job: Job, _args: PreviewArgs, context: JobContext) -> Report:
    """Plan a pass and report the plan, with samples; nothing else is stored."""
    source = context.source(job)
    with open_run_context(context.settings, context.catalog, context.processes) as run:
        report = dry_run(
            source,
            source.id,
            run,
            context.reporter,
            store_factory=context.store_factory(source),
            check=context.lease.check,
        )
    context.lease.check()  # a report of a dry run that was cancelled tells nothing
    return report


def _state_of(report: Report) -> tuple[JobState, str | None]:
    return report.state, report.error if report.state is JobState.FAILED else None


PREVIEW = Handler(
    kind=JobKind.PREVIEW,
    args=PreviewArgs,
    result=Report,
    run=preview,
    policy=RetryPolicy(after_failure=False),  # a person waits: what is wrong is shown at once
    priority=SOON,
    quick=True,
    kept_days=KEPT_DAYS,
    state_of=_state_of,
)
