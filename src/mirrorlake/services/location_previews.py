"""Previews of locations before a datasource exists or is changed, computed in this process or by a worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from mirrorlake.catalog import jobs
from mirrorlake.core.errors import NotFound
from mirrorlake.jobs.execution import new_job, run_here
from mirrorlake.jobs.handlers.location_preview import LocationArgs
from mirrorlake.model.access import Context
from mirrorlake.model.jobs import Job, JobKind, NewJob
from mirrorlake.model.location_previews import LocationPreview, LocationSummary
from mirrorlake.model.runs import RunState
from mirrorlake.postgres.pool import Catalog
from mirrorlake.select.json_reader import Json
from mirrorlake.services.base import Resources
from mirrorlake.services.datasource_creation import check_new
from mirrorlake.services.settings_change import changed_datasource


def preview_now(
    resources: Resources,
    caller: Context,
    uri: str,
    *,
    connection: str | None,
    settings: Mapping[str, Json] | None,
    watch: Callable[[LocationSummary], object],
) -> LocationSummary:
    """List a location in this process; `watch` receives the growing summary. Errors as in creating a datasource."""
    job = _job(resources, caller, uri, connection=connection, settings=settings)
    summary: LocationSummary = run_here(resources.settings, resources.catalog, job, item=watch)
    return summary


def request_location_preview(
    resources: Resources, caller: Context, uri: str, *, connection: str | None, settings: Mapping[str, Json] | None
) -> LocationPreview:
    """Queue the preview of a location. Errors as in creating a datasource."""
    job = _job(resources, caller, uri, connection=connection, settings=settings)
    return show_location_preview(resources.catalog, str(jobs.request(resources.catalog, job)))


def request_change_preview(
    resources: Resources, caller: Context, name: str, change: Mapping[str, Json]
) -> LocationPreview:
    """Queue the preview of what a datasource would select after `change`. Errors as in changing it."""
    source = changed_datasource(resources, caller, name, change)
    job = new_job(
        JobKind.LOCATION_PREVIEW,
        LocationArgs.of(source),
        datasource=source,  # so that the workers of its pool list it: others may not reach it
        subject=source.location.uri,
        requested_by=caller.actor.name,
    )
    # Not shared: who leaves the page cancels the preview, and somebody else may watch one of the same change.
    return show_location_preview(resources.catalog, str(jobs.request(resources.catalog, job, shared=False)))


def show_location_preview(catalog: Catalog, number: str) -> LocationPreview:
    """The state of a preview and what it found. Raises NotFound, also after it was deleted some days later."""
    found = jobs.show_job(catalog, int(number)) if number.isdecimal() and len(number) < 19 else None  # noqa: PLR2004
    if found is None or found.kind != JobKind.LOCATION_PREVIEW:
        raise NotFound("The preview does not exist or was deleted.", "Start another one.")
    return _preview(found)


def _job(
    resources: Resources, caller: Context, uri: str, *, connection: str | None, settings: Mapping[str, Json] | None
) -> NewJob:
    source = check_new(resources, caller, uri, name=None, connection=connection, settings=settings)
    return new_job(
        JobKind.LOCATION_PREVIEW,
        LocationArgs.of(source),
        subject=source.location.uri,
        requested_by=caller.actor.name,
    )


def _preview(job: Job) -> LocationPreview:
    known = job.result
    if known is None and job.progress is not None:
        known = job.progress.partial
    return LocationPreview(
        id=str(job.id),
        uri=job.subject or "",
        # Clients poll while the state is "running"; `waiting` shows whether it has started.
        state=job.state if job.ended else RunState.RUNNING,
        summary=None if known is None else msgspec.convert(known, LocationSummary),
        error=job.error,
        waiting=job.waiting,
    )
