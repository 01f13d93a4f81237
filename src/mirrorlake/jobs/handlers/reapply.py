"""Merge the metadata of a datasource's assets again from their sidecars."""

from __future__ import annotations

from dataclasses import dataclass

from mirrorlake.jobs.handler import SOON, Handler, JobContext, of_datasource
from mirrorlake.mirror.reapply import reapply
from mirrorlake.mirror.report import Report
from mirrorlake.model.jobs import Job, JobKind

MERGING = "merging"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReapplyArgs:
    """No arguments: the strategies are in the settings of the datasource."""


def merge_again(job: Job, _args: ReapplyArgs, context: JobContext) -> Report:
    """Merge all assets again. The operation is idempotent."""
    return reapply(context.run_lease, context.source(job), context.reporter.counted(MERGING))


REAPPLY = Handler(
    kind=JobKind.REAPPLY,
    args=ReapplyArgs,
    result=Report,
    run=merge_again,
    lock=of_datasource,
    priority=SOON,
    quick=True,
)
