"""Routes of uploads: send files as a form, and see what became of each."""

from __future__ import annotations

from typing import Annotated, Any, BinaryIO, Final, cast

import orjson
from fastapi import APIRouter, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from mirrorlake.api.bodies import FORM_TYPE, is_form
from mirrorlake.api.problems import RequestRefused, problem, problem_response
from mirrorlake.api.routing import Bound, add_route, json_answer, policy
from mirrorlake.api.schemas.assets import EDIT_LIMIT
from mirrorlake.core.errors import UsageError
from mirrorlake.model.access import Permission
from mirrorlake.model.assets import Scalar
from mirrorlake.model.edits import Edit
from mirrorlake.model.splits import Split, parse_split
from mirrorlake.model.uploads import MAX_FILES, Upload, UploadOptions

FIELD_BYTES: Final = 256 * 1024  # of one field, such as the metadata: as much as a sidecar may have
FIELDS: Final = frozenset({"name", "metadata", "tags", "project", "split", "datasource", "file"})
_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {"type": "array", "items": {"type": "string", "format": "binary"}, "maxItems": MAX_FILES},
        "name": {"type": "string", "description": "Name of the only file; otherwise each has its own."},
        "metadata": {"type": "string", "description": 'JSON object of keys and values: {"camera":"c1","score":72.5}.'},
        "tags": {"type": "array", "items": {"type": "string"}},
        "project": {"type": "array", "items": {"type": "string"}},
        "split": {"enum": [split.value for split in Split], "description": "Split of the assets in these projects."},
        "datasource": {"type": "string", "description": "A datasource whose connection may write; the library's own."},
    },
}


async def upload(request: Request, library: Bound) -> Response:
    """Upload files as new assets, with metadata, tags and projects. Returns each upload, which waits for its import."""
    if not is_form(request.scope):
        detail, fix = "The body is not a form with files.", f"Send it as `{FORM_TYPE}`."
        return problem_response(problem("unsupported-media-type", "Unsupported media type", 415, detail, fix))
    try:
        async with request.form(max_files=MAX_FILES, max_fields=2 * EDIT_LIMIT, max_part_size=FIELD_BYTES) as form:
            files, options = _read(form)
            made = await run_in_threadpool(lambda: library.assets.upload_files(files, options))
    except RequestRefused as refusal:
        return problem_response(refusal.problem)
    except ClientDisconnect:
        return Response(status_code=400)  # that nobody receives
    except TimeoutError:
        detail = "The upload paused for too long."
        return problem_response(problem("timeout", "Request Timeout", 408, detail))
    except HTTPException as error:
        return problem_response(problem("invalid-request", "Invalid request", 422, f"Invalid form: {error.detail}"))
    return json_answer(made, status=202)


def get(library: Bound, upload_id: Annotated[str, Path(max_length=64, description="Id of the upload.")]) -> Upload:
    """Get what became of an uploaded file."""
    return library.assets.get_upload(upload_id)


def _read(form: FormData) -> tuple[list[tuple[str, BinaryIO]], UploadOptions]:
    """The files of a form and what is done with them. Raises UsageError."""
    unknown = sorted(set(form.keys()) - FIELDS)
    if unknown:
        raise UsageError(f"The form has an unknown field: {unknown[0]!r}.", f"Fields are {', '.join(sorted(FIELDS))}.")
    files = [one for one in form.getlist("file") if isinstance(one, UploadFile)]
    names = _texts(form, "name")
    if names and (len(files) != 1 or len(names) != 1):
        raise UsageError("`name` names the only file of a form.", "Send several files without it.")
    datasource, split = _text(form, "datasource"), _text(form, "split")
    edit = Edit(
        metadata=_metadata(_texts(form, "metadata")),
        add_tags=tuple(_texts(form, "tags")),
        add_projects=tuple(_texts(form, "project")),
    )
    options = UploadOptions(datasource=datasource, edit=edit, split=None if split is None else parse_split(split))
    named = [(names[0] if names else one.filename or "", one.file) for one in files]
    return named, options


def _text(form: FormData, name: str) -> str | None:
    texts = _texts(form, name)
    if len(texts) > 1:
        raise UsageError(f"A form has one field {name!r}.", "Send it once.")
    return texts[0] if texts else None


def _texts(form: FormData, name: str) -> list[str]:
    found = form.getlist(name)
    texts = [one for one in found if isinstance(one, str)]
    if len(texts) < len(found):
        raise UsageError(f"The field {name!r} is a file.", "Send it as text.")
    if any("\0" in text for text in texts):
        raise UsageError(f"The field {name!r} contains a NUL character.", "Remove it.")
    return texts


def _metadata(texts: list[str]) -> dict[str, Scalar]:
    if not texts:
        return {}
    try:
        (text,) = texts
        found: object = orjson.loads(text)
    except ValueError as error:
        raise UsageError(f"The field 'metadata' is not one JSON object: {error}.", 'Send {"key": value}.') from error
    if not isinstance(found, dict):
        raise UsageError("The field 'metadata' is not a JSON object.", 'Send {"key": value}.')
    values: dict[str, Scalar] = {}
    for key, value in cast("dict[str, object]", found).items():
        if not isinstance(value, str | int | float | bool):
            raise UsageError(f"The value of {key!r} is not a string, number or boolean.", "Use one of these.")
        values[key] = value
    if len(values) > EDIT_LIMIT:
        raise UsageError(f"The metadata has more than {EDIT_LIMIT:,} keys.", "Send fewer.")
    return values


def upload_routes() -> APIRouter:
    """The routes under /uploads."""
    router = APIRouter(prefix="/uploads", tags=["assets"])
    router.add_api_route(
        "",
        upload,
        methods=["POST"],
        operation_id="uploadFiles",
        response_model=list[Upload],
        status_code=202,
        **policy(
            Permission.ASSETS_EDIT, {"requestBody": {"required": True, "content": {FORM_TYPE: {"schema": _SCHEMA}}}}
        ),
    )
    add_route(router, "GET", "/{upload_id}", get, operation="getUpload", needs=Permission.ASSETS_READ)
    return router
