"""Long work in this process: each call returns when the work has ended, with its report."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager

from mirrorlake.core.settings import Settings
from mirrorlake.library.audit import StepCallback
from mirrorlake.library.label_export import LabelExportOptions
from mirrorlake.library.label_import import LabelImportOptions
from mirrorlake.mirror.progress import Progress
from mirrorlake.mirror.reapply import ProgressCallback
from mirrorlake.mirror.report import Report
from mirrorlake.model.access import Context, Permission
from mirrorlake.model.acts import Purge
from mirrorlake.model.connections import Rotation
from mirrorlake.model.labels import LabelExport, LabelImport
from mirrorlake.model.location_previews import LocationSummary
from mirrorlake.model.runs import Run
from mirrorlake.model.thumbnails import Cleaning, Making, ThumbnailCheck, Unmade
from mirrorlake.model.verification import Finding, Verification
from mirrorlake.select.json_reader import Json
from mirrorlake.services import (
    cancellation,
    label_files,
    previews,
    reapply,
    removal,
    retry,
    thumbnails,
    trigger,
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

    @requires(Permission.LIBRARY_MAINTAIN)
    def rotate_secrets(self) -> Rotation:
        """Encrypt the data keys of all connections with the newest master key. Raises SettingsError."""
        from mirrorlake.services.secret_rotation import rotate  # noqa: PLC0415  loads cryptography

        return rotate(self.resources.settings, self.resources.catalog)

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
    def check_thumbnails(self, step: StepCallback) -> ThumbnailCheck:
        """Count missing thumbnails and orphaned files. Changes nothing."""
        return thumbnails.check_thumbnails(
            self.resources.settings, self.resources.catalog, step, requested_by=self._name
        )

    @requires(Permission.LIBRARY_MAINTAIN)
    def make_thumbnails(self, step: StepCallback, *, on_failure: Callable[[Unmade], None], jobs: int | None) -> Making:
        """Rebuild all missing thumbnails; `on_failure` receives those that failed. Raises Conflict."""
        return thumbnails.make_thumbnails(
            self.resources.settings,
            self.resources.catalog,
            step,
            on_failure=on_failure,
            jobs=jobs,
            requested_by=self._name,
        )

    @requires(Permission.LIBRARY_MAINTAIN)
    def clean_thumbnails(self, step: StepCallback, *, hours: int, acknowledged: int | None) -> Cleaning:
        """Remove orphaned files that are older than `hours`. Raises Conflict and UsageError."""
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

    @property
    def _name(self) -> str:
        return self.caller.actor.name


@contextmanager
def open_foreground(settings: Settings, caller: Context) -> Generator[Foreground]:
    """The library of these settings, closed at the end. Raises CatalogError."""
    with open_resources(settings) as resources:
        yield Foreground(resources, caller)
