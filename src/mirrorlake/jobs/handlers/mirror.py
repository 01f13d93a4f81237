"""Mirror a datasource."""

from __future__ import annotations

from dataclasses import dataclass

from mirrorlake.jobs.handler import Handler, JobContext, of_datasource
from mirrorlake.jobs.run_context import open_run_context
from mirrorlake.mirror.report import Report
from mirrorlake.mirror.run import run_leased
from mirrorlake.model.jobs import Job, JobKind


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorArgs:
    """No arguments: a pass uses the settings of its datasource."""


def mirror(job: Job, _args: MirrorArgs, context: JobContext) -> Report:
    """Update the catalog from the source. A pass after an interrupted one continues its work."""
    source = context.source(job)
    with open_run_context(context.settings, context.catalog, context.processes) as run:
        return run_leased(context.run_lease, source, run, context.reporter, store_factory=context.store_of(source))


MIRROR = Handler(kind=JobKind.MIRROR, args=MirrorArgs, result=Report, run=mirror, lock=of_datasource)
