"""Export assets: stream rows of the catalog into files of one format, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import Final, assert_never

import pyarrow as pa

from mirrorlake.catalog.snapshots import find_gone
from mirrorlake.core.errors import UsageError
from mirrorlake.library.export_formats import FILES
from mirrorlake.library.export_problems import Problems
from mirrorlake.library.export_scope import count_missing, count_rows, open_rows
from mirrorlake.library.export_targets import ExportOutput
from mirrorlake.library.row_objects import NEEDED
from mirrorlake.library.upright_copies import open_originals
from mirrorlake.library.url_manifest import FIELDS as MANIFEST_FIELDS
from mirrorlake.library.url_manifest import UrlManifest
from mirrorlake.library.webdataset import write_shards
from mirrorlake.mirror.source_stores import SourceStores
from mirrorlake.model.asset_columns import check_fields
from mirrorlake.model.exports import (
    SHARD_BYTES_LEAST,
    SHARD_BYTES_MOST,
    URL_LIFE_LIMIT_S,
    AssetExport,
    ExportFormat,
    ExportOptions,
)
from mirrorlake.postgres.pool import Catalog

WRITING: Final = "writing assets"
COPYING: Final = "copying bytes"
Step = Callable[[str, int, int], object]


def check_export(options: ExportOptions) -> tuple[str, ...]:
    """The columns of an export. Raises UsageError for options that no export has, QueryError for the query."""
    if not 1 <= options.url_life_s <= URL_LIFE_LIMIT_S:
        raise UsageError(
            f"An address cannot be valid for {options.url_life_s:,} seconds.", f"Use 1 to {URL_LIFE_LIMIT_S:,} seconds."
        )
    if not SHARD_BYTES_LEAST <= options.shard_bytes <= SHARD_BYTES_MOST:
        raise UsageError(
            f"A shard cannot have {options.shard_bytes:,} bytes.",
            f"Use {SHARD_BYTES_LEAST:,} to {SHARD_BYTES_MOST:,} bytes.",
        )
    if options.bake_orientation and options.format is not ExportFormat.WEBDATASET:
        raise UsageError(
            f"The format {options.format.value} copies no images that could be turned upright.",
            "Use webdataset, or leave out the option.",
        )
    fields = check_fields(options.fields)
    match options.format:
        case ExportFormat.LIST | ExportFormat.MANIFEST:
            if options.fields is not None:
                raise UsageError(f"The format {options.format.value} has fixed fields.", "Leave the fields out.")
            return ("uri",) if options.format is ExportFormat.LIST else MANIFEST_FIELDS
        case ExportFormat.WEBDATASET:
            return (*fields, *(name for name in NEEDED if name not in fields))
        case ExportFormat.PARQUET | ExportFormat.ARROW | ExportFormat.JSONL | ExportFormat.CSV:
            return fields
        case _ as never:
            assert_never(never)


def has_several_files(options: ExportOptions) -> bool:
    """Whether the format writes a folder."""
    return options.format is ExportFormat.WEBDATASET


def file_name(options: ExportOptions) -> str:
    """The name of the file of a format with one."""
    if options.format not in FILES:
        return "assets.manifest.jsonl"
    return f"assets{FILES[options.format].suffix}"


def export_assets(
    catalog: Catalog, options: ExportOptions, output: ExportOutput, step: Step, *, stores: SourceStores
) -> AssetExport:
    """Write the assets of the scope. Raises UsageError, QueryError, NotFound, and the errors of the output."""
    fields = check_export(options)
    total = count_rows(catalog, options.scope, options.assets)
    problems = Problems()
    with ExitStack() as stack:
        rows = stack.enter_context(open_rows(catalog, options.scope, fields, options.assets))
        counted = _Counted(rows.batches, total, step)
        reader = stack.enter_context(open_originals(catalog, stores, bake_orientation=options.bake_orientation))
        expires = None
        if options.format is ExportFormat.WEBDATASET:
            write_shards(
                rows.schema,
                counted,
                output,
                reader,
                problems,
                shard_bytes=options.shard_bytes,
                copied=lambda done: step(COPYING, done, max(done, total or 0)),
            )
        elif options.format is ExportFormat.MANIFEST:
            manifest = UrlManifest(reader, partial(find_gone, catalog), problems, options.url_life_s)
            with output.open(file_name(options)) as file:
                manifest.write(rows.schema, counted, file)
            expires = manifest.expires
        else:
            with output.open(file_name(options)) as file:
                FILES[options.format].write(rows.schema, counted, file)
    files = tuple(sorted(output.files, key=lambda one: one.name))
    return AssetExport(
        assets=counted.rows,
        files=files,
        size=sum(one.size for one in files),
        left_out=tuple(problems.examples),
        left_out_count=problems.count,
        missing=count_missing(catalog, options.scope, options.assets),
        path=options.path,
        urls_expire=expires,
    )


class _Counted:
    """Counts the rows of batches that are being written."""

    def __init__(self, batches: Iterator[pa.RecordBatch], total: int | None, step: Step) -> None:
        self._batches = batches
        self._total = total or 0
        self._step = step
        self.rows = 0

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        self._step(WRITING, 0, self._total)
        for batch in self._batches:
            yield batch
            self.rows += batch.num_rows
            self._step(WRITING, self.rows, max(self.rows, self._total))
