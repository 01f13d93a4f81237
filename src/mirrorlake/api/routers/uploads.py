"""Routes of uploads: send files as a form, and see what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, BinaryIO, Final, cast

import orjson
from fastapi import APIRouter, Path, Query, Request, Response
from starlette.datastructures import FormData, UploadFile

from mirrorlake.api.bodies import FORM_TYPE
from mirrorlake.api.forms import all_texts, answer_form, check_names, one_text
from mirrorlake.api.routing import Bound, add_route, json_answer, policy
from mirrorlake.api.schemas.assets import EDIT_LIMIT
from mirrorlake.core.errors import UsageError
from mirrorlake.model.access import Permission
from mirrorlake.model.assets import Scalar
from mirrorlake.model.edits import Edit
from mirrorlake.model.splits import Split, parse_split
from mirrorlake.model.uploads import MAX_FILES, Upload, UploadOptions
from mirrorlake.services.contract import PAGE_LIMIT

FIELD_BYTES: Final = 256 * 1024  # of one field, such as the metadata: as much as a sidecar may have
FIELDS: Final = frozenset({"name", "metadata", "tags", "project", "split", "datasource", "file"})
_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["file"],
    "additionalProperties": False,
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

    def answer(form: FormData) -> Response:
        files, options = _read(form)
        return json_answer(library.assets.upload_files(files, options), status=202)

    return await answer_form(request, answer, files=MAX_FILES, fields=2 * EDIT_LIMIT, field_bytes=FIELD_BYTES)


def show_waiting(
    library: Bound,
    *,
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT)] = 100,
) -> Sequence[Upload]:
    """List uploaded files that wait for their import, those that have waited longest first."""
    return library.assets.waiting_uploads(limit=limit)


def get(library: Bound, upload_id: Annotated[str, Path(max_length=64, description="Id of the upload.")]) -> Upload:
    """Get what became of an uploaded file."""
    return library.assets.get_upload(upload_id)


def _read(form: FormData) -> tuple[list[tuple[str, BinaryIO]], UploadOptions]:
    """The files of a form and what is done with them. Raises UsageError."""
    check_names(form, FIELDS)
    files = [one for one in form.getlist("file") if isinstance(one, UploadFile)]
    names = all_texts(form, "name")
    if names and (len(files) != 1 or len(names) != 1):
        raise UsageError("`name` names the only file of a form.", "Send several files without it.")
    datasource, split = one_text(form, "datasource"), one_text(form, "split")
    edit = Edit(
        metadata=_metadata(all_texts(form, "metadata")),
        add_tags=tuple(all_texts(form, "tags")),
        add_projects=tuple(all_texts(form, "project")),
    )
    options = UploadOptions(datasource=datasource, edit=edit, split=None if split is None else parse_split(split))
    named = [(names[0] if names else one.filename or "", one.file) for one in files]
    return named, options


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
    add_route(
        router,
        "GET",
        "",
        show_waiting,
        operation="listWaitingUploads",
        needs=Permission.ASSETS_READ,
        response_model=list[Upload],
    )
    add_route(router, "GET", "/{upload_id}", get, operation="getUpload", needs=Permission.ASSETS_READ)
    return router
