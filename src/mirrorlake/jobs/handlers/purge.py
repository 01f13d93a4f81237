"""Purge old assets from the trash of a datasource."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mirrorlake.catalog import picture_hashes
from mirrorlake.jobs.handler import SOON, Handler, JobContext, of_datasource
from mirrorlake.mirror.purge import purge
from mirrorlake.mirror.report import Report
from mirrorlake.model.jobs import Job, JobKind


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeArgs:
    """Assets that were last modified before this time are deleted."""

    before: datetime


def empty_trash(job: Job, args: PurgeArgs, context: JobContext) -> Report:
    """Delete those assets permanently, each only if its object is still gone. A repeated job skips deleted ones."""
    source = context.source(job)
    report = purge(context.run_lease, source, args.before, store_factory=context.store_of(source))
    picture_hashes.delete_unused(context.catalog)
    return report


PURGE = Handler(
    kind=JobKind.PURGE,
    args=PurgeArgs,
    result=Report,
    run=empty_trash,
    lock=of_datasource,
    priority=SOON,
    quick=True,
)
