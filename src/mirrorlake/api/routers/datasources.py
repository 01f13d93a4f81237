"""Routes of the datasources: look at them, change their settings, have them mirrored, delete them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Query, status

from mirrorlake.api.library import Library
from mirrorlake.api.schemas.datasources import (
    DatasourceShape,
    DeletionShape,
    ExplainedShape,
    PreviewShape,
    PurgeShape,
    RunShape,
    SettingsChange,
)

SourceName = Annotated[str, Path(max_length=1024, description="The datasource's name.")]

Days = Annotated[int, Query(ge=0, le=36500, description="Only what nobody touched for so long.")]


@dataclass(frozen=True, slots=True)
class SourceRoutes:
    """Handlers over one library."""

    library: Library

    def datasources(self) -> list[DatasourceShape]:
        """Every datasource, with its number of assets and its newest run."""
        return [DatasourceShape.of(summary) for summary in self.library.datasources()]

    def explain(
        self,
        name: SourceName,
        key: Annotated[str, Query(max_length=4096, description="The whole key, as the bucket has it.")],
    ) -> ExplainedShape:
        """Which rule takes or leaves one key, and whether its object exists."""
        return ExplainedShape.of(self.library.explain(name, key))

    def change(self, name: SourceName, change: SettingsChange) -> DatasourceShape:
        """Change some of its settings, its schedule for one, and keep the others. The next pass goes by them."""
        return DatasourceShape.of(self.library.change_settings(name, change.root))

    def run(self, name: SourceName) -> RunShape:
        """Ask for a pass. Answers the run as it waits for a worker; it fails with 409 too soon after the last one."""
        return RunShape.of(self.library.run(self.library.request_run(name)))

    def begin_preview(self, name: SourceName) -> PreviewShape:
        """Find out what a pass would do; stores nothing. Answers at once: ask for the preview until it has ended."""
        return PreviewShape.of(self.library.begin_preview(name))

    def preview(self, preview_id: Annotated[str, Path(max_length=64)]) -> PreviewShape:
        """What a pass would do, with some keys of each kind. Kept for a while, until the server ends at most."""
        return PreviewShape.of(self.library.get_preview(preview_id))

    def reapply(self, name: SourceName) -> RunShape:
        """Merge the metadata of all its assets again. Answers the run that does it, at once."""
        return RunShape.of(self.library.run(self.library.begin_reapply(name)))

    def purgeable(self, name: SourceName, days: Days = 30) -> PurgeShape:
        """How many assets wait untouched in its trash for so long, and would go for good; does nothing."""
        return PurgeShape.of(self.library.purgeable(name, days=days))

    def purge(
        self,
        name: SourceName,
        acknowledge: Annotated[int, Query(ge=1, le=2**63 - 1, description="How many assets go, as the question says.")],
        days: Days = 30,
    ) -> RunShape:
        """Empty its trash of them, each once its object is proven gone again. Answers the run that does, at once."""
        return RunShape.of(self.library.run(self.library.begin_purge(name, days=days, acknowledged=acknowledge)))

    def deletion(self, name: SourceName) -> DeletionShape:
        """What deleting it would do now; does nothing."""
        found, deleted = self.library.delete_datasource(name, None)
        return DeletionShape.of(found, deleted=deleted)

    def delete(
        self,
        name: SourceName,
        acknowledge: Annotated[
            int, Query(ge=0, le=2**63 - 1, description="How many assets go with it, as its deletion says.")
        ],
    ) -> DeletionShape:
        """Forget a datasource. Its bucket is never touched."""
        found, deleted = self.library.delete_datasource(name, acknowledge)
        return DeletionShape.of(found, deleted=deleted)


def source_routes(library: Library) -> APIRouter:
    """The routes under /datasources, and /previews. A name may hold a slash: it is all before the last word."""
    routes = SourceRoutes(library)
    router = APIRouter(prefix="/datasources", tags=["datasources"])
    previews = APIRouter(tags=["datasources"])
    previews.add_api_route("/previews/{preview_id}", routes.preview, methods=["GET"], operation_id="getPreview")
    router.add_api_route("", routes.datasources, methods=["GET"], operation_id="listDatasources")
    router.add_api_route("/{name:path}/explain", routes.explain, methods=["GET"], operation_id="explainKey")
    router.add_api_route("/{name:path}/purge", routes.purgeable, methods=["GET"], operation_id="previewPurge")
    router.add_api_route(
        "/{name:path}/purge",
        routes.purge,
        methods=["POST"],
        operation_id="purgeTrash",
        status_code=status.HTTP_202_ACCEPTED,
    )
    router.add_api_route("/{name:path}/deletion", routes.deletion, methods=["GET"], operation_id="previewDeletion")
    router.add_api_route(
        "/{name:path}/run",
        routes.run,
        methods=["POST"],
        operation_id="runDatasource",
        status_code=status.HTTP_202_ACCEPTED,
    )
    router.add_api_route(
        "/{name:path}/preview",
        routes.begin_preview,
        methods=["POST"],
        operation_id="beginPreview",
        status_code=status.HTTP_202_ACCEPTED,
    )
    router.add_api_route(
        "/{name:path}/reapply",
        routes.reapply,
        methods=["POST"],
        operation_id="reapplyDatasource",
        status_code=status.HTTP_202_ACCEPTED,
    )
    router.add_api_route("/{name:path}", routes.change, methods=["PATCH"], operation_id="changeDatasource")
    router.add_api_route("/{name:path}", routes.delete, methods=["DELETE"], operation_id="deleteDatasource")
    both = APIRouter()
    both.include_router(router)
    both.include_router(previews)
    return both
