"""Import and export labels. A job with a path of this machine is executed by the command that names it."""

from __future__ import annotations

from contextlib import closing

from mirrorlake.catalog.jobs import requester
from mirrorlake.jobs.handler import Handler, JobContext
from mirrorlake.jobs.library_store import EXPORTS, UPLOADS, library_store
from mirrorlake.jobs.scratch import scratch_folder
from mirrorlake.library.export_store import ExportStore
from mirrorlake.library.label_export import export_labels
from mirrorlake.library.label_import import import_label_files
from mirrorlake.library.label_sources import open_label_source
from mirrorlake.library.label_uploads import LabelUploads
from mirrorlake.mirror.source_stores import SourceStores
from mirrorlake.model.jobs import Job, JobKind
from mirrorlake.model.labels import LabelExport, LabelExportOptions, LabelImport, LabelImportOptions
from mirrorlake.plan.backoff import RetryPolicy

KEPT_DAYS = 90


def run_import(job: Job, args: LabelImportOptions, context: JobContext) -> LabelImport:
    """Import labels as one transaction, or preview that."""
    by = requester(context.catalog, job)
    stores = SourceStores(context.settings, context.catalog)
    with closing(library_store(context.settings, UPLOADS)) as library, scratch_folder(context.settings.home) as folder:
        uploads = LabelUploads(library.store) if args.upload is not None else None
        with open_label_source(args, catalog=context.catalog, stores=stores, uploads=uploads, workdir=folder) as files:
            step, end = context.reporter.step, context.end_within
            return import_label_files(context.catalog, files, args, step, by=by, on_done=end)


def run_export(job: Job, args: LabelExportOptions, context: JobContext) -> LabelExport:
    """Write labels to new files, or keep them for a download if no path is named."""
    stores = SourceStores(context.settings, context.catalog)
    step = context.reporter.step
    with scratch_folder(context.settings.home) as folder:
        if args.path is None:
            with (
                closing(library_store(context.settings, EXPORTS)) as library,
                ExportStore(library.store).target(job.id, folder) as kept,
            ):
                return export_labels(context.catalog, args, step, stores=stores, workdir=folder, kept=kept)
        return export_labels(context.catalog, args, step, stores=stores, workdir=folder)


_ONCE = RetryPolicy(after_failure=False)  # the files are no better a minute later
IMPORT = Handler(
    kind=JobKind.LABELS_IMPORT,
    args=LabelImportOptions,
    result=LabelImport,
    run=run_import,
    policy=_ONCE,
    kept_days=KEPT_DAYS,
)
EXPORT = Handler(
    kind=JobKind.LABELS_EXPORT,
    args=LabelExportOptions,
    result=LabelExport,
    run=run_export,
    policy=_ONCE,
    kept_days=KEPT_DAYS,
)
