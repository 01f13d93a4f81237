"""Previews: what a run would do, computed in this process or by a worker."""

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
from mirrorlake.mirror.source_stores import SourceStores
from mirrorlake.model.jobs import Job, JobKind
from mirrorlake.model.previews import Preview
from mirrorlake.model.runs import RunState
from mirrorlake.postgres.pool import Catalog


def preview(settings: Settings, catalog: Catalog, name: str, progress: Progress) -> Report:
    """What a run of this datasource would do, with samples. Lists the source and stores nothing. Raises NotFound.

    Errors of the source are in the report.
    """
    source = datasources.named(catalog, name)
    with open_run_context(settings, catalog, jobs=None) as context:
        return dry_run(source, source.id, context, progress, store_factory=SourceStores(settings, catalog)(source))


def request_preview(catalog: Catalog, name: str, *, requested_by: str) -> Preview:
    """Queue a preview, or return the one that is already queued or running. Raises NotFound."""
    source = datasources.named(catalog, name)
    job = new_job(JobKind.PREVIEW, PreviewArgs(), datasource=source, requested_by=requested_by)
    return show_preview(catalog, str(jobs.request(catalog, job)))


def show_preview(catalog: Catalog, number: str) -> Preview:
    """The state of a preview and its result. Raises NotFound, also after it was deleted some days later."""
    found = jobs.show_job(catalog, int(number)) if number.isdecimal() and len(number) < 19 else None  # noqa: PLR2004
    if found is None or found.kind != JobKind.PREVIEW:
        raise NotFound("The preview does not exist or was deleted.", "Start another one.")
    return _preview(found)


def _preview(job: Job) -> Preview:
    seconds = 0.0
    if job.started is not None:
        seconds = ((job.finished or datetime.now(UTC)) - job.started).total_seconds()
    # Clients poll while the state is "running"; `waiting` shows whether it has started.
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
        notes=report.notes,
    )
