"""Routes of own functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from mirrorlake.api.routers.assets import AssetId
from mirrorlake.api.routing import Bound, add_route
from mirrorlake.api.schemas.functions import CallBody, NewFunctionBody
from mirrorlake.model.access import Permission
from mirrorlake.model.functions import Function, FunctionFailure
from mirrorlake.model.jobs import Job

Name = Annotated[str, Path(min_length=1, max_length=63, description="Name of the function.")]


def show_all(library: Bound) -> Sequence[Function]:
    """List all functions with the numbers of their calls, without secrets and code."""
    return library.functions.list()


def add(library: Bound, function: NewFunctionBody) -> Function:
    """Add a webhook as a function. Its secret is in this response only."""
    return library.functions.add(function.as_function())


def get(library: Bound, name: Name) -> Function:
    """Get a function, without its secret and code."""
    return library.functions.get(name)


def failures(
    library: Bound,
    name: Name,
    *,
    limit: Annotated[int, Query(ge=1, le=1000, description="Number of failures.")] = 100,
    after: Annotated[
        str | None, Query(max_length=20, description="Id of the asset of the last failure before these.")
    ] = None,
) -> Sequence[FunctionFailure]:
    """List the calls of a function that failed or wait for another attempt, by asset."""
    return library.functions.failures(name, limit=limit, after=after)


def failures_of_asset(library: Bound, asset_id: AssetId) -> Sequence[FunctionFailure]:
    """List the calls of functions for an asset that failed or wait for another attempt."""
    return library.functions.failures_of_asset(asset_id)


def call(library: Bound, name: Name, what: CallBody) -> Job:
    """Queue a job that calls a function for what waits, for all assets of a query again, or for what failed."""
    return library.functions.call(name, query=what.query, failed=what.failed)


def pause(library: Bound, name: Name) -> Function:
    """Pause a function. What happens meanwhile is caught up on."""
    return library.functions.pause(name)


def resume(library: Bound, name: Name) -> Function:
    """Resume a function."""
    return library.functions.resume(name)


def delete(library: Bound, name: Name) -> Response:
    """Delete a function. What it changed stays."""
    library.functions.delete(name)
    return Response(status_code=204)


def function_routes() -> APIRouter:
    """The routes under /functions, and the failures of one asset."""
    router = APIRouter(tags=["functions"])
    one = "/functions/{name}"
    edit, read = Permission.FUNCTIONS_EDIT, Permission.FUNCTIONS_READ
    add_route(router, "GET", "/functions", show_all, operation="listFunctions", needs=read)
    add_route(router, "POST", "/functions", add, operation="addFunction", needs=edit, status=201, secret=True)
    add_route(router, "GET", one, get, operation="getFunction", needs=read)
    add_route(
        router,
        "GET",
        "/assets/{asset_id}/function-failures",
        failures_of_asset,
        operation="getFunctionFailures",
        needs=read,
    )
    add_route(router, "GET", f"{one}/failures", failures, operation="listFunctionFailures", needs=read)
    add_route(router, "POST", f"{one}/call", call, operation="callFunction", needs=Permission.ASSETS_EDIT, status=202)
    add_route(router, "POST", f"{one}/pause", pause, operation="pauseFunction", needs=edit)
    add_route(router, "POST", f"{one}/resume", resume, operation="resumeFunction", needs=edit)
    add_route(
        router, "DELETE", one, delete, operation="deleteFunction", needs=edit, status=204, response_class=Response
    )
    return router
