"""Routes of ontologies, of the annotations of assets, and of their numbers by class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from anyio import from_thread
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from mirrorlake.api.bodies import UPLOAD_TYPE, check_upload, is_upload
from mirrorlake.api.problems import RequestRefused, problem, problem_response
from mirrorlake.api.routers.assets import AssetId
from mirrorlake.api.routers.exports import FILE_NAME, FILE_RESPONSE, file_answer
from mirrorlake.api.routers.jobs import JobId
from mirrorlake.api.routing import Bound, add_route, json_answer, policy
from mirrorlake.api.schemas.labels import VERSION_LIMIT, AnnotationsBody, LabelExportBody, LabelImportBody, OntologyBody
from mirrorlake.labels.ontology import NAME_LIMIT
from mirrorlake.model.access import Permission
from mirrorlake.model.jobs import Job
from mirrorlake.model.labels import Annotation, ClassCount, LabelStatistics, LabelUpload, Ontology

OntologyName = Annotated[str, Path(max_length=4 * NAME_LIMIT, description="Name of the ontology.")]


def show_all(library: Bound) -> Sequence[Ontology]:
    """List all ontologies with their classes."""
    return library.ontologies.list()


def get(
    library: Bound,
    name: OntologyName,
    version: Annotated[
        int | None, Query(ge=1, le=VERSION_LIMIT, description="An earlier version; the latest if omitted.")
    ] = None,
) -> Ontology:
    """Get an ontology."""
    return library.ontologies.get(name, version=version)


def save(library: Bound, name: OntologyName, body: OntologyBody) -> Ontology:
    """Create an ontology, or replace its classes. A class with annotations can neither be left out nor reshaped."""
    return library.ontologies.save(name, body.as_classes(), version=body.version)


def delete(library: Bound, name: OntologyName) -> Response:
    """Delete an ontology without annotations."""
    library.ontologies.delete(name)
    return Response(status_code=204)


def list_annotations(library: Bound, asset_id: AssetId) -> Sequence[Annotation]:
    """List the annotations of an asset."""
    return library.labels.of_asset(asset_id)


def replace(library: Bound, asset_id: AssetId, body: AnnotationsBody) -> Sequence[Annotation]:
    """Replace the annotations of an asset in one ontology. Equal ones keep who made them. Returns all annotations."""
    return library.labels.replace(asset_id, body.ontology, body.as_annotations())


def stats(
    library: Bound,
    query: Annotated[
        str, Query(max_length=8192, description="Query in the search language; empty matches everything.")
    ] = "",
) -> Sequence[ClassCount]:
    """Count the annotations of the matching assets by class."""
    return library.labels.stats(query)


def statistics(
    library: Bound,
    query: Annotated[
        str, Query(max_length=8192, description="Query in the search language; empty matches everything.")
    ] = "",
) -> LabelStatistics:
    """Count the annotations of the matching assets by class, size and place."""
    return library.labels.statistics(query)


async def upload(request: Request, library: Bound) -> Response:
    """Upload label files, as one file or a zip file, for an import within a day."""
    if not is_upload(request.scope):
        detail, fix = "The body is not declared as bytes.", f"Send it with the header `Content-Type: {UPLOAD_TYPE}`."
        return problem_response(problem("unsupported-media-type", "Unsupported media type", 415, detail, fix))
    pieces = request.stream()
    size = 0

    async def next_piece() -> bytes:
        nonlocal size
        piece = await anext(pieces, b"")
        size += len(piece)
        check_upload(size)
        return piece

    def read() -> Iterator[bytes]:
        while piece := from_thread.run(next_piece):
            yield piece

    try:
        made = await run_in_threadpool(lambda: library.labels.upload(read()))
    except RequestRefused as refusal:
        return problem_response(refusal.problem)
    except ClientDisconnect:
        return Response(status_code=400)  # that nobody receives
    except TimeoutError:
        detail = "The upload paused for too long."
        return problem_response(problem("timeout", "Request Timeout", 408, detail))
    return json_answer(made, status=201)


def start_import(library: Bound, body: LabelImportBody) -> Job:
    """Import labels from an upload or a bucket, or preview that. Returns the queued job."""
    return library.labels.start_import(body.as_options())


def start_export(library: Bound, body: LabelExportBody) -> Job:
    """Export labels to a bucket, or keep the file for a download within a day. Returns the queued job."""
    return library.labels.start_export(body.as_options())


def download_export(
    library: Bound,
    job_id: JobId,
    name: Annotated[str, Path(pattern=f"^{FILE_NAME}$", description="Name of the file, as in the job's result.")],
) -> Response:
    """Download the file of an export of labels, within a day after it ended."""
    return file_answer(library.labels.download_export(job_id, name), name)


def label_routes() -> APIRouter:
    """The routes under /ontologies, /assets/ID/annotations and /labels."""
    read, edit = Permission.LABELS_READ, Permission.LABELS_EDIT
    router = APIRouter(tags=["labels"])
    add_route(router, "GET", "/ontologies", show_all, operation="listOntologies", needs=read)
    add_route(router, "GET", "/ontologies/{name}", get, operation="getOntology", needs=read)
    add_route(router, "PUT", "/ontologies/{name}", save, operation="saveOntology", needs=edit)
    add_route(
        router,
        "DELETE",
        "/ontologies/{name}",
        delete,
        operation="deleteOntology",
        needs=edit,
        status=204,
        response_class=Response,
    )
    add_route(router, "GET", "/assets/{asset_id}/annotations", list_annotations, operation="getAnnotations", needs=read)
    add_route(router, "PUT", "/assets/{asset_id}/annotations", replace, operation="replaceAnnotations", needs=edit)
    router.add_api_route(
        "/labels/uploads",
        upload,
        methods=["POST"],
        operation_id="uploadLabels",
        response_model=LabelUpload,
        status_code=201,
        **policy(
            edit,
            {"requestBody": {"required": True, "content": {UPLOAD_TYPE: {"schema": {"format": "binary"}}}}},
        ),
    )
    add_route(router, "POST", "/labels/imports", start_import, operation="importLabels", needs=edit, status=202)
    add_route(router, "POST", "/labels/exports", start_export, operation="exportLabels", needs=read, status=202)
    add_route(
        router,
        "GET",
        "/labels/exports/{job_id:number}/files/{name}",
        download_export,
        operation="downloadLabelExport",
        needs=read,
        response_class=Response,
        responses=FILE_RESPONSE,
    )
    add_route(router, "GET", "/labels/stats", stats, operation="countLabels", needs=read)
    add_route(router, "GET", "/labels/statistics", statistics, operation="getLabelStatistics", needs=read)
    return router
