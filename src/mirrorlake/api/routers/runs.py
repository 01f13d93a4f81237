"""Routes of the runs: look at them, and decide about what they hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Query, status

from mirrorlake.api.library import Library
from mirrorlake.api.routers.assets import OFFSET_LIMIT, PAGE_LIMIT
from mirrorlake.api.schemas.datasources import Consent, OutcomeShape, RunShape
from mirrorlake.model.runs import OutcomeKind

RunId = Annotated[int, Path(ge=1, le=2**63 - 1, description="The run's number.")]


@dataclass(frozen=True, slots=True)
class RunRoutes:
    """Handlers over one library."""

    library: Library

    def runs(
        self,
        limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT)] = 100,
        datasource: Annotated[str | None, Query(max_length=1024, description="Only runs of this one.")] = None,
        before: Annotated[
            int | None, Query(ge=1, le=2**63 - 1, description="Only runs older than this one: the next page.")
        ] = None,
    ) -> list[RunShape]:
        """The newest runs first."""
        return [RunShape.of(run) for run in self.library.runs(limit=limit, datasource=datasource, before=before)]

    def run(self, run_id: RunId) -> RunShape:
        """One run with its counts, its requests and how it ended. While it works the counts are seconds old."""
        return RunShape.of(self.library.run(run_id))

    def outcomes(
        self,
        run_id: RunId,
        limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT)] = 100,
        offset: Annotated[int, Query(ge=0, le=OFFSET_LIMIT)] = 0,
        kind: Annotated[OutcomeKind | None, Query(description="Only outcomes of this kind.")] = None,
    ) -> list[OutcomeShape]:
        """What happened to single objects in a run, by key; objects that simply stayed are only counted."""
        found = self.library.outcomes(run_id, limit=limit, offset=offset, kind=kind)
        return [OutcomeShape.of(outcome) for outcome in found]

    def confirm(self, consent: Consent) -> RunShape:
        """Let held removals happen. Answers the run that carries them out, at once; ask for it until it has ended."""
        number = self.library.begin_confirm(run_id=consent.run, plan_hash=consent.plan_hash, count=consent.count)
        return RunShape.of(self.library.run(number))

    def cancel(self, run_id: RunId) -> RunShape:
        """End a run: what it committed is kept, what it holds is dismissed. One at work ends a moment later."""
        return RunShape.of(self.library.cancel_now(run_id))

    def retry(self, run_id: RunId) -> RunShape:
        """Look again at the objects that failed in a run, and at nothing else. Answers the run that does, at once."""
        return RunShape.of(self.library.run(self.library.begin_retry(run_id)))


def run_routes(library: Library) -> APIRouter:
    """The routes under /runs."""
    routes = RunRoutes(library)
    router = APIRouter(prefix="/runs", tags=["runs"])
    router.add_api_route("", routes.runs, methods=["GET"], operation_id="listRuns")
    router.add_api_route(
        "/confirm", routes.confirm, methods=["POST"], operation_id="confirmRun", status_code=status.HTTP_202_ACCEPTED
    )
    router.add_api_route("/{run_id}", routes.run, methods=["GET"], operation_id="getRun")
    router.add_api_route("/{run_id}/cancel", routes.cancel, methods=["POST"], operation_id="cancelRun")
    router.add_api_route(
        "/{run_id}/retry",
        routes.retry,
        methods=["POST"],
        operation_id="retryRun",
        status_code=status.HTTP_202_ACCEPTED,
    )
    router.add_api_route("/{run_id}/outcomes", routes.outcomes, methods=["GET"], operation_id="listOutcomes")
    return router
