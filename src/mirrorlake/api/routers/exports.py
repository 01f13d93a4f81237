"""Routes of exports: queue them, download their files, and stream assets as Arrow."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from mirrorlake.api.job_feed import TooManyWatchers
from mirrorlake.api.routers.jobs import JobId
from mirrorlake.api.routing import Bound, add_route
from mirrorlake.api.schemas.exports import ExportBody
from mirrorlake.model.access import Permission
from mirrorlake.model.exports import ExportScope
from mirrorlake.model.jobs import Job

ARROW_TYPE: Final = "application/vnd.apache.arrow.stream"
STREAMS: Final = 4  # at once: each holds a connection to the database
FILE_NAME: Final = r"[a-z0-9][a-z0-9.-]{0,60}"
FILE_RESPONSE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"application/octet-stream": {}}, "description": "The bytes of the file."}
}


def file_answer(pieces: Iterator[bytes], name: str) -> Response:
    """The answer with a file of an export; `name` matches FILE_NAME."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return StreamingResponse(pieces, media_type="application/octet-stream", headers=headers)


def start(library: Bound, body: ExportBody) -> Job:
    """Export assets to a bucket, or keep the files for a download within a day. Returns the queued job."""
    return library.exports.start(body.as_options())


def download(
    library: Bound,
    job_id: JobId,
    name: Annotated[str, Path(pattern=f"^{FILE_NAME}$", description="Name of a file, as in the job's result.")],
) -> Response:
    """Download a file of an export, within a day after it ended."""
    return file_answer(library.exports.download(job_id, name), name)


def stream(
    request: Request,
    library: Bound,
    *,
    query: Annotated[str, Query(max_length=8192, description="Only assets that match this query.")] = "",
    project: Annotated[str | None, Query(max_length=200, description="Only assets of this project.")] = None,
    snapshot: Annotated[str | None, Query(max_length=200, description="A snapshot, as PROJECT@NUMBER.")] = None,
    fields: Annotated[str | None, Query(max_length=8192, description="Columns, separated by commas.")] = None,
) -> Response:
    """Stream assets as an Arrow IPC stream. A stream that ends without its end mark is incomplete."""
    slots: threading.BoundedSemaphore = request.app.state.arrow_streams
    columns = None if fields is None else tuple(fields.split(","))
    pieces = library.exports.stream(ExportScope(query=query, project=project, snapshot=snapshot), columns)
    if not slots.acquire(blocking=False):
        raise TooManyWatchers(f"More than {STREAMS} streams are being read.", "Try again when one has ended.")
    weakref.finalize(pieces, slots.release)  # also if the client leaves before the first bytes
    return StreamingResponse(pieces, media_type=ARROW_TYPE, headers={"Cache-Control": "private, no-store"})


def export_routes() -> APIRouter:
    """The routes under /exports, and /assets.arrow."""
    router = APIRouter(tags=["exports"])
    add_route(router, "POST", "/exports", start, operation="exportAssets", needs=Permission.ASSETS_READ, status=202)
    add_route(
        router,
        "GET",
        "/exports/{job_id:number}/files/{name}",
        download,
        operation="downloadExport",
        needs=Permission.ASSETS_READ,
        response_class=Response,
        responses=FILE_RESPONSE,
    )
    add_route(
        router,
        "GET",
        "/assets.arrow",
        stream,
        operation="streamAssets",
        needs=Permission.ASSETS_READ,
        response_class=Response,
        responses={200: {"content": {ARROW_TYPE: {}}, "description": "An Arrow IPC stream."}},
    )
    return router
