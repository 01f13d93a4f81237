"""Long work in this process: each call returns when the work has ended, with its report."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import BinaryIO

from mirrorlake.core.settings import Settings
from mirrorlake.library.steps import StepCallback
from mirrorlake.mirror.progress import Progress
from mirrorlake.mirror.reapply import ProgressCallback
from mirrorlake.mirror.report import Report
from mirrorlake.model.access import Context, Permission
from mirrorlake.model.acts import Purge
from mirrorlake.model.bulk import BulkEdit, BulkEditResult, UndoResult
from mirrorlake.model.exports import AssetExport, ExportOptions
from mirrorlake.model.labels import LabelExport, LabelExportOptions, LabelImport, LabelImportOptions
from mirrorlake.model.location_previews import LocationSummary
from mirrorlake.model.runs import Run
from mirrorlake.model.snapshots import RestoreOptions, Snapshot, SnapshotOptions, SnapshotRestored
from mirrorlake.model.splits import SplitAssignment, SplitOptions, SplitResult
from mirrorlake.model.thumbnails import Cleaning, Making, ThumbnailCheck, Unmade
from mirrorlake.model.uploads import Upload, UploadOptions
from mirrorlake.model.verification import Finding, Verification
from mirrorlake.select.json_reader import Json
from mirrorlake.services import (
    bulk_edits,
    cancellation,
    label_files,
    previews,
    project_splits,
    reapply,
    removal,
    retry,
    snapshot_jobs,
    thumbnails,
    trigger,
    uploads,
    verification,
)
from mirrorlake.services.base import Service, open_resources, requires


class Foreground(Service):
    """The long use cases, for one caller."""

    @requires(Permission.RUNS_CONTROL)
    def start(self, name: str, progress: Progress, *, jobs: int | None, force: bool = False) -> Report:
        """Run a datasource; `force` overrides the cooldown. Raises NotFound, PassRunning and CoolingDown."""
        return trigger.run_now(
            self.resources.settings, self.resources.catalog, name, progress, jobs=jobs, by=self.caller, force=force
        )

    @requires(Permission.RUNS_CONTROL)
    def confirm(self, *, run_id: int | None, plan_hash: str | None) -> Report:
        """Carry out held removals. Raises NotFound, UsageError and Conflict."""
        return removal.confirm_held(
            self.resources.settings, self.resources.catalog, run_id=run_id, plan_hash=plan_hash, requested_by=self._name
        )

    @requires(Permission.RUNS_CONTROL)
    def cancel(self, run_id: int) -> Run:
        """Cancel a run, wait until it has ended and return it. Raises NotFound and Conflict."""
        return cancellation.cancel(self.resources.catalog, run_id, by=self.caller.actor.name)

    @requires(Permission.DATASOURCES_READ)
    def preview(self, name: str, progress: Progress) -> Report:
        """What a run of a datasource would do, with samples. Stores nothing. Raises NotFound."""
        return previews.preview(self.resources.settings, self.resources.catalog, name, progress)

    @requires(Permission.DATASOURCES_EDIT)
    def preview_location(
        self,
        uri: str,
        watch: Callable[[LocationSummary], object],
        *,
        connection: str | None,
        settings: Mapping[str, Json] | None,
    ) -> LocationSummary:
        """What a location holds, and what a datasource with these settings would select; `watch` sees it grow.

        Stores no datasource. Raises the errors of `Datasources.create`, and StorageError.
        """
        from mirrorlake.services.location_previews import preview_now  # noqa: PLC0415  only for this command

        return preview_now(self.resources, self.caller, uri, connection=connection, settings=settings, watch=watch)

    @requires(Permission.RUNS_CONTROL)
    def retry(self, run_id: int, progress: Progress, *, jobs: int | None) -> Report:
        """Retry the failed objects of a run. Raises NotFound and Conflict."""
        return retry.retry_run(
            self.resources.settings, self.resources.catalog, run_id, progress, jobs=jobs, requested_by=self._name
        )

    @requires(Permission.DATASOURCES_EDIT)
    def reapply(self, name: str, done: ProgressCallback) -> Report:
        """Merge the metadata of all assets of a datasource again. Raises NotFound and Conflict."""
        return reapply.reapply(
            self.resources.settings,
            self.resources.catalog,
            name,
            done,
            requested_by=self._name,
        )

    @requires(Permission.DATASOURCES_DELETE)
    def purge(self, name: str, *, days: int, acknowledged: int | None) -> tuple[Purge, Report | None]:
        """What purging the trash of a datasource removes, and the report if its number was acknowledged.

        Raises NotFound, UsageError if the number differs, and PassRunning.
        """
        return removal.purge_trash(
            self.resources.settings,
            self.resources.catalog,
            name,
            days=days,
            acknowledged=acknowledged,
            requested_by=self._name,
        )

    @requires(Permission.LIBRARY_MAINTAIN)
    def verify(
        self,
        name: str | None,
        *,
        sample: int | None,
        content: bool = False,
        found: Callable[[Finding], None],
        done: ProgressCallback,
    ) -> Verification:
        """Check the catalog against the sources. Writes nothing. Raises NotFound."""
        settings, catalog = self.resources.settings, self.resources.catalog
        return verification.verify_library(
            settings,
            catalog,
            name,
            sample=sample,
            content=content,
            found=found,
            done=done,
            requested_by=self._name,
        )

    @requires(Permission.LIBRARY_MAINTAIN)
    def check_thumbnails(self, step: StepCallback, *, whole: bool = False) -> ThumbnailCheck:
        """Count missing thumbnails and orphaned thumbnails. Changes nothing."""
        return thumbnails.check_thumbnails(
            self.resources.settings, self.resources.catalog, step, whole=whole, requested_by=self._name
        )

    @requires(Permission.LIBRARY_MAINTAIN)
    def make_thumbnails(
        self, step: StepCallback, *, on_failure: Callable[[Unmade], None], jobs: int | None, whole: bool = False
    ) -> Making:
        """Rebuild all missing thumbnails; `on_failure` receives those that failed. Raises Conflict."""
        return thumbnails.make_thumbnails(
            self.resources.settings,
            self.resources.catalog,
            step,
            on_failure=on_failure,
            jobs=jobs,
            whole=whole,
            requested_by=self._name,
        )

    @requires(Permission.LIBRARY_MAINTAIN)
    def clean_thumbnails(self, step: StepCallback, *, hours: int, acknowledged: int | None) -> Cleaning:
        """Remove orphaned thumbnails that are older than `hours`. Raises Conflict and UsageError."""
        settings, catalog = self.resources.settings, self.resources.catalog
        return thumbnails.clean_thumbnails(
            settings, catalog, step, hours=hours, acknowledged=acknowledged, requested_by=self._name
        )

    @requires(Permission.LABELS_EDIT)
    def import_labels(self, options: LabelImportOptions, step: StepCallback) -> LabelImport:
        """Import labels from files, or preview it. Raises UsageError, NotFound and MirrorlakeError."""
        return label_files.import_labels(
            self.resources.settings, self.resources.catalog, options, step, requested_by=self._name
        )

    @requires(Permission.LABELS_READ)
    def export_labels(self, options: LabelExportOptions, step: StepCallback) -> LabelExport:
        """Export labels to files. Raises UsageError, NotFound and MirrorlakeError."""
        return label_files.export_labels(
            self.resources.settings, self.resources.catalog, options, step, requested_by=self._name
        )

    @requires(Permission.ASSETS_READ)
    def export_assets(
        self, options: ExportOptions, step: StepCallback, *, receive: Callable[[bytes], object]
    ) -> AssetExport:
        """Export assets to files, or pass them to `receive`. Raises UsageError, QueryError and NotFound."""
        from mirrorlake.services.export_files import export_assets  # noqa: PLC0415  only for this command

        settings, catalog = self.resources.settings, self.resources.catalog
        return export_assets(settings, catalog, options, step, receive=receive, requested_by=self._name)

    @requires(Permission.ASSETS_EDIT)
    def edit(self, bulk: BulkEdit, step: StepCallback) -> tuple[int, BulkEditResult]:
        """Change many assets; return the number of the job and its result. Raises as `Assets.start_edit`."""
        return bulk_edits.edit_here(self.resources, bulk, step, by=self.caller)

    @requires(Permission.ASSETS_EDIT)
    def upload(self, files: Sequence[tuple[str, BinaryIO]], options: UploadOptions) -> Sequence[Upload]:
        """Store files and import them. Raises as `Assets.upload_files`, and PassRunning."""
        return uploads.upload_here(self.resources, files, options, by=self.caller)

    @requires(Permission.ASSETS_EDIT)
    def undo(self, job_id: int, step: StepCallback) -> UndoResult:
        """Undo a bulk edit. Raises NotFound and Conflict."""
        return bulk_edits.undo_here(self.resources, job_id, step, by=self.caller)

    @requires(Permission.PROJECTS_EDIT)
    def split(self, order: SplitOptions | SplitAssignment, step: StepCallback) -> SplitResult:
        """Divide a project, or choose the split of assets. Raises NotFound and UsageError."""
        return project_splits.split_now(self.resources, order, step, requested_by=self._name)

    @requires(Permission.PROJECTS_EDIT)
    def freeze(self, options: SnapshotOptions, step: StepCallback) -> Snapshot:
        """Make a snapshot of a project. Raises NotFound and UsageError."""
        return snapshot_jobs.freeze_now(self.resources, options, step, requested_by=self._name)

    @requires(Permission.PROJECTS_EDIT)
    def restore_snapshot(self, options: RestoreOptions, step: StepCallback) -> SnapshotRestored:
        """Restore a snapshot, or count what that would change. Raises NotFound and CatalogError."""
        return snapshot_jobs.restore_now(self.resources, options, step, by=self.caller)

    @property
    def _name(self) -> str:
        return self.caller.actor.name


@contextmanager
def open_foreground(settings: Settings, caller: Context) -> Generator[Foreground]:
    """The caller's workspace in the library of these settings, closed at the end. Raises NotFound and CatalogError."""
    with open_resources(settings) as resources:
        yield Foreground(resources.of(caller.workspace), caller)
