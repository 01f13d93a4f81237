"""Import and export label files of this machine, in this process."""

from __future__ import annotations

from mirrorlake.core.settings import Settings
from mirrorlake.jobs.execution import new_job, run_here
from mirrorlake.jobs.progress import StepCallback
from mirrorlake.library.label_export import LabelExportOptions
from mirrorlake.library.label_import import LabelImportOptions
from mirrorlake.model.jobs import JobKind
from mirrorlake.model.labels import LabelExport, LabelImport
from mirrorlake.postgres.pool import Catalog


def import_labels(
    settings: Settings, catalog: Catalog, options: LabelImportOptions, step: StepCallback, *, requested_by: str
) -> LabelImport:
    """Import labels, or preview it. Raises UsageError, NotFound, and MirrorlakeError for invalid labels."""
    job = new_job(JobKind.LABELS_IMPORT, options, subject=options.path, requested_by=requested_by)
    result: LabelImport = run_here(settings, catalog, job, step=step)
    return result


def export_labels(
    settings: Settings, catalog: Catalog, options: LabelExportOptions, step: StepCallback, *, requested_by: str
) -> LabelExport:
    """Export labels. Raises UsageError, NotFound and MirrorlakeError."""
    job = new_job(JobKind.LABELS_EXPORT, options, subject=options.path, requested_by=requested_by)
    result: LabelExport = run_here(settings, catalog, job, step=step)
    return result
