"""Preview a pass over a datasource."""

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
    """No arguments: a preview uses the settings of its datasource."""


def preview(job: Job, _args: PreviewArgs, context: JobContext) -> Report:
    """Plan a pass and report the plan with samples. Stores nothing else."""
    source = context.source(job)
    with open_run_context(context.settings, context.catalog, context.processes) as run:
        report = dry_run(
            source,
            source.id,
            run,
            context.reporter,
            store_factory=context.store_of(source),
            check=context.lease.check,
        )
    context.lease.check()  # the report of a cancelled dry run is incomplete
    return report


def _state_of(report: Report) -> tuple[JobState, str | None]:
    return report.state, report.error if report.state is JobState.FAILED else None


PREVIEW = Handler(
    kind=JobKind.PREVIEW,
    args=PreviewArgs,
    result=Report,
    run=preview,
    policy=RetryPolicy(after_failure=False),  # a user waits: errors are shown at once
    priority=SOON,
    quick=True,
    kept_days=KEPT_DAYS,
    state_of=_state_of,
)
