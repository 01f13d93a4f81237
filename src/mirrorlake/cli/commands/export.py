"""`mirrorlake export`: export assets to files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mirrorlake.cli.backend import open_foreground, open_server
from mirrorlake.cli.options import ASSETS, JSON
from mirrorlake.cli.output import echo, echo_detail, print_json, write_bytes
from mirrorlake.cli.progress import shown_count
from mirrorlake.cli.server_job import job_result
from mirrorlake.core.errors import UsageError
from mirrorlake.core.text import bytes_text, count_noun
from mirrorlake.model.exports import OUTPUT, SHARD_BYTES, URL_LIFE_S, AssetExport, ExportFormat, ExportOptions
from mirrorlake.services.contract import Library

HOUR_S = 3600
MEGABYTE = 1_000_000


def export(
    query: Annotated[
        str, typer.Argument(metavar="QUERY", help="Query of the assets; all if omitted.", show_default=False)
    ] = "",
    *,
    project: Annotated[str | None, typer.Option(help="Only export assets of this project.")] = None,
    snapshot: Annotated[
        str | None, typer.Option(metavar="PROJECT@NUMBER", help="Export the assets as they were in a snapshot.")
    ] = None,
    assets: ASSETS = None,
    export_format: Annotated[ExportFormat, typer.Option("--format", help="Format of the export.")],
    out: Annotated[
        str, typer.Option(metavar="PATH", help="New file (folder for webdataset), address of a new object, or -.")
    ],
    connection: Annotated[str | None, typer.Option(help="Stored connection for the address.")] = None,
    fields: Annotated[
        str | None,
        typer.Option(metavar="NAME,…", help="Columns, such as id,uri,metadata.site,facts.iso; all if omitted."),
    ] = None,
    url_hours: Annotated[
        int, typer.Option(min=1, max=168, help="Hours for which the addresses in a manifest are valid.")
    ] = URL_LIFE_S // HOUR_S,
    shard_mb: Annotated[
        int, typer.Option(min=1, max=20_000, help="Size of a WebDataset shard in megabytes.")
    ] = SHARD_BYTES // MEGABYTE,
    bake_orientation: Annotated[
        bool,
        typer.Option("--bake-orientation", help="Turn copied images by their EXIF orientation; for webdataset."),
    ] = False,
    json: JSON = False,
) -> None:
    """Export assets to Parquet, Arrow, JSON Lines, CSV, lists, manifests or WebDataset shards."""
    if json and out == OUTPUT:
        raise UsageError("Standard output cannot hold both the export and its report.", "Leave out --json.")
    options = ExportOptions(
        query=query,
        project=project,
        snapshot=snapshot,
        assets=tuple(assets or ()),
        format=export_format,
        path=out,
        connection=connection,
        fields=None if fields is None else tuple(name.strip() for name in fields.split(",")),
        url_life_s=url_hours * HOUR_S,
        shard_bytes=shard_mb * MEGABYTE,
        bake_orientation=bake_orientation,
    )
    result = _export(options, out)
    if json:
        print_json(result)
        return
    _report(result, out)


def _report(result: AssetExport, out: str) -> None:
    where = "" if out == OUTPUT else f" in {out}"
    report = echo if out == OUTPUT else echo_detail
    report(f"{count_noun(result.assets, 'asset')}, {bytes_text(result.size)}{where}.")
    if result.urls_expire is not None:
        report(f"Addresses are valid until {result.urls_expire:%Y-%m-%d %H:%M} UTC.")
    if result.missing:
        echo(f"{count_noun(result.missing, 'of them is', 'of them are')} missing: `state:present` leaves those out.")
    if result.left_out_count:
        echo(f"{count_noun(result.left_out_count, 'asset')} without bytes or address:")
    for one in result.left_out:
        echo(f"  {one}")
    if result.left_out_count > len(result.left_out):
        echo("  …")


def _export(options: ExportOptions, out: str) -> AssetExport:
    with open_server() as server:
        if server is not None:
            return _export_on(server, options, out)
    with open_foreground() as library, shown_count("Writing assets") as done:
        return library.export_assets(options, lambda _step, some, total: done(some, total), receive=write_bytes)


def _export_on(server: Library, options: ExportOptions, out: str) -> AssetExport:
    """Export on a server; what does not go to a bucket is downloaded."""
    from dataclasses import replace  # noqa: PLC0415  only with a server

    from mirrorlake.client.downloads import save_files  # noqa: PLC0415  as above

    if "://" in out:
        return job_result(server, server.exports.start(options), AssetExport)
    if out != OUTPUT and Path(out).exists():
        raise UsageError(f"{out} exists.", "Choose a new path.")
    job = server.exports.start(replace(options, path=None))
    result = job_result(server, job, AssetExport)
    several = options.format is ExportFormat.WEBDATASET
    if out == OUTPUT and several:
        raise UsageError("This export has several files.", "Name a folder with --out.")
    names = [one.name for one in result.files]
    if out == OUTPUT:
        for name in names:
            for piece in server.exports.download(job.id, name):
                write_bytes(piece)
    else:
        save_files(Path(out), names, lambda name: server.exports.download(job.id, name), several=several)
    return replace(result, path=out)


def install(app: typer.Typer) -> None:
    """Add the command."""
    app.command("export")(export)
