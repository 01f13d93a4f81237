"""Export assets. A job with a path of this machine is executed by the command that names it."""

from __future__ import annotations

from contextlib import closing

from mirrorlake.jobs.handler import Handler, JobContext
from mirrorlake.jobs.library_store import EXPORTS, library_store
from mirrorlake.jobs.scratch import scratch_folder
from mirrorlake.library.asset_export import export_assets, file_name, has_several_files
from mirrorlake.library.export_store import ExportStore
from mirrorlake.library.export_targets import open_export_target
from mirrorlake.mirror.source_stores import SourceStores
from mirrorlake.model.exports import AssetExport, ExportOptions
from mirrorlake.model.jobs import Job, JobKind
from mirrorlake.plan.backoff import RetryPolicy

KEPT_DAYS = 90


def run_export(job: Job, args: ExportOptions, context: JobContext) -> AssetExport:
    """Write the assets to new files, or keep them for a download if no path is named."""
    stores = SourceStores(context.settings, context.catalog)
    step = context.reporter.step
    with scratch_folder(context.settings.home) as folder:
        if args.path is None:
            with (
                closing(library_store(context.settings, EXPORTS)) as library,
                ExportStore(library.store).target(job.id, folder) as target,
            ):
                return export_assets(context.catalog, args, target, step, stores=stores)
        with open_export_target(
            args,
            several=has_several_files(args),
            name=file_name(args),
            catalog=context.catalog,
            stores=stores,
            workdir=folder,
            receive=context.item,
        ) as output:
            return export_assets(context.catalog, args, output, step, stores=stores)


EXPORT = Handler(
    kind=JobKind.ASSETS_EXPORT,
    args=ExportOptions,
    result=AssetExport,
    run=run_export,
    policy=RetryPolicy(after_failure=False),
    kept_days=KEPT_DAYS,
)
