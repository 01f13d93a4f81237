"""Previews: what a pass would do, shown by a command at once or made by a worker."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from mirrorlake.catalog import datasources, jobs
from mirrorlake.core.errors import NotFound
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.execution import new_job
from mirrorlake.jobs.handlers.preview import PreviewArgs
from mirrorlake.jobs.run_context import open_run_context
from mirrorlake.mirror.progress import Progress
from mirrorlake.mirror.report import Report
from mirrorlake.mirror.run import dry_run
from mirrorlake.model.jobs import Job, JobKind
from mirrorlake.model.previews import Preview
from mirrorlake.model.runs import RunState
from mirrorlake.postgres.pool import Catalog


def preview(settings: Settings, catalog: Catalog, name: str, progress: Progress) -> Report:
    """What a pass over this datasource would do, with samples. Lists the source and stores nothing. Raises NotFound.

    What goes wrong at the source is in the report.
    """
    source = datasources.named(catalog, name)
    with open_run_context(settings, catalog, jobs=None) as context:
        return dry_run(source, source.id, context, progress)


def request_preview(catalog: Catalog, name: str, *, requested_by: str) -> Preview:
    """Queue a preview. Who asks for one that is queued or at work already is given the same. Raises NotFound."""
    source = datasources.named(catalog, name)
    job = new_job(JobKind.PREVIEW, PreviewArgs(), datasource=source, requested_by=requested_by)
    return show_preview(catalog, str(jobs.request(catalog, job)))


def show_preview(catalog: Catalog, number: str) -> Preview:
    """How far a preview is, and what it found. Raises NotFound, also once it was deleted after some days."""
    found = jobs.show_job(catalog, int(number)) if number.isdecimal() and len(number) < 19 else None  # noqa: PLR2004
    if found is None or found.kind != JobKind.PREVIEW:
        raise NotFound("There is no such preview any more.", "Ask for another one.")
    return _preview(found)


def _preview(job: Job) -> Preview:
    seconds = 0.0
    if job.started is not None:
        seconds = ((job.finished or datetime.now(UTC)) - job.started).total_seconds()
    # Who polls goes on while it is "running": whether it has begun is told by `waiting`.
    state = job.state if job.ended else RunState.RUNNING
    report = Report(run=None, datasource=job.datasource or "", state=state, error=job.error)
    if job.result is not None:
        report = msgspec.convert(job.result, Report)
        seconds = report.seconds
    return Preview(
        id=str(job.id),
        datasource=report.datasource,
        state=state,
        counts=report.counts,
        requests=report.requests,
        seconds=round(max(seconds, 0.0), 3),
        hold=report.hold,
        would=report.would,
        samples=report.samples,
        error=report.error,
        waiting=job.waiting,
    )
