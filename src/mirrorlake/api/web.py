"""The app factory: all routes with their policies and guards."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from anyio import CapacityLimiter
from fastapi import APIRouter, Depends, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from pydantic import JsonValue, TypeAdapter

from mirrorlake.api.access import Gate
from mirrorlake.api.client_address import read_networks
from mirrorlake.api.conditional import ConditionalGuard
from mirrorlake.api.guards import PUBLIC, SIGNED, HostGuard, RequestGuard
from mirrorlake.api.idempotency import HEADER as IDEMPOTENCY_KEY
from mirrorlake.api.idempotency import JSON_TYPE, KEY_CHARS, IdempotencyGuard, takes_key
from mirrorlake.api.job_feed import JobFeed
from mirrorlake.api.preconditions import HEADER as IF_MATCH
from mirrorlake.api.preconditions import METHODS as CHANGES
from mirrorlake.api.preconditions import PreconditionGuard
from mirrorlake.api.problems import MEDIA_TYPE, Problem, install
from mirrorlake.api.request_meter import RequestMeter
from mirrorlake.api.routers.activity import activity_routes
from mirrorlake.api.routers.assets import asset_routes, edit_routes
from mirrorlake.api.routers.connections import connection_routes
from mirrorlake.api.routers.datasources import datasource_routes
from mirrorlake.api.routers.events import event_routes
from mirrorlake.api.routers.exports import STREAMS, export_routes
from mirrorlake.api.routers.fields import field_routes
from mirrorlake.api.routers.folders import folder_routes
from mirrorlake.api.routers.functions import function_routes
from mirrorlake.api.routers.jobs import job_routes
from mirrorlake.api.routers.labels import label_routes
from mirrorlake.api.routers.likeness import likeness_routes
from mirrorlake.api.routers.master_keys import master_key_routes
from mirrorlake.api.routers.members import member_routes
from mirrorlake.api.routers.monitoring import monitoring_routes, operator_routes
from mirrorlake.api.routers.oidc import oidc_routes
from mirrorlake.api.routers.projects import project_routes
from mirrorlake.api.routers.runs import run_routes
from mirrorlake.api.routers.saved_searches import saved_search_routes
from mirrorlake.api.routers.schedules import schedule_routes
from mirrorlake.api.routers.search import search_routes
from mirrorlake.api.routers.search_indexes import index_routes
from mirrorlake.api.routers.session import session_routes, sign_in_routes
from mirrorlake.api.routers.snapshots import snapshot_routes
from mirrorlake.api.routers.uploads import upload_routes
from mirrorlake.api.routers.webhooks import webhook_routes
from mirrorlake.api.routers.workspaces import workspace_routes
from mirrorlake.api.routing import LibraryFactory, Open, check_parameter_names, documented_routes, policy
from mirrorlake.api.site import BUILT, Site
from mirrorlake.connections.signatures import HEADER
from mirrorlake.model.readiness import MachineReport
from mirrorlake.services.entrance import Entrance
from mirrorlake.services.metrics import ServerMetrics
from mirrorlake.services.readiness import ReadinessCheck

_REFERENCE: Final = "#/components/schemas/{model}"
_ROUTES: Final = (
    asset_routes,
    search_routes,
    saved_search_routes,
    edit_routes,
    upload_routes,
    field_routes,
    event_routes,
    webhook_routes,
    function_routes,
    index_routes,
    likeness_routes,
    datasource_routes,
    run_routes,
    job_routes,
    project_routes,
    folder_routes,
    snapshot_routes,
    connection_routes,
    master_key_routes,
    label_routes,
    export_routes,
    schedule_routes,
    activity_routes,
    workspace_routes,
    member_routes,
)
_DESCRIPTION: Final = (
    "Requests are about one workspace: the one that the header `Mirrorlake-Workspace` names, percent-encoded, or the"
    " query parameter `workspace`; without either, that of the key, or `default`."
)
_IDEMPOTENCY: Final = {
    "name": IDEMPOTENCY_KEY,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": KEY_CHARS, "pattern": "^[!-~]+$"},
    "description": "A random text, new for each request. A repeated request with the same key is not executed again.",
}
_IF_MATCH: Final = {
    "name": IF_MATCH,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 256},
    "description": "ETag of a GET of this path: 412, and no change, if it has another one by now.",
}
_DOCUMENT: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])


def create_app(
    library_for: LibraryFactory,
    *,
    token: str,
    entrance: Entrance | None = None,
    readiness: ReadinessCheck | None = None,
    metrics: ServerMetrics | None = None,
    examine: Callable[[], MachineReport] | None = None,
    allowed_hosts: Iterable[str] = (),
    trusted_proxies: Iterable[str] = (),
    static: Path = BUILT,
) -> FastAPI:
    """Create the web app over the library that `library_for` opens for each caller.

    `token` grants access: in the address (`/?token=…`, once per browser) or as a Bearer token. `entrance` admits API
    keys and sessions, `readiness`, `metrics` and `examine` are for monitoring. `allowed_hosts` are host names, with or
    without a port, that are accepted besides the names of this machine, `trusted_proxies` networks of proxies that
    report from which address a request comes.
    """
    gate = Gate(token)
    app = _App(
        title="mirrorlake",
        description=_DESCRIPTION,
        version=version("mirrorlake"),
        openapi_url=None,  # served below, under the same policy as the rest
        docs_url=None,
        redoc_url=None,
    )
    app.state.library_for = library_for
    app.state.entrance = entrance
    app.state.readiness = readiness
    app.state.readiness_thread = CapacityLimiter(1)
    app.state.metrics = metrics or ServerMetrics()
    app.state.examine = examine
    app.state.trusted_proxies = read_networks(trusted_proxies)
    app.state.job_feed = JobFeed()
    app.state.arrow_streams = threading.BoundedSemaphore(STREAMS)
    install(app)

    app.include_router(_private_routes(app, gate))
    app.include_router(_public_routes(gate, static))
    app.add_middleware(ConditionalGuard)
    app.add_middleware(PreconditionGuard)
    app.add_middleware(IdempotencyGuard)  # after the guard that sets the caller
    app.add_middleware(RequestGuard, gate=gate)
    app.add_middleware(HostGuard, allowed_hosts=tuple(allowed_hosts))
    app.add_middleware(RequestMeter, owner=app, metrics=app.state.metrics)
    return app


def _private_routes(app: FastAPI, gate: Gate) -> APIRouter:
    def openapi() -> JSONResponse:
        """Get the OpenAPI document."""
        return JSONResponse(_DOCUMENT.validate_python(app.openapi()))

    private = APIRouter(
        prefix="/api/v1",
        dependencies=[Depends(check_parameter_names)],
        responses={**_problems()},
    )
    for routes in _ROUTES:
        private.include_router(routes())
    private.include_router(operator_routes())
    private.include_router(session_routes(gate))
    private.add_api_route(
        "/openapi.json",
        openapi,
        methods=["GET"],
        include_in_schema=False,
        response_class=JSONResponse,
        **policy(Open.SIGNED_IN),
    )
    return private


def _public_routes(gate: Gate, static: Path) -> APIRouter:
    public = APIRouter()
    public.include_router(sign_in_routes(gate, _problems()))
    public.include_router(oidc_routes(gate))
    public.include_router(monitoring_routes(_problems()))
    public.add_api_route(
        "/{path:path}", Site(gate, static).page, methods=["GET", "HEAD"], include_in_schema=False, name="page"
    )
    return public


class _App(FastAPI):
    """Adds what the framework cannot describe: the media type of problem documents, and the guards before routes."""

    def openapi(self) -> dict[str, Any]:
        """The contract, with the schema of problem documents and the token."""
        if self.openapi_schema is None:
            document = get_openapi(
                title=self.title,
                version=self.version,
                description=self.description,
                routes=documented_routes(self.routes),
            )
            problem = Problem.model_json_schema(ref_template=_REFERENCE)
            document["components"]["schemas"].update(problem.pop("$defs"), Problem=problem)
            document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
            document["components"]["securitySchemes"]["signature"] = {"type": "apiKey", "in": "header", "name": HEADER}
            for path, operations in document["paths"].items():
                for method, operation in operations.items():
                    _describe_headers(method, path, operation)
                if JSON_TYPE in _content(operations.get("get", {})):
                    _describe_precondition(operations)
                scheme = "signature" if path.startswith(SIGNED) else "token"
                for operation in operations.values():
                    operation["security"] = [] if path in PUBLIC else [{scheme: []}]
            self.openapi_schema = document
        return self.openapi_schema


def _describe_headers(method: str, path: str, operation: dict[str, Any]) -> None:
    """Describe what the guards do for every operation of a method."""
    body = operation.get("requestBody", {}).get("content", {JSON_TYPE: {}})
    if takes_key(method, path) and JSON_TYPE in body:
        operation.setdefault("parameters", []).append(_IDEMPOTENCY)
    if method == "get" and JSON_TYPE in _content(operation):
        operation["responses"].setdefault("304", {"description": "Unchanged: If-None-Match contains the ETag."})


def _describe_precondition(operations: dict[str, Any]) -> None:
    """Describe If-Match for the changes of what a GET of the same path answers with an ETag."""
    stale = {"description": "Changed since it was read.", "content": _problem_content()}
    for method, operation in operations.items():
        if method.upper() in CHANGES and not any(one["name"].lower() == "if-match" for one in _parameters(operation)):
            operation.setdefault("parameters", []).append(_IF_MATCH)
            operation["responses"].setdefault("412", stale)


def _parameters(operation: dict[str, Any]) -> list[dict[str, Any]]:
    return operation.get("parameters", [])


def _content(operation: dict[str, Any]) -> dict[str, Any]:
    return operation.get("responses", {}).get("200", {}).get("content", {})


def _problem_content() -> dict[str, object]:
    return {MEDIA_TYPE: {"schema": {"$ref": _REFERENCE.format(model="Problem")}}}


def _problems() -> dict[int | str, dict[str, object]]:
    """The errors of every private route, for the contract."""
    meanings = {
        400: "Invalid query or setting.",
        401: "Not signed in.",
        403: "Permission denied, or cross-site request blocked.",
        404: "Not found.",
        408: "The body did not arrive in time.",
        409: "Conflict with the current state, such as another run of the datasource.",
        413: "Body too large.",
        415: "The body is not declared as JSON.",
        422: "Invalid parameter or body.",
        429: "Too many attempts to sign in.",
        502: "The bucket returned an error or did not respond.",
        503: "Database unavailable.",
    }
    return {status: {"description": text, "content": _problem_content()} for status, text in meanings.items()}
