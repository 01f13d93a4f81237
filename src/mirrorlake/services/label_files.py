"""Import and export label files: in this process, or as jobs that a server queues."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing

import msgspec

from mirrorlake.catalog import connections, jobs
from mirrorlake.core.errors import NotFound, UsageError
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.execution import new_job, run_here
from mirrorlake.jobs.library_store import UPLOADS, library_store
from mirrorlake.jobs.progress import StepCallback
from mirrorlake.labels.ontology import check_ontology_name
from mirrorlake.library.export_scope import check_scope
from mirrorlake.library.label_import import read_format
from mirrorlake.library.label_sources import address_of, is_address, label_datasource
from mirrorlake.library.label_uploads import LabelUploads
from mirrorlake.mirror.source_stores import check_fits
from mirrorlake.model.access import Context, Permission
from mirrorlake.model.exports import ExportScope
from mirrorlake.model.jobs import JobKind, JobState
from mirrorlake.model.labels import LabelExport, LabelExportOptions, LabelImport, LabelImportOptions, LabelUpload
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search.selections import select_ids
from mirrorlake.services.base import Resources
from mirrorlake.services.export_files import ORIGINALS, read_kept


def import_labels(
    settings: Settings, catalog: Catalog, options: LabelImportOptions, step: StepCallback, *, requested_by: str
) -> LabelImport:
    """Import labels, or preview it. Raises UsageError, NotFound, and MirrorlakeError for invalid labels."""
    job = new_job(JobKind.LABELS_IMPORT, options, subject=options.path, requested_by=requested_by)
    result: LabelImport = run_here(settings, catalog, job, step=step)
    return result


def store_upload(resources: Resources, pieces: Iterable[bytes]) -> LabelUpload:
    """Store uploaded label files. Raises UsageError if they are too large."""
    with closing(library_store(resources.settings, UPLOADS)) as library:
        return LabelUploads(library.store).write(pieces)


def request_import(resources: Resources, options: LabelImportOptions, *, by: Context) -> int:
    """Queue an import of an upload or from a bucket. Errors as in `Labels.start_import`."""
    read_format(options.format)
    check_ontology_name(options.ontology)
    select_ids(options.query)
    if options.upload is not None:
        with closing(library_store(resources.settings, UPLOADS)) as library:
            LabelUploads(library.store).check(options.upload)
    else:
        _check_address(resources, options.path, options.connection, by)
    job = new_job(JobKind.LABELS_IMPORT, options, subject=options.path, by=by)
    return jobs.request(resources.catalog, job)


def request_export(resources: Resources, options: LabelExportOptions, *, by: Context) -> int:
    """Queue an export to a bucket. Errors as in `Labels.start_export`."""
    read_format(options.format)
    select_ids(options.query)
    if options.snapshot is not None:
        check_scope(resources.catalog, ExportScope(query=options.query, snapshot=options.snapshot))
    if options.copy_images:
        by.require(ORIGINALS)
    if options.path is not None:
        _check_address(resources, options.path, options.connection, by)
    elif options.connection is not None:
        raise UsageError("A connection needs an address.", "Name a path such as s3://bucket/labels.json.")
    job = new_job(JobKind.LABELS_EXPORT, options, subject=options.path, requested_by=by.actor.name)
    return jobs.request(resources.catalog, job)


def read_export(resources: Resources, job_id: int, name: str, *, by: Context) -> Iterator[bytes]:
    """The file of an export that is kept. Raises NotFound."""
    job = jobs.show_job(resources.catalog, job_id)
    if job.kind != JobKind.LABELS_EXPORT.value or job.workspace != by.workspace:
        raise NotFound(f"Job {job_id} is not an export of labels.")
    if job.state is not JobState.SUCCEEDED:
        raise NotFound(f"Export {job_id} has no file: it is {job.state.value}.", "Wait for the end of the job.")
    if msgspec.convert(job.args, LabelExportOptions).copy_images:
        by.require(ORIGINALS)
    return read_kept(resources, job_id, name, msgspec.convert(job.result, LabelExport).files)


def _check_address(resources: Resources, path: str, connection: str | None, by: Context) -> None:
    if not is_address(path):
        raise UsageError(f"{path!r} is not an address in a bucket.", "Name one like s3://bucket/labels.json.")
    by.require(Permission.DATASOURCES_EDIT)  # who may read a bucket
    location, _ = address_of(path)
    if connection is None:
        raise UsageError(
            "An address over the API needs a connection: otherwise the machine's own credentials would be used.",
            "Name a connection.",
        )
    found = connections.named(resources.catalog, connection).connection
    check_fits(label_datasource(location), found.kind, found.settings, found.name)


def export_labels(
    settings: Settings, catalog: Catalog, options: LabelExportOptions, step: StepCallback, *, requested_by: str
) -> LabelExport:
    """Export labels. Raises UsageError, NotFound and MirrorlakeError."""
    job = new_job(JobKind.LABELS_EXPORT, options, subject=options.path, requested_by=requested_by)
    result: LabelExport = run_here(settings, catalog, job, step=step)
    return result
