"""Routes of jobs: list, show, watch and cancel them, and request maintenance of the library."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from mirrorlake.api.change_events import NEWEST, Changes, changes_between
from mirrorlake.api.job_feed import POLL_S, JobFeed
from mirrorlake.api.routers.assets import Cursor
from mirrorlake.api.routing import NUMBER_LIMIT, Bound, Served, add_route, json_answer, list_answer, policy
from mirrorlake.api.schemas import WrittenTime
from mirrorlake.core.errors import NotFound, PermissionDenied
from mirrorlake.model.access import Permission
from mirrorlake.model.activity import Activity
from mirrorlake.model.jobs import RUN_KINDS, Job, JobKind
from mirrorlake.model.runs import RunState
from mirrorlake.services.job_contract import GRACE_HOURS, PAGE_LIMIT

WAIT_LIMIT_S: Final = 60
ALIVE_S: Final = 15.0  # between two keep-alive comments on an idle stream: proxies close silent connections
OVERLAP_S: Final = 60.0  # changes of a resumed stream that may be repeated: transactions become visible later
STREAM_S: Final = 3600.0  # then the client opens the next stream
CHECK_S: Final = 15.0  # between two checks whether the caller still has access
STREAM_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # nginx would hold events back
JobId = Annotated[int, Path(ge=1, le=NUMBER_LIMIT, description="Number of the job.")]


def show_all(
    request: Request,
    library: Bound,
    *,
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT)] = 100,
    kind: Annotated[JobKind | None, Query(description="Only jobs of this kind.")] = None,
    state: Annotated[RunState | None, Query(description="Only jobs in this state.")] = None,
    datasource: Annotated[str | None, Query(max_length=1024, description="Only jobs of this datasource.")] = None,
    runs: Annotated[bool | None, Query(description="Only jobs that are runs, or only others.")] = None,
    active_since: Annotated[
        WrittenTime | None, Query(description="Only jobs that have not ended, or ended at this time or later.")
    ] = None,
    cursor: Cursor = None,
) -> Response:
    """List jobs, the newest first. The Link header contains the address of the next page."""
    page = library.jobs.page(
        limit=limit,
        kind=kind,
        state=state,
        datasource=datasource,
        runs=runs,
        active_since=active_since,
        cursor=cursor,
    )
    return list_answer(request, page)


async def get(
    request: Request,
    library: Served,
    job_id: JobId,
    *,
    wait_s: Annotated[
        int, Query(ge=0, le=WAIT_LIMIT_S, description="Seconds to wait for a version newer than `since`.")
    ] = 0,
    since: Annotated[int, Query(ge=0, le=NUMBER_LIMIT, description="The last known version of the job.")] = 0,
) -> Response:
    """Get a job with its progress and result. With `wait_s`, wait until it has changed or ended."""
    read = partial(library.jobs.get, job_id)
    job = await run_in_threadpool(read)
    if wait_s and job.version <= since and not job.ended:
        feed: JobFeed = request.app.state.job_feed
        async with feed.watching(library.place, job_id, read) as poll:
            job = await feed.newer(poll, job, wait_s)
    return json_answer(job)


async def events(request: Request, library: Served, job_id: JobId) -> Response:
    """Watch a job as server-sent events: `progress` with every change, and `end` with its result.

    The data of each event is the job, its id the version. Reopen a stream that ends without `end`.
    """
    read = partial(library.jobs.get, job_id)
    job = await run_in_threadpool(read)
    feed: JobFeed = request.app.state.job_feed
    feed.check_room()  # before the answer begins, while it can still be an error

    async def stream() -> AsyncIterator[bytes]:
        known = job
        yield _event(known)
        async with feed.watching(library.place, job_id, read) as poll:
            while not known.ended and not feed.closed and await request.state.still_admitted():
                latest = await feed.newer(poll, known, ALIVE_S)
                yield _event(latest) if latest.version != known.version else b": no news\n\n"
                known = latest

    return StreamingResponse(_ended_with_workspace(stream()), media_type="text/event-stream", headers=STREAM_HEADERS)


async def all_events(
    request: Request,
    library: Served,
    last_event_id: Annotated[str, Header(pattern="^[0-9]{0,13}$", description="Id of the last event received.")] = "",
) -> Response:
    """Watch all jobs as server-sent events: first the jobs that have not ended, then every change of a job.

    The event is `run` for runs and `job` for others, its data the job. After an interruption, send the id of the last
    event in `Last-Event-ID`: no job is missed, and the last minute may be repeated. The stream ends after an hour, or
    when the caller has no access any more; reopen it. Callers with the permission activity:read also get the event
    `change` after changes that are no jobs: `subjects` are kinds of what was changed, `assets` the ids of changed
    assets, and with `more` there may be others.
    """
    feed: JobFeed = request.app.state.job_feed
    begun = time.time()

    def read(since_s: float) -> Sequence[Job]:
        return library.jobs.page(limit=PAGE_LIMIT, active_since=datetime.fromtimestamp(since_s, UTC)).items

    since = begun if not last_event_id else min(begun, int(last_event_id) / 1000) - OVERLAP_S

    def newest() -> Sequence[Activity]:
        return library.activity.page(limit=NEWEST).items

    jobs = await run_in_threadpool(read, since)  # also refuses callers without permission, before the answer begins
    feed.check_room()
    try:
        activity = await run_in_threadpool(newest)
    except PermissionDenied:  # jobs are what this caller may see
        activity = None

    async def stream() -> AsyncIterator[bytes]:
        found, known, sent_at = jobs, dict[int, int](), time.monotonic()
        ends_at, checked_at = sent_at + STREAM_S, sent_at
        seen = {one.id for one in activity or ()}
        yield b": jobs and runs\n\n"
        async with feed.place():
            while not feed.closed and time.monotonic() < ends_at:
                event_id = int(time.time() * 1000)
                news = [_named_event(job, event_id) for job in reversed(found) if known.get(job.id) != job.version]
                known = {job.id: job.version for job in found}
                if activity is not None:
                    latest = await feed.newest_activity(library.place, newest)
                    changes = changes_between(seen, latest)
                    news += [] if changes is None else [_change_event(changes, event_id)]
                    seen = {one.id for one in latest}
                if not news and time.monotonic() - sent_at >= ALIVE_S:
                    news = [b": no news\n\n"]
                for event in news:
                    sent_at = time.monotonic()
                    yield event
                await asyncio.sleep(POLL_S)
                if time.monotonic() - checked_at >= CHECK_S:
                    checked_at = time.monotonic()
                    if not await request.state.still_admitted():
                        return
                found = await feed.recent(library.place, lambda: read(time.time() - OVERLAP_S))

    return StreamingResponse(_ended_with_workspace(stream()), media_type="text/event-stream", headers=STREAM_HEADERS)


async def _ended_with_workspace(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The stream, which ends where its workspace is deleted: who opens it again learns why."""
    with suppress(NotFound):
        async for event in stream:
            yield event


