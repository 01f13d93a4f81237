"""Routes for monitoring: whether the server is running, whether it can do its work, and metrics.

The public ones use none of the threads that all requests share. A database that hangs may occupy all of these, and an
orchestrator would restart a server that does not answer, which would not help.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Final

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends, Query, Request, Response

from mirrorlake.api.routing import Open, add_route, check_parameter_names, json_answer
from mirrorlake.core.errors import NotFound
from mirrorlake.model.access import Permission
from mirrorlake.model.public import public_noun
from mirrorlake.model.readiness import MachineReport, ServerPart, ServerReadiness
from mirrorlake.services.metrics import TEXT_FORMAT, ServerMetrics
from mirrorlake.services.readiness import ReadinessCheck

HEALTH: Final = "/api/v1/health"
READY: Final = "/api/v1/ready"
_NOT_READY: Final = {
    "description": "Not ready.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ServerReadiness"}}},
}


@public_noun
class ServerHealth:
    """Health of the server. Contains nothing confidential."""

    status: str


def monitoring_routes(problems: Mapping[int | str, dict[str, object]]) -> APIRouter:
    """The public routes; `problems` describe the errors of routes."""
    router = APIRouter(tags=["server"], dependencies=[Depends(check_parameter_names)])
    add_route(router, "GET", HEALTH, health, operation="health", needs=Open.PUBLIC)
    add_route(
        router,
        "GET",
        READY,
        ready,
        operation="getReadiness",
        needs=Open.PUBLIC,
        response_model=ServerReadiness,
        responses={422: problems[422], 503: _NOT_READY},
    )
    return router


def operator_routes() -> APIRouter:
    """Metrics, which name workspaces, and checks, which name folders: only operators permit them to a key."""
    router = APIRouter(tags=["server"])
    add_route(
        router,
        "GET",
        "/metrics",
        metrics,
        operation="getMetrics",
        needs=Permission.METRICS_READ,
        response_class=Response,
        responses={200: {"content": {"text/plain": {}}, "description": "The text format of Prometheus."}},
    )
    add_route(router, "GET", "/doctor", doctor, operation="examineServer", needs=Permission.METRICS_READ)
    return router


def metrics(request: Request) -> Response:
    """Get the metrics of the server and of all workspaces, in the text format of Prometheus."""
    found: ServerMetrics = request.app.state.metrics
    return Response(found.text(), media_type=TEXT_FORMAT, headers={"Cache-Control": "no-store"})


def doctor(request: Request) -> MachineReport:
    """Check whether the server's machine can run mirrorlake, as the command `mirrorlake doctor` does there."""
    examine: Callable[[], MachineReport] | None = request.app.state.examine
    if examine is None:  # a server that `mirrorlake up` did not start
        raise NotFound("This server does not check its machine.", "Run `mirrorlake doctor` on the machine.")
    return examine()


async def health() -> ServerHealth:
    """Check that the server is running. It asks neither the database nor workers, as the readiness does."""
    return ServerHealth(status="ok")


async def ready(
    request: Request,
    ignore: Annotated[
        list[ServerPart] | None, Query(description="A part that does not count; it is named nevertheless. Repeatable.")
    ] = None,
) -> Response:
    """Check that the server can do its work: the database answers, a worker is running, and the disk has room.

    The answer is up to 2 seconds old.
    """
    check: ReadinessCheck | None = request.app.state.readiness
    found = ServerReadiness(ready=True, parts=())
    if check is not None:
        own: CapacityLimiter = request.app.state.readiness_thread
        found = await to_thread.run_sync(check.check, frozenset(ignore or ()), limiter=own)
    answer = json_answer(found, status=200 if found.ready else 503)
    answer.headers["Cache-Control"] = "no-store"
    return answer
