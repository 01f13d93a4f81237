"""The trash of a datasource, emptied of what has been in it long enough."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mirrorlake.jobs.handler import SOON, Handler, JobContext, of_datasource
from mirrorlake.mirror.purge import purge
from mirrorlake.mirror.report import Report
from mirrorlake.model.jobs import Job, JobKind


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeArgs:
    """What was last touched before this moment goes."""

    before: datetime


def empty_trash(job: Job, args: PurgeArgs, context: JobContext) -> Report:
    """Delete those assets for good, each once its object is proven gone. What is deleted is not met again."""
    source = context.source(job)
    return purge(context.run_lease, source, args.before, store_factory=context.store_factory(source))


PURGE = Handler(
    kind=JobKind.PURGE,
    args=PurgeArgs,
    result=Report,
    run=empty_trash,
    lock=of_datasource,
    priority=SOON,
    quick=True,
)
