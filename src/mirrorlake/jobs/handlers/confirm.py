"""Carry out confirmed removals."""

from __future__ import annotations

from dataclasses import dataclass

from mirrorlake.jobs.handler import SOON, Handler, JobContext, of_datasource
from mirrorlake.mirror.confirm import confirm
from mirrorlake.mirror.report import Report
from mirrorlake.model.jobs import Job, JobKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmArgs:
    """The held run whose removals are confirmed."""

    run: int


def carry_out(job: Job, args: ConfirmArgs, context: JobContext) -> Report:
    """Carry out exactly the removals that the run held, each only if its object is still gone."""
    source = context.source(job)
    return confirm(context.run_lease, source, args.run, store_factory=context.store_of(source))


CONFIRM = Handler(
    kind=JobKind.CONFIRM,
    args=ConfirmArgs,
    result=Report,
    run=carry_out,
    lock=of_datasource,
    priority=SOON,
    quick=True,
)
