"""The app factory: every route, its policy and its guards, in one visible place."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, Depends, FastAPI
from fastapi.responses import JSONResponse
from pydantic import JsonValue, TypeAdapter

from mirrorlake.api.access import FrontDoor, Gate
from mirrorlake.api.job_feed import JobFeed
from mirrorlake.api.problems import MEDIA_TYPE, Problem, install
from mirrorlake.api.routers.assets import asset_routes
from mirrorlake.api.routers.datasources import datasource_routes
from mirrorlake.api.routers.jobs import job_routes
from mirrorlake.api.routers.projects import project_routes
from mirrorlake.api.routers.runs import run_routes
from mirrorlake.api.routers.schedules import schedule_routes
from mirrorlake.api.routing import LibraryFactory, add_route, refuse_unknown_parameters
from mirrorlake.api.site import BUILT, Site
from mirrorlake.model.public import public_noun

_REFERENCE: Final = "#/components/schemas/{model}"
_DOCUMENT: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])


@public_noun
class Health:
    """The server answers. Reveals nothing that a stranger may not know."""

    status: str


def create_app(
    library_for: LibraryFactory, *, token: str, allowed_hosts: Iterable[str] = (), static: Path = BUILT
) -> FastAPI:
    """The web app over the library that `library_for` gives each caller.

    `token` opens it: in the address (`/?token=…`, once per browser) or as a Bearer token. `allowed_hosts`
    are names, with or without a port, that the server answers to besides this machine's own.
    """
    gate = Gate(token)
    app = _App(
        title="mirrorlake",
        version=version("mirrorlake"),
        openapi_url=None,  # served below, under the same policy as the rest
        docs_url=None,
        redoc_url=None,
    )
    app.state.library_for = library_for
    app.state.job_feed = JobFeed()
    install(app)

    def openapi() -> JSONResponse:
        """The contract itself."""
        return JSONResponse(_DOCUMENT.validate_python(app.openapi()))

    def health() -> Health:
        """Whether the server answers."""
        return Health(status="ok")

    private = APIRouter(
        prefix="/api/v1",
        dependencies=[Depends(gate.admit), Depends(refuse_unknown_parameters)],
        responses={**_problems()},
    )
    for routes in (asset_routes, datasource_routes, run_routes, job_routes, project_routes, schedule_routes):
        private.include_router(routes())
    private.add_api_route(
        "/openapi.json", openapi, methods=["GET"], include_in_schema=False, response_class=JSONResponse
    )
    public = APIRouter()
    server = APIRouter(prefix="/api/v1", tags=["server"], dependencies=[Depends(refuse_unknown_parameters)])
    add_route(server, "GET", "/health", health, operation="health")
    public.include_router(server)
    public.add_api_route(
        "/{path:path}", Site(gate, static).page, methods=["GET", "HEAD"], include_in_schema=False, name="page"
    )
    app.include_router(private)
    app.include_router(public)
    app.add_middleware(FrontDoor, allowed_hosts=tuple(allowed_hosts))
    return app


class _App(FastAPI):
    """Describes problem documents as what they are: the framework can name JSON answers only as plain JSON."""

    def openapi(self) -> dict[str, Any]:
        """The contract, with the problem document among its named shapes."""
        if self.openapi_schema is None:
            document = super().openapi()
            problem = Problem.model_json_schema(ref_template=_REFERENCE)
            document["components"]["schemas"].update(problem.pop("$defs"), Problem=problem)
            self.openapi_schema = document
        return self.openapi_schema


def _problems() -> dict[int | str, dict[str, object]]:
    """What every private route may answer besides success, for the contract."""
    content = {MEDIA_TYPE: {"schema": {"$ref": _REFERENCE.format(model="Problem")}}}
    meanings = {
        400: "The query or a setting cannot be used.",
        401: "Not signed in.",
        403: "Another site asked.",
        404: "Nothing of that name.",
        409: "It does not fit how things stand, such as a pass that is at work.",
        422: "A parameter cannot be used.",
        502: "The bucket did not answer as it should.",
        503: "The database is not available.",
    }
    return {status: {"description": text, "content": content} for status, text in meanings.items()}
