"""The app factory: all routes with their policies and guards."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, Depends, FastAPI
from fastapi.responses import JSONResponse
from pydantic import JsonValue, TypeAdapter

from mirrorlake.api.access import Gate
from mirrorlake.api.guards import PUBLIC, SIGNED, HostGuard, RequestGuard
from mirrorlake.api.job_feed import JobFeed
from mirrorlake.api.problems import MEDIA_TYPE, Problem, install
from mirrorlake.api.routers.activity import activity_routes
from mirrorlake.api.routers.assets import asset_routes
from mirrorlake.api.routers.connections import connection_routes
from mirrorlake.api.routers.datasources import datasource_routes
from mirrorlake.api.routers.events import event_routes
from mirrorlake.api.routers.jobs import job_routes
from mirrorlake.api.routers.labels import label_routes
from mirrorlake.api.routers.projects import project_routes
from mirrorlake.api.routers.runs import run_routes
from mirrorlake.api.routers.schedules import schedule_routes
from mirrorlake.api.routers.session import session_routes
from mirrorlake.api.routers.webhooks import webhook_routes
from mirrorlake.api.routing import LibraryFactory, add_route, refuse_unknown_parameters
from mirrorlake.api.site import BUILT, Site
from mirrorlake.connections.signatures import HEADER
from mirrorlake.model.public import public_noun

_REFERENCE: Final = "#/components/schemas/{model}"
_ROUTES: Final = (
    asset_routes,
    event_routes,
    webhook_routes,
    datasource_routes,
    run_routes,
    job_routes,
    project_routes,
    connection_routes,
    label_routes,
    schedule_routes,
    activity_routes,
)
_DOCUMENT: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])


@public_noun
class ServerHealth:
    """Health of the server. Contains nothing confidential."""

    status: str


def create_app(
    library_for: LibraryFactory, *, token: str, allowed_hosts: Iterable[str] = (), static: Path = BUILT
) -> FastAPI:
    """Create the web app over the library that `library_for` opens for each caller.

    `token` grants access: in the address (`/?token=…`, once per browser) or as a Bearer token. `allowed_hosts` are
    host names, with or without a port, that are accepted besides the names of this machine.
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
        """Get the OpenAPI document."""
        return JSONResponse(_DOCUMENT.validate_python(app.openapi()))

    def health() -> ServerHealth:
        """Check that the server is running."""
        return ServerHealth(status="ok")

    private = APIRouter(
        prefix="/api/v1",
        dependencies=[Depends(refuse_unknown_parameters)],
        responses={**_problems()},
    )
    for routes in _ROUTES:
        private.include_router(routes())
    private.include_router(session_routes(gate))
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
    app.add_middleware(RequestGuard, gate=gate)
    app.add_middleware(HostGuard, allowed_hosts=tuple(allowed_hosts))
    return app


class _App(FastAPI):
    """Adds what the framework cannot describe: the media type of problem documents, and the guards before routes."""

    def openapi(self) -> dict[str, Any]:
        """The contract, with the schema of problem documents and the token."""
        if self.openapi_schema is None:
            document = super().openapi()
            problem = Problem.model_json_schema(ref_template=_REFERENCE)
            document["components"]["schemas"].update(problem.pop("$defs"), Problem=problem)
            document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
            document["components"]["securitySchemes"]["signature"] = {"type": "apiKey", "in": "header", "name": HEADER}
            for path, operations in document["paths"].items():
                scheme = "signature" if path.startswith(SIGNED) else "token"
                for operation in operations.values():
                    operation["security"] = [] if path in PUBLIC else [{scheme: []}]
            self.openapi_schema = document
        return self.openapi_schema


def _problems() -> dict[int | str, dict[str, object]]:
    """The errors of every private route, for the contract."""
    content = {MEDIA_TYPE: {"schema": {"$ref": _REFERENCE.format(model="Problem")}}}
    meanings = {
        400: "Invalid query or setting.",
        401: "Not signed in.",
        403: "Cross-site request blocked.",
        404: "Not found.",
        408: "The body did not arrive in time.",
        409: "Conflict with the current state, such as another run of the datasource.",
        413: "Body too large.",
        415: "The body is not declared as JSON.",
        422: "Invalid parameter or body.",
        502: "The bucket returned an error or did not respond.",
        503: "Database unavailable.",
    }
    return {status: {"description": text, "content": content} for status, text in meanings.items()}
