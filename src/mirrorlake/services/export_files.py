"""Export assets: in this process, as jobs that a server queues, or as a stream."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Final

import msgspec
from pyarrow import ipc

from mirrorlake.catalog import connections, jobs
from mirrorlake.core.errors import NotFound, UsageError
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.execution import new_job, run_here
from mirrorlake.jobs.library_store import EXPORTS, library_store
from mirrorlake.jobs.progress import StepCallback
from mirrorlake.library.asset_export import check_export, has_several_files
from mirrorlake.library.export_scope import check_scope, open_rows
from mirrorlake.library.export_store import ExportStore
from mirrorlake.library.export_targets import split_address
from mirrorlake.library.label_sources import is_address, label_datasource
from mirrorlake.mirror.source_stores import check_fits
from mirrorlake.model.access import Context, Permission
from mirrorlake.model.asset_columns import check_fields
from mirrorlake.model.exports import AssetExport, ExportFile, ExportFormat, ExportOptions, ExportScope
from mirrorlake.model.jobs import JobKind, JobState
from mirrorlake.postgres.pool import Catalog
from mirrorlake.services.base import Resources
from mirrorlake.services.bulk_edits import check_ids

# The permission that originals need, also as presigned addresses and in shards.
ORIGINALS: Final = Permission.ASSETS_READ
_WITH_ORIGINALS: Final = frozenset({ExportFormat.MANIFEST, ExportFormat.WEBDATASET})


def export_assets(
    settings: Settings,
    catalog: Catalog,
    options: ExportOptions,
    step: StepCallback,
    *,
    receive: Callable[[bytes], object],
    requested_by: str,
) -> AssetExport:
    """Export assets now. `receive` gets the bytes of an export to standard output."""
    check_export(options)
    _check_chosen(catalog, options)
    job = new_job(JobKind.ASSETS_EXPORT, options, subject=options.path, requested_by=requested_by)
    result: AssetExport = run_here(settings, catalog, job, step=step, item=receive)
    return result


def request_export(resources: Resources, options: ExportOptions, *, by: Context) -> int:
    """Queue an export. Errors as in `Exports.start`."""
    _check_columns(check_export(options), by)
    if options.format in _WITH_ORIGINALS:
        by.require(ORIGINALS)
    _check_chosen(resources.catalog, options)
    if options.path is not None:
        _check_address(resources, options, options.path, by)
    elif options.connection is not None:
        raise UsageError("A connection needs an address.", "Name a path such as s3://bucket/assets.parquet.")
    job = new_job(JobKind.ASSETS_EXPORT, options, subject=options.path, requested_by=by.actor.name)
    return jobs.request(resources.catalog, job)


def read_file(resources: Resources, job_id: int, name: str, *, by: Context) -> Iterator[bytes]:
    """A file of an export that is kept. Raises NotFound."""
    job = jobs.show_job(resources.catalog, job_id)
    if job.kind != JobKind.ASSETS_EXPORT.value or job.workspace != by.workspace:
        raise NotFound(f"Job {job_id} is not an export.")
    if job.state is not JobState.SUCCEEDED:
        raise NotFound(f"Export {job_id} has no files: it is {job.state.value}.", "Wait for the end of the job.")
    options, result = msgspec.convert(job.args, ExportOptions), msgspec.convert(job.result, AssetExport)
    _check_columns(check_export(options), by)
    if options.format in _WITH_ORIGINALS:
        by.require(ORIGINALS)
    return read_kept(resources, job_id, name, () if result.path is not None else result.files)


def read_kept(resources: Resources, job_id: int, name: str, files: Sequence[ExportFile]) -> Iterator[bytes]:
    """One of the `files` that are kept of an export, piece by piece. Raises NotFound."""
    found = {one.name: one.size for one in files}
    if name not in found:
        raise NotFound(f"Export {job_id} keeps no file {name!r}.", f"It has: {', '.join(found) or 'none'}.")
    library = library_store(resources.settings, EXPORTS)
    try:
        pieces = ExportStore(library.store).read(job_id, name, found[name])
    except BaseException:
        library.close()
        raise

    def read() -> Iterator[bytes]:
        with closing(library):
            yield from pieces

    return read()


def stream_arrow(
    resources: Resources, scope: ExportScope, fields: tuple[str, ...] | None, *, by: Context
) -> Iterator[bytes]:
    """The rows of a scope as an Arrow IPC stream. Errors as in `Exports.stream`, before the first bytes."""
    columns = check_fields(fields)
    _check_columns(columns, by)
    check_scope(resources.catalog, scope)

    def pieces() -> Iterator[bytes]:
        with open_rows(resources.catalog, scope, columns) as rows:
            sink = io.BytesIO()
            with ipc.new_stream(sink, rows.schema) as writer:
                yield _taken(sink)
                for batch in rows.batches:
                    writer.write_batch(batch)
                    yield _taken(sink)
            yield _taken(sink)

    return pieces()


def _check_chosen(catalog: Catalog, options: ExportOptions) -> None:
    check_scope(catalog, options.scope, options.assets)
    check_ids(catalog, options.assets)


def _taken(sink: io.BytesIO) -> bytes:
    data = sink.getvalue()
    sink.seek(0)
    sink.truncate()
    return data


def _check_columns(columns: tuple[str, ...], by: Context) -> None:
    if "annotations" in columns:
        by.require(Permission.LABELS_READ)


def _check_address(resources: Resources, options: ExportOptions, path: str, by: Context) -> None:
    if not is_address(path):
        raise UsageError(f"{path!r} is not an address in a bucket.", "Name one like s3://bucket/assets.parquet.")
    by.require(Permission.DATASOURCES_EDIT)  # who may reach a bucket
    location, _ = split_address(path, several=has_several_files(options))
    if options.connection is None:
        raise UsageError(
            "An address over the API needs a connection: otherwise the machine's own credentials would be used.",
            "Name a connection.",
        )
    found = connections.named(resources.catalog, options.connection).connection
    check_fits(label_datasource(location), found.kind, found.settings, found.name)
