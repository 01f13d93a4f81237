"""Routes of runs: show them, and confirm, cancel or retry them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from mirrorlake.api.routers.assets import Cursor
from mirrorlake.api.routing import NUMBER_LIMIT, Bound, add_route, list_answer
from mirrorlake.api.schemas.runs import Consent
from mirrorlake.model.access import Permission
from mirrorlake.model.runs import Outcome, OutcomeKind, Run, RunState
from mirrorlake.services.contract import PAGE_LIMIT

RunId = Annotated[int, Path(ge=1, le=NUMBER_LIMIT, description="Number of the run.")]


def show_all(
    request: Request,
    library: Bound,
    *,
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT)] = 100,
    datasource: Annotated[str | None, Query(max_length=1024, description="Only runs of this datasource.")] = None,
    state: Annotated[RunState | None, Query(description="Only runs in this state.")] = None,
    before: Annotated[int | None, Query(ge=1, le=NUMBER_LIMIT, description="Only runs older than this run.")] = None,
    cursor: Cursor = None,
) -> Response:
    """List runs, the newest first. The Link header contains the address of the next page."""
    page = library.runs.page(limit=limit, datasource=datasource, state=state, before=before, cursor=cursor)
    return list_answer(request, page)


def get(library: Bound, run_id: RunId) -> Run:
    """Get a run with its counts, requests and result. The counts of a running run may be seconds old."""
    return library.runs.get(run_id)


def outcomes(
    request: Request,
    library: Bound,
    run_id: RunId,
    *,
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT)] = 100,
    offset: Annotated[int, Query(ge=0, le=NUMBER_LIMIT)] = 0,
    kind: Annotated[OutcomeKind | None, Query(description="Only outcomes of this kind.")] = None,
    cursor: Cursor = None,
) -> Response:
    """List the outcomes of single objects in a run, by key. Unchanged objects are only counted.

    The Link header contains the address of the next page.
    """
    page = library.runs.outcome_page(run_id, limit=limit, offset=offset, kind=kind, cursor=cursor)
    return list_answer(request, page)


def confirm(library: Bound, consent: Consent) -> Run:
    """Carry out held removals. Returns the queued run; poll it until it has ended."""
    return library.runs.confirm(run_id=consent.run, plan_hash=consent.plan_hash, count=consent.count)


def cancel(library: Bound, run_id: RunId) -> Run:
    """Cancel a run. Committed work is kept; held removals are dismissed. A running run ends a moment later."""
    return library.runs.cancel(run_id)


def retry(library: Bound, run_id: RunId) -> Run:
    """Retry only the failed objects of a run. Returns the queued run."""
    return library.runs.retry(run_id)


def run_routes() -> APIRouter:
    """The routes under /runs."""
    router = APIRouter(prefix="/runs", tags=["runs"])
    add_route(router, "GET", "", show_all, operation="listRuns", needs=Permission.RUNS_READ, response_model=list[Run])
    add_route(router, "POST", "/confirm", confirm, operation="confirmRun", needs=Permission.RUNS_CONTROL, status=202)
    one = "/{run_id:number}"
    add_route(router, "GET", one, get, operation="getRun", needs=Permission.RUNS_READ)
    add_route(router, "POST", f"{one}/cancel", cancel, operation="cancelRun", needs=Permission.RUNS_CONTROL)
    add_route(router, "POST", f"{one}/retry", retry, operation="retryRun", needs=Permission.RUNS_CONTROL, status=202)
    add_route(
        router,
        "GET",
        f"{one}/outcomes",
        outcomes,
        operation="listOutcomes",
        needs=Permission.RUNS_READ,
        response_model=list[Outcome],
    )
    return router
