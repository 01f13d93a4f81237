"""Routes of jobs: list, show, watch and cancel them, and request maintenance of the library."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from mirrorlake.api.job_feed import JobFeed
from mirrorlake.api.routers.assets import Cursor
from mirrorlake.api.routing import NUMBER_LIMIT, Bound, add_route, json_answer, list_answer
from mirrorlake.model.jobs import Job, JobKind
from mirrorlake.model.runs import RunState
from mirrorlake.services.job_contract import GRACE_HOURS, PAGE_LIMIT

WAIT_LIMIT_S: Final = 60
ALIVE_S: Final = 15.0  # between two keep-alive comments on an idle stream: proxies close silent connections
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
    cursor: Cursor = None,
) -> Response:
    """List jobs, the newest first. The Link header contains the address of the next page."""
    page = library.jobs.page(limit=limit, kind=kind, state=state, datasource=datasource, runs=runs, cursor=cursor)
    return list_answer(request, page)


async def get(
    request: Request,
    library: Bound,
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
        async with feed.watching(job_id, read) as poll:
            job = await feed.newer(poll, job, wait_s)
    return json_answer(job)


async def events(request: Request, library: Bound, job_id: JobId) -> Response:
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
        async with feed.watching(job_id, read) as poll:
            while not known.ended and not feed.closed:
                latest = await feed.newer(poll, known, ALIVE_S)
                yield _event(latest) if latest.version != known.version else b": no news\n\n"
                known = latest

    return StreamingResponse(stream(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


def cancel(library: Bound, job_id: JobId) -> Job:
    """Cancel a job. Committed work is kept. A running job ends a moment later."""
    return library.jobs.cancel(job_id)


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


def check_thumbnails(library: Bound) -> Job:
    """Count missing thumbnails and orphaned files. Returns the queued job."""
    return library.jobs.check_thumbnails()


def make_thumbnails(library: Bound) -> Job:
    """Rebuild missing thumbnails. Returns the queued job."""
    return library.jobs.make_thumbnails()


def clean_thumbnails(
    library: Bound,
    *,
    hours: Annotated[
        int, Query(ge=0, le=87_600, description="Keep files written within the last N hours.")
    ] = GRACE_HOURS,
    acknowledge: Annotated[
        int | None, Query(ge=0, le=NUMBER_LIMIT, description="Number of files to remove; required for many.")
    ] = None,
) -> Job:
    """Remove thumbnails that no asset uses. Returns the queued job."""
    return library.jobs.clean_thumbnails(hours=hours, acknowledge=acknowledge)


def job_routes() -> APIRouter:
    """The routes under /jobs, and /verify and /thumbnails."""
    jobs = APIRouter(prefix="/jobs", tags=["jobs"])
    add_route(jobs, "GET", "", show_all, operation="listJobs", response_model=list[Job])
    jobs.add_api_route("/{job_id:number}", get, methods=["GET"], operation_id="getJob", response_model=Job)
    jobs.add_api_route(
        "/{job_id:number}/events",
        events,
        methods=["GET"],
        operation_id="watchJob",
        response_class=StreamingResponse,
        responses={200: {"description": "Events.", "content": {"text/event-stream": {}}}},
    )
    add_route(jobs, "POST", "/{job_id:number}/cancel", cancel, operation="cancelJob")
    upkeep = APIRouter(tags=["jobs"])
    add_route(upkeep, "POST", "/verify", verify, operation="verify", status=202)
    add_route(upkeep, "POST", "/thumbnails/check", check_thumbnails, operation="checkThumbnails", status=202)
    add_route(upkeep, "POST", "/thumbnails/make", make_thumbnails, operation="makeThumbnails", status=202)
    add_route(upkeep, "POST", "/thumbnails/clean", clean_thumbnails, operation="cleanThumbnails", status=202)
    both = APIRouter()
    both.include_router(jobs)
    both.include_router(upkeep)
    return both


def _event(job: Job) -> bytes:
    name = b"end" if job.ended else b"progress"
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (job.version, name, orjson.dumps(job, option=orjson.OPT_UTC_Z))
