"""Import and export labels. Their paths are on this machine, so no server queues these jobs."""

from __future__ import annotations

from mirrorlake.jobs.handler import Handler, JobContext
from mirrorlake.library.label_export import LabelExportOptions, export_labels
from mirrorlake.library.label_import import LabelImportOptions, import_labels
from mirrorlake.model.access import Actor, ActorKind, Context
from mirrorlake.model.jobs import Job, JobKind
from mirrorlake.model.labels import LabelExport, LabelImport
from mirrorlake.plan.backoff import RetryPolicy

KEPT_DAYS = 90


def run_import(job: Job, args: LabelImportOptions, context: JobContext) -> LabelImport:
    """Import labels as one transaction, or preview that."""
    by = Context(actor=Actor(kind=ActorKind.USER, name=job.requested_by or "mirrorlake"), workspace=job.workspace)
    return import_labels(context.catalog, args, context.reporter.step, by=by)


def run_export(_job: Job, args: LabelExportOptions, context: JobContext) -> LabelExport:
    """Write labels to new files."""
    return export_labels(context.catalog, args, context.reporter.step)


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
