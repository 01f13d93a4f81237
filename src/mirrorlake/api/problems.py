"""Errors as RFC 9457 problem documents: what was wrong, where, and what to do, never an inner secret."""

from __future__ import annotations

import http
import logging
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from mirrorlake.api.job_feed import TooManyWatchers
from mirrorlake.api.routing import allowed_methods, body_fields, unknown_name
from mirrorlake.core.errors import (
    AccessDenied,
    CatalogUnavailable,
    Conflict,
    CoolingDown,
    MirrorlakeError,
    NotFound,
    ObjectChanged,
    ObjectGone,
    PassRunning,
    PatternError,
    PermissionDenied,
    PointedError,
    QueryError,
    SettingsError,
    SourceUnreachable,
    StorageError,
    UsageError,
)

MEDIA_TYPE: Final = "application/problem+json"
_log = logging.getLogger(__name__)


class InvalidField(BaseModel):
    """One part of a request that cannot be used."""

    where: Annotated[str, Field(description="Path to the value, such as query.limit.")]
    message: str


class Problem(BaseModel):
    """An RFC 9457 problem document. Members that do not apply are left out."""

    type: Annotated[str, Field(description="Stable name of the kind of problem.")]
    title: str
    status: int
    detail: Annotated[str, Field(description="What was wrong, in one sentence.")]
    fix: Annotated[str | None, Field(description="What to do about it.")] = None
    text: Annotated[str | None, Field(description="The text that could not be read.")] = None
    position: Annotated[int | None, Field(description="Where in `text`, in characters from 0.")] = None
    minutes: Annotated[int | None, Field(description="Until it may be asked again.")] = None
    errors: list[InvalidField] | None = None


# Status, name and title; a kind that is missing here answers as its nearest parent.
_KINDS: Final[Mapping[type, tuple[int, str, str]]] = {
    QueryError: (400, "query-error", "The query cannot be read"),
    PatternError: (400, "pattern-error", "The pattern cannot be read"),
    SettingsError: (400, "settings-error", "A setting cannot be used"),
    UsageError: (400, "usage-error", "The request cannot be used"),
    NotFound: (404, "not-found", "Not found"),
    PermissionDenied: (403, "permission-denied", "Permission denied"),
    Conflict: (409, "conflict", "It does not fit how things stand"),
    PassRunning: (409, "pass-running", "Another pass is running"),
    CoolingDown: (409, "cooling-down", "Mirrored a moment ago"),
    ObjectGone: (404, "object-gone", "The object is gone from its bucket"),
    ObjectChanged: (409, "object-changed", "The object has changed in its bucket"),
    AccessDenied: (502, "access-denied", "The bucket refused us"),
    SourceUnreachable: (502, "source-unreachable", "The bucket did not answer"),
    StorageError: (502, "storage-error", "The bucket did not do what was asked"),
    TooManyWatchers: (503, "too-many-watchers", "Too many requests wait for news"),
    CatalogUnavailable: (503, "catalog-unavailable", "The database is not available"),
    MirrorlakeError: (500, "error", "Something went wrong"),
}


class NotSignedIn(Exception):
    """A request without a session or key."""


class Refused(Exception):
    """A request that a browser sent for another site, or under a name that is not ours."""


def problem_response(problem: Problem) -> Response:
    """The answer that carries `problem`."""
    headers = {"Cache-Control": "no-store"}
    if problem.status == http.HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="mirrorlake"'
    body = problem.model_dump_json(exclude_none=True)
    return Response(body, status_code=problem.status, media_type=MEDIA_TYPE, headers=headers)


def problem(name: str, title: str, status: int, detail: str, fix: str | None = None) -> Problem:
    """A problem of the kind `name`."""
    return Problem(type=f"urn:mirrorlake:{name}", title=title, status=status, detail=detail, fix=fix)


def problem_of(error: MirrorlakeError) -> Problem:
    """The problem document that tells what `error` tells."""
    status, name, title = next(_KINDS[kind] for kind in type(error).__mro__ if kind in _KINDS)
    found = problem(name, title, status, error.message, error.fix or None)
    if isinstance(error, PointedError):
        return found.model_copy(update={"text": error.text, "position": error.position})
    if isinstance(error, CoolingDown):
        return found.model_copy(update={"minutes": error.minutes})
    return found


def _on_error(_request: Request, error: Exception) -> Response:
    if isinstance(error, MirrorlakeError):
        return problem_response(problem_of(error))
    if isinstance(error, NotSignedIn):
        detail = "This request carries no session and no access token that this server knows."
        fix = "Open the address that `mirrorlake up` printed, or send `Authorization: Bearer TOKEN`."
        return problem_response(problem("not-signed-in", "Not signed in", 401, detail, fix))
    if isinstance(error, Refused):
        fix = "Open mirrorlake by its own address."
        return problem_response(problem("refused", "Refused", 403, str(error), fix))
    raise TypeError from error  # registered for these three alone


def unexpected(error: Exception) -> Response:
    """The answer to what nobody foresaw."""
    # The exception goes to the server's log; the answer must not carry paths, statements or values.
    _log.error("A request failed unexpectedly.", exc_info=error)
    detail = "The server failed unexpectedly; its log holds the details."
    return problem_response(problem("internal", "Internal error", 500, detail))


def _on_http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):  # registered for HTTPException alone
        raise TypeError from error
    allowed = allowed_methods(request)
    if error.status_code == http.HTTPStatus.METHOD_NOT_ALLOWED and not allowed:  # only the pages would answer there
        error = HTTPException(http.HTTPStatus.NOT_FOUND)
    title = http.HTTPStatus(error.status_code).phrase
    if error.status_code == http.HTTPStatus.NOT_FOUND:
        detail, fix = f"Nothing is served at {request.url.path}.", "See /api/v1/openapi.json for what is."
    else:
        detail, fix = f"{title}: {request.method} {request.url.path}.", None
    response = problem_response(problem(title.lower().replace(" ", "-"), title, error.status_code, detail, fix))
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    if error.status_code == http.HTTPStatus.METHOD_NOT_ALLOWED:
        response.headers["Allow"] = ", ".join(allowed)
    return response


def _on_invalid(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):  # registered for RequestValidationError alone
        raise TypeError from error
    fields = [
        InvalidField(where=".".join(str(part) for part in item["loc"]), message=_message(request, item))
        for item in error.errors()
    ]
    detail = "; ".join(f"{field.where}: {field.message}" for field in fields)
    found = problem("invalid-request", "The request cannot be used", 422, detail)
    return problem_response(found.model_copy(update={"errors": fields}))


def _message(request: Request, item: Mapping[str, Any]) -> str:
    if item["type"] == "extra_forbidden":
        return unknown_name(str(item["loc"][-1]), body_fields(request))
    return str(item["msg"])


def install(app: FastAPI) -> None:
    """Make the errors of `app` answer as problem documents; `unexpected` is for the ones nobody foresaw."""
    for kind in (MirrorlakeError, NotSignedIn, Refused):
        app.add_exception_handler(kind, _on_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
