"""A library and all that people decide about it. Not in `app.library`: what reaches buckets takes longer to load."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mirrorlake.catalog import projects
from mirrorlake.library.audit import StepCallback
from mirrorlake.mirror.progress import Progress
from mirrorlake.mirror.reapply import ProgressCallback
from mirrorlake.mirror.report import Report
from mirrorlake.model.acts import Deletion, Project, Purge
from mirrorlake.model.assets import AssetDetail
from mirrorlake.model.explanations import Explained
from mirrorlake.model.runs import Run
from mirrorlake.model.sources import DatasourceSummary
from mirrorlake.model.thumbnails import Cleaning, Making, ThumbnailCheck, Unmade
from mirrorlake.model.verification import Finding, Verification
from mirrorlake.select.json_reader import Json
from mirrorlake.services.cancellation import cancel
from mirrorlake.services.explanation import explain_key
from mirrorlake.services.library import Library
from mirrorlake.services.previews import preview
from mirrorlake.services.reapply import reapply
from mirrorlake.services.removal import confirm_held, delete_datasource, purge_trash, restore
from mirrorlake.services.retry import retry_run
from mirrorlake.services.settings_change import change_settings
from mirrorlake.services.thumbnails import check_thumbnails, clean_thumbnails, make_thumbnails
from mirrorlake.services.trigger import request_run
from mirrorlake.services.verification import verify_library


class ActingLibrary(Library):
    """The reading and editing use cases, and those that change what the library holds."""

    def explain(self, name: str, key: str) -> Explained:
        """What becomes of one key of a datasource, and why. Raises NotFound, UsageError, StorageError."""
        return explain_key(self._catalog, name, key)

    def restore(self, asset_id: str) -> AssetDetail:
        """Bring an asset back from the trash. Raises NotFound, UsageError where it is not there."""
        return restore(self._catalog, asset_id)

    def delete_datasource(self, name: str, acknowledged: int | None) -> tuple[Deletion, bool]:
        """What deleting a datasource does, and whether it was done: only when the number that goes was said.

        Raises NotFound, UsageError where another number would go, PassRunning where a pass is at work.
        """
        return delete_datasource(self._catalog, name, acknowledged)

    def purge(self, name: str, *, days: int, acknowledged: int | None) -> tuple[Purge, Report | None]:
        """What of a datasource's trash has waited long enough, and the run that removed it, if its number was said.

        Raises as `app.removing.purge_trash` says.
        """
        return purge_trash(self._settings, self._catalog, name, days=days, acknowledged=acknowledged)

    def change_settings(self, name: str, change: Mapping[str, Json]) -> DatasourceSummary:
        """Change some settings and keep the others; the datasource as it is then. Raises NotFound, SettingsError."""
        change_settings(self._catalog, name, change)
        return next(one for one in self.datasources() if one.datasource.name == name)

    def request_run(self, name: str) -> int:
        """Put a run into the queue; answers its number. Raises NotFound, PassRunning and CoolingDown."""
        return request_run(self._catalog, name)

    def projects(self) -> list[Project]:
        """Every project with the number of its assets, by name."""
        return projects.list_all(self._catalog)

    def add_to_project(self, name: str, asset_ids: list[str]) -> int:
        """Put assets into a project; answers how many were not in it. Raises NotFound, UsageError."""
        return projects.add(self._catalog, name, asset_ids)

    def remove_from_project(self, name: str, asset_ids: list[str]) -> int:
        """Take assets out of a project; answers how many were in it. Raises NotFound."""
        return projects.remove(self._catalog, name, asset_ids)

    def confirm(self, *, run_id: int | None, plan_hash: str | None, count: int | None = None) -> Report:
        """Let the removals happen that a run holds back. Raises as `app.removing.confirm_held` says."""
        return confirm_held(self._settings, self._catalog, run_id=run_id, plan_hash=plan_hash, count=count)

    def cancel(self, run_id: int) -> Run:
        """End a run, and wait until it has. Raises as `app.cancelling.cancel_run` says."""
        return cancel(self._catalog, run_id)

    def preview(self, name: str, progress: Progress) -> Report:
        """What a pass over a datasource would do, with samples; stores nothing. Raises NotFound."""
        return preview(self._settings, self._catalog, name, progress)

    def retry(self, run_id: int, progress: Progress, *, jobs: int | None = None) -> Report:
        """Look again at what failed in a run. Raises NotFound, Conflict, PassRunning."""
        return retry_run(self._settings, self._catalog, run_id, progress, jobs=jobs)

    def verify(
        self, name: str | None, *, sample: int | None, found: Callable[[Finding], None], done: ProgressCallback
    ) -> Verification:
        """Ask the sources whether what is remembered is still true. Raises NotFound."""
        return verify_library(self._settings, self._catalog, name, sample=sample, found=found, done=done)

    def check_thumbnails(self, step: StepCallback) -> ThumbnailCheck:
        """Count the thumbnails that assets lack, and the files that no asset uses; changes nothing."""
        return check_thumbnails(self._settings, self._catalog, step)

    def make_thumbnails(self, step: StepCallback, *, told: Callable[[Unmade], None], jobs: int | None) -> Making:
        """Make every thumbnail that an asset lacks; `told` hears of those that could not be made. Raises Conflict."""
        return make_thumbnails(self._settings, self._catalog, step, told=told, jobs=jobs)

    def clean_thumbnails(self, step: StepCallback, *, hours: int, acknowledged: int | None) -> Cleaning:
        """Remove the files that no asset uses and nobody wrote for `hours`. Raises Conflict, UsageError."""
        return clean_thumbnails(self._settings, self._catalog, step, hours=hours, acknowledged=acknowledged)

    def reapply(self, name: str, done: ProgressCallback) -> Report:
        """Merge all assets of a datasource again. Raises NotFound, PassRunning, SettingsError."""
        return reapply(self._settings, self._catalog, name, done)
