"""Routes of the datasources and their runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Query

from mirrorlake.api.assets import OFFSET_LIMIT, PAGE_LIMIT
from mirrorlake.api.library import Library
from mirrorlake.api.shapes import DatasourceShape, OutcomeShape, RunShape
from mirrorlake.model.runs import OutcomeKind

RunId = Annotated[int, Path(ge=1, le=2**63 - 1, description="The run's number.")]


@dataclass(frozen=True, slots=True)
class SourceRoutes:
    """Handlers over one library."""

    library: Library

    def datasources(self) -> list[DatasourceShape]:
        """Every datasource, with its number of assets and its newest run."""
        return [DatasourceShape.of(summary) for summary in self.library.datasources()]

    def runs(
        self,
        limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT)] = 100,
        datasource: Annotated[str | None, Query(max_length=1024, description="Only runs of this one.")] = None,
    ) -> list[RunShape]:
        """The newest runs first."""
        return [RunShape.of(run) for run in self.library.runs(limit=limit, datasource=datasource)]

    def run(self, run_id: RunId) -> RunShape:
        """One run with its counts, its requests and how it ended."""
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


def source_routes(library: Library) -> APIRouter:
    """The routes of /datasources and /runs."""
    routes = SourceRoutes(library)
    router = APIRouter()
    router.add_api_route(
        "/datasources", routes.datasources, methods=["GET"], operation_id="listDatasources", tags=["datasources"]
    )
    router.add_api_route("/runs", routes.runs, methods=["GET"], operation_id="listRuns", tags=["runs"])
    router.add_api_route("/runs/{run_id}", routes.run, methods=["GET"], operation_id="getRun", tags=["runs"])
    router.add_api_route(
        "/runs/{run_id}/outcomes", routes.outcomes, methods=["GET"], operation_id="listOutcomes", tags=["runs"]
    )
    return router