def cancel(library: Bound, job_id: JobId) -> Job:
    """Cancel a job. Committed work is kept. A running job ends a moment later."""
    return library.jobs.cancel(job_id)


def undo(library: Bound, job_id: JobId) -> Job:
    """Undo a bulk edit: bring back what nobody has changed since. Returns the queued job."""
    return library.jobs.undo(job_id)


def verify(
    library: Bound,
    *,
    datasource: Annotated[
        str | None, Query(max_length=1024, description="Only this datasource; all if omitted.")
    ] = None,
    sample: Annotated[
        int | None, Query(ge=1, le=100_000, description="Number of random objects of each datasource; all if omitted.")
    ] = None,
    content: Annotated[
        bool, Query(description="Also read the objects and compare their bytes with the stored digests.")
    ] = False,
) -> Job:
    """Check the catalog against the source buckets. Returns the queued job."""
    return library.jobs.verify(datasource, sample=sample, content=content)


Whole = Annotated[
    bool, Query(description="Read all of each pack, also in a bucket, where only indexes are read otherwise.")
]


def check_thumbnails(library: Bound, *, whole: Whole = False) -> Job:
    """Count missing thumbnails and orphaned thumbnails. Returns the queued job."""
    return library.jobs.check_thumbnails(whole=whole)


