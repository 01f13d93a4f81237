"""Errors as RFC 9457 problem documents: what failed, where, and what to do; never internal details."""

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
from mirrorlake.api.routing import allowed_methods, body_fields, original_path, unknown_name
from mirrorlake.core.errors import (
    AccessDenied,
    AnswerNotKept,
    CatalogUnavailable,
    Conflict,
    CoolingDown,
    KeyReused,
    MirrorlakeError,
    NoPreview,
    NotFound,
    ObjectChanged,
    ObjectGone,
    PassRunning,
    PatternError,
    PermissionDenied,
    PointedError,
    QueryError,
    SettingsError,
    SignInRefused,
    SourceUnreachable,
    StaleVersion,
    StorageError,
    TooBusy,
    TooManyAttempts,
    UsageError,
)
from mirrorlake.core.text import count_noun
from mirrorlake.model.access import ActorKind, Context
from mirrorlake.services.contract import ServedLibrary
from mirrorlake.services.entrance import Entrance

MEDIA_TYPE: Final = "application/problem+json"
_log = logging.getLogger(__name__)


class InvalidField(BaseModel):
    """One invalid part of a request."""

    where: Annotated[str, Field(description="Path to the value, such as query.limit.")]
    message: str


class Problem(BaseModel):
    """An RFC 9457 problem document. Members that do not apply are omitted."""

    type: Annotated[str, Field(description="Stable name of the problem type.")]
    title: str
    status: int
    detail: Annotated[str, Field(description="What failed, in one sentence.")]
    fix: Annotated[str | None, Field(description="How to resolve it.")] = None
    text: Annotated[str | None, Field(description="The text that could not be parsed.")] = None
    position: Annotated[int | None, Field(description="Position of the error in `text`, in characters from 0.")] = None
    minutes: Annotated[int | None, Field(description="Minutes until the request can be repeated.")] = None
    permission: Annotated[str | None, Field(description="The permission that the caller lacks.")] = None
    seconds: Annotated[int | None, Field(description="Seconds until the request can be repeated.")] = None
    field: Annotated[str | None, Field(description="Name of the setting or secret that is wrong.")] = None
    errors: list[InvalidField] | None = None


# Status, name and title; a kind that is missing here uses the row of its nearest parent.
_KINDS: Final[Mapping[type, tuple[int, str, str]]] = {
    QueryError: (400, "query-error", "Invalid query"),
    PatternError: (400, "pattern-error", "Invalid pattern"),
    SettingsError: (400, "settings-error", "Invalid setting"),
    UsageError: (400, "usage-error", "Invalid request"),
    NotFound: (404, "not-found", "Not found"),
    PermissionDenied: (403, "permission-denied", "Permission denied"),
    NoPreview: (404, "no-preview", "No preview can be made"),
    TooBusy: (503, "too-busy", "Too many waiting requests"),
    SignInRefused: (401, "sign-in-refused", "Sign-in refused"),
    TooManyAttempts: (429, "too-many-attempts", "Too many attempts"),
    Conflict: (409, "conflict", "Conflict with the current state"),
    StaleVersion: (412, "stale-version", "Changed since it was read"),
    KeyReused: (409, "idempotency-key-reused", "Idempotency-Key used for another request"),
    AnswerNotKept: (409, "answer-not-kept", "Answer not kept"),
    PassRunning: (409, "pass-running", "Another run is in progress"),
    CoolingDown: (409, "cooling-down", "Cooldown in progress"),
    ObjectGone: (404, "object-gone", "Object no longer in the bucket"),
    ObjectChanged: (409, "object-changed", "Object changed in the bucket"),
    AccessDenied: (502, "access-denied", "Access to the bucket denied"),
    SourceUnreachable: (502, "source-unreachable", "Bucket unreachable"),
    StorageError: (502, "storage-error", "Request to the bucket failed"),
    TooManyWatchers: (503, "too-many-watchers", "Too many waiting requests"),
    CatalogUnavailable: (503, "catalog-unavailable", "Database unavailable"),
    MirrorlakeError: (500, "error", "Error"),
}


