"""What the web face asks of the library: one small Protocol, so that it runs over the real one and over a test's."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Protocol

from mirrorlake.model.acts import Deletion, Project, Purge
from mirrorlake.model.assets import AssetDetail, Original, Page, Unchanged
from mirrorlake.model.edits import Edit
from mirrorlake.model.explanations import Explained
from mirrorlake.model.previews import Preview
from mirrorlake.model.runs import Outcome, OutcomeKind, Run
from mirrorlake.model.sources import DatasourceSummary
from mirrorlake.select.json_reader import Json


class Library(Protocol):
    """The use cases behind the routes. Every method is thread-safe and raises only `MirrorlakeError`s."""

    def search(self, query: str, *, limit: int, offset: int) -> Page:
        """The stretch `[offset, offset + limit)` of the result. Raises QueryError, which points at a character."""
        ...

    def asset(self, asset_id: str) -> AssetDetail:
        """Everything about one asset. Raises NotFound."""
        ...

    def edit(self, asset_id: str, edit: Edit) -> AssetDetail:
        """Change metadata and tags of one asset; answers it as it is then. Raises NotFound and UsageError."""
        ...

    def restore(self, asset_id: str) -> AssetDetail:
        """Bring an asset back from the trash. Raises NotFound, Conflict where it is not there."""
        ...

    def thumbnail(self, asset_id: str) -> bytes:
        """The asset's thumbnail, a WebP image. Raises NotFound."""
        ...

    def original(self, asset_id: str, *, known: Container[str] = ()) -> Original | Unchanged:
        """The way to the asset's own bytes, unless their mark is `known`. Raises NotFound, StorageError."""
        ...

    def datasources(self) -> list[DatasourceSummary]:
        """Every datasource, by name."""
        ...

    def runs(self, *, limit: int, datasource: str | None, before: int | None) -> list[Run]:
        """The newest runs first, of one datasource or of all. Raises NotFound for an unknown datasource."""
        ...

    def run(self, run_id: int) -> Run:
        """One run. Raises NotFound."""
        ...

    def outcomes(self, run_id: int, *, limit: int, offset: int, kind: OutcomeKind | None) -> list[Outcome]:
        """What happened to single objects in a run, by key, of one kind or of all. Raises NotFound."""
        ...

    def begin_confirm(self, *, run_id: int | None, plan_hash: str | None, count: int | None) -> int:
        """Begin to carry out held removals; answers the run that does. Raises NotFound, UsageError and Conflict."""
        ...

    def explain(self, name: str, key: str) -> Explained:
        """What becomes of one key of a datasource, and why. Raises NotFound, UsageError, StorageError."""
        ...

    def change_settings(self, name: str, change: Mapping[str, Json]) -> DatasourceSummary:
        """Change some settings and keep the others; the datasource as it is then. Raises NotFound, SettingsError."""
        ...

    def request_run(self, name: str) -> int:
        """Put a run into the queue; answers its number. Raises NotFound, PassRunning and CoolingDown."""
        ...

    def cancel_now(self, run_id: int) -> Run:
        """Ask that a run end; the run as it is then. Raises NotFound, Conflict where it is over."""
        ...

    def begin_retry(self, run_id: int) -> int:
        """Begin to look again at what failed in a run; answers the run that does. Raises NotFound and Conflict."""
        ...

    def begin_preview(self, name: str) -> Preview:
        """Begin to find out what a pass would do. Raises NotFound."""
        ...

    def get_preview(self, number: str) -> Preview:
        """How far a preview is, and what it found. Raises NotFound."""
        ...

    def begin_reapply(self, name: str) -> int:
        """Begin to merge all assets of a datasource again; answers the run that does. Raises NotFound, Conflict."""
        ...

    def delete_datasource(self, name: str, acknowledged: int | None) -> tuple[Deletion, bool]:
        """What deleting a datasource does, and whether it was done: only when the number that goes was said.

        Raises NotFound, UsageError where another number would go, PassRunning where a pass is at work.
        """
        ...

    def purgeable(self, name: str, *, days: int) -> Purge:
        """What of a datasource's trash has waited so many days. Raises NotFound."""
        ...

    def begin_purge(self, name: str, *, days: int, acknowledged: int) -> int:
        """Begin to remove that for good; answers the run that does.

        Raises NotFound, UsageError where another number would go, Conflict where none would or a pass is at work.
        """
        ...

    def projects(self) -> list[Project]:
        """Every project with the number of its assets, by name."""
        ...

    def add_to_project(self, name: str, asset_ids: list[str]) -> int:
        """Put assets into a project; answers how many were not in it. Raises NotFound, UsageError."""
        ...

    def remove_from_project(self, name: str, asset_ids: list[str]) -> int:
        """Take assets out of a project; answers how many were in it. Raises NotFound."""
        ...