def make_thumbnails(library: Bound, *, whole: Whole = False) -> Job:
    """Rebuild missing thumbnails. Returns the queued job."""
    return library.jobs.make_thumbnails(whole=whole)


def clean_thumbnails(
    library: Bound,
    *,
    hours: Annotated[
        int, Query(ge=0, le=87_600, description="Keep thumbnails written within the last N hours.")
    ] = GRACE_HOURS,
    acknowledge: Annotated[
        int | None, Query(ge=0, le=NUMBER_LIMIT, description="Number of thumbnails to remove; required for many.")
    ] = None,
) -> Job:
    """Remove thumbnails that no asset uses. Returns the queued job."""
    return library.jobs.clean_thumbnails(hours=hours, acknowledge=acknowledge)


def job_routes() -> APIRouter:
    """The routes under /jobs, and /verify and /thumbnails."""
    jobs = APIRouter(prefix="/jobs", tags=["jobs"])
    add_route(jobs, "GET", "", show_all, operation="listJobs", needs=Permission.JOBS_READ, response_model=list[Job])
    jobs.add_api_route(
        "/events",
        all_events,
        methods=["GET"],
        operation_id="watchJobs",
        response_class=StreamingResponse,
        responses={200: {"description": "Events.", "content": {"text/event-stream": {}}}},
        **policy(Permission.JOBS_READ),
    )
    jobs.add_api_route(
        "/{job_id:number}",
        get,
        methods=["GET"],
        operation_id="getJob",
        response_model=Job,
        **policy(Permission.JOBS_READ),
    )
    jobs.add_api_route(
        "/{job_id:number}/events",
        events,
        methods=["GET"],
        operation_id="watchJob",
        response_class=StreamingResponse,
        responses={200: {"description": "Events.", "content": {"text/event-stream": {}}}},
        **policy(Permission.JOBS_READ),
    )
    add_route(jobs, "POST", "/{job_id:number}/cancel", cancel, operation="cancelJob", needs=Permission.JOBS_CONTROL)
    add_route(
        jobs, "POST", "/{job_id:number}/undo", undo, operation="undoJob", needs=Permission.ASSETS_EDIT, status=202
    )
    upkeep, maintain = APIRouter(tags=["jobs"]), Permission.LIBRARY_MAINTAIN
    add_route(upkeep, "POST", "/verify", verify, operation="verify", needs=maintain, status=202)
    add_route(
        upkeep, "POST", "/thumbnails/check", check_thumbnails, operation="checkThumbnails", needs=maintain, status=202
    )
    add_route(
        upkeep, "POST", "/thumbnails/make", make_thumbnails, operation="makeThumbnails", needs=maintain, status=202
    )
    add_route(
        upkeep, "POST", "/thumbnails/clean", clean_thumbnails, operation="cleanThumbnails", needs=maintain, status=202
    )
    both = APIRouter()
    both.include_router(jobs)
    both.include_router(upkeep)
    return both


def _named_event(job: Job, event_id: int) -> bytes:
    name = b"run" if job.kind in RUN_KINDS else b"job"
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event_id, name, orjson.dumps(job, option=orjson.OPT_UTC_Z))


def _change_event(changes: Changes, event_id: int) -> bytes:
    return b"id: %d\nevent: change\ndata: %s\n\n" % (event_id, orjson.dumps(changes))


def _event(job: Job) -> bytes:
    name = b"end" if job.ended else b"progress"
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (job.version, name, orjson.dumps(job, option=orjson.OPT_UTC_Z))