class RequestRefused(Exception):
    """A request that is refused before its route sees it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def problem_response(problem: Problem) -> Response:
    """The HTTP response for `problem`."""
    headers = {"Cache-Control": "no-store"}
    if problem.status == http.HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="mirrorlake"'
    if problem.seconds is not None:
        headers["Retry-After"] = str(problem.seconds)
    body = problem.model_dump_json(exclude_none=True)
    return Response(body, status_code=problem.status, media_type=MEDIA_TYPE, headers=headers)


def problem(name: str, title: str, status: int, detail: str, fix: str | None = None) -> Problem:
    """A problem document of the type `name`."""
    return Problem(type=f"urn:mirrorlake:{name}", title=title, status=status, detail=detail, fix=fix)


def problem_of(error: MirrorlakeError) -> Problem:
    """The problem document for `error`."""
    status, name, title = next(_KINDS[kind] for kind in type(error).__mro__ if kind in _KINDS)
    found = problem(name, title, status, error.message, error.fix or None)
    if isinstance(error, PointedError):
        return found.model_copy(update={"text": error.text, "position": error.position})
    if isinstance(error, SettingsError):
        return found.model_copy(update={"field": error.field})
    if isinstance(error, PermissionDenied):
        return found.model_copy(update={"permission": error.permission})
    if isinstance(error, TooManyAttempts):
        return found.model_copy(update={"seconds": error.seconds})
    if isinstance(error, CoolingDown):
        return found.model_copy(update={"minutes": error.minutes})
    return found


def _on_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, MirrorlakeError):  # registered for MirrorlakeError alone
        raise TypeError from error
    if isinstance(error, PermissionDenied):
        _record_refusal(request, error)
    return problem_response(problem_of(error))


def _record_refusal(request: Request, error: PermissionDenied) -> None:
    """Record who was refused what, unless too much is recorded already."""
    entrance: Entrance | None = request.app.state.entrance
    caller: Context | None = getattr(request.state, "caller", None)
    if entrance is None or caller is None or caller.actor.kind is ActorKind.WEBHOOK:
        return  # anyone can send a wrong signature
    more = entrance.admission.count_refusal(caller)
    if more is not None:
        library: ServedLibrary = request.app.state.library_for(caller)
        library.record_refusal(
            error.permission or "unknown", method=request.method, path=original_path(request), more=more
        )


_KNOWN_PATHS: Final = (
    "See /api/v1/openapi.json for the known ones; monitoring has /api/v1/health, /api/v1/ready and /api/v1/metrics."
)


def unexpected(error: Exception) -> Response:
    """The response to an unexpected error."""
    # The exception goes to the server's log; the response must not contain paths, statements or values.
    _log.error("Unexpected error in a request.", exc_info=error)
    detail = "Unexpected error. See the server's log for details."
    return problem_response(problem("internal", "Internal error", 500, detail))


def _on_http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):  # registered for HTTPException alone
        raise TypeError from error
    allowed = allowed_methods(request)
    if error.status_code in {http.HTTPStatus.NOT_FOUND, http.HTTPStatus.METHOD_NOT_ALLOWED}:
        # The framework chooses one route; the pages match every path.
        wrong_method = allowed and request.method not in allowed
        error = HTTPException(http.HTTPStatus.METHOD_NOT_ALLOWED if wrong_method else http.HTTPStatus.NOT_FOUND)
    title, path = http.HTTPStatus(error.status_code).phrase, original_path(request)
    if error.status_code == http.HTTPStatus.NOT_FOUND:
        detail, fix = f"Unknown path {path}.", _KNOWN_PATHS
    else:
        detail = f"{title}: {request.method} {path}."
        fix = f"Allowed methods: {', '.join(allowed)}." if allowed else None
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
    found = problem("invalid-request", "Invalid request", 422, detail)
    return problem_response(found.model_copy(update={"errors": fields}))


def _message(request: Request, item: Mapping[str, Any]) -> str:
    if item["type"] == "extra_forbidden":
        return unknown_name(str(item["loc"][-1]), body_fields(request))
    limits: Mapping[str, Any] = item.get("ctx", {})
    if item["type"] == "too_short":
        return f"Expected {count_noun(limits['min_length'], 'item')} or more."
    if item["type"] == "too_long":
        return f"Expected {count_noun(limits['max_length'], 'item')} or fewer."
    return str(item["msg"])


def install(app: FastAPI) -> None:
    """Install the handlers that turn the errors of `app` into problem documents, except unexpected ones."""
    app.add_exception_handler(MirrorlakeError, _on_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
