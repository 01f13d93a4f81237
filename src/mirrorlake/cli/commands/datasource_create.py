"""`mirrorlake datasource create` and `preview`: what a datasource would select, and the datasource itself."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from mirrorlake.cli.backend import open_foreground, open_library, open_server
from mirrorlake.cli.documents import datasource_document
from mirrorlake.cli.inputs import folder_address, is_address, read_settings_file
from mirrorlake.cli.location_preview import SummaryCallback, preview_on_server, show_summary, shown_listing
from mirrorlake.cli.options import JSON
from mirrorlake.cli.output import echo, print_json
from mirrorlake.cli.progress import shown_progress
from mirrorlake.cli.report import build_preview_report, follow, show_report, terminate_as_interrupt
from mirrorlake.core.errors import UsageError
from mirrorlake.model.location_previews import LocationSummary
from mirrorlake.model.looking import Depth
from mirrorlake.select.json_reader import Json, parse_json, read_object

Connection = Annotated[str | None, typer.Option(help="Name of a stored connection.")]
Globs = Annotated[list[str] | None, typer.Option("--glob", help="Pattern of keys to select. Repeatable.")]
Look = Annotated[Depth | None, typer.Option(help="How much of each object to read.", show_default="full")]
PictureText = Annotated[
    bool | None, typer.Option("--picture-text/--no-picture-text", help="Read the text in pictures.", show_default="off")
]
KeywordTags = Annotated[
    bool | None,
    typer.Option("--keyword-tags/--no-keyword-tags", help="Make keywords in the files tags.", show_default="off"),
]
CaptionTags = Annotated[
    bool | None,
    typer.Option("--caption-tags/--no-caption-tags", help="Make short captions in the files tags.", show_default="off"),
]
BaseNameSidecars = Annotated[
    bool | None,
    typer.Option(
        "--base-name-sidecars/--no-base-name-sidecars", help="Read a.json as metadata of a.jpg.", show_default="on"
    ),
]
SettingsFile = Annotated[Path | None, typer.Option("--settings", help="JSON file of mirror settings.")]


def create(
    uri: Annotated[str, typer.Argument(metavar="URI", help="s3://bucket/folder, gs://…, az://…, or a folder.")],
    *,
    name: Annotated[str | None, typer.Option(help="Name of the datasource. Default: derived from the address.")] = None,
    connection: Connection = None,
    glob: Globs = None,
    look: Look = None,
    picture_text: PictureText = None,
    keyword_tags: KeywordTags = None,
    caption_tags: CaptionTags = None,
    base_name_sidecars: BaseNameSidecars = None,
    settings: SettingsFile = None,
    schedule: Annotated[str | None, typer.Option(help='"every: 6h", "0 3 * * *" (cron), or off.')] = None,
    title: Annotated[str | None, typer.Option(help="Title for users.")] = None,
    description: Annotated[str | None, typer.Option(help="Description for users.")] = None,
    run: Annotated[bool, typer.Option("--run", help="Run it now, and print the report of the run.")] = False,
    json: JSON = False,
) -> int:
    """Create a datasource, and run it with --run. Its address cannot be changed later."""
    given = given_settings(settings, glob, schedule=schedule, title=title, description=description, look=look)
    given = with_switches(
        given,
        pictureText=picture_text,
        keywordTags=keyword_tags,
        captionTags=caption_tags,
        baseNameSidecars=base_name_sidecars,
    )
    with open_server() as server:
        if server is not None and run:
            made = server.datasources.create(
                folder_address(uri), name=name, connection=connection, settings=given, run=True
            )
            first = server.runs.list(limit=1, datasource=made.name)[0]
            return show_report(follow(server, first), json=json)
    with open_library() as library:
        made = library.datasources.create(folder_address(uri), name=name, connection=connection, settings=given)
    if run:
        with open_foreground() as here, terminate_as_interrupt(), shown_progress() as progress:
            report = here.start(made.name, progress, jobs=None)
        return show_report(report, json=json)
    if json:
        print_json(datasource_document(made))
    else:
        echo(f"The datasource {made.name} was created. Run it: mirrorlake datasource run {shlex.quote(made.name)}")
    return 0


def preview(
    what: Annotated[
        str, typer.Argument(metavar="NAME|URI", help="Name of a datasource, or an address without a datasource.")
    ],
    *,
    connection: Connection = None,
    glob: Globs = None,
    settings: SettingsFile = None,
    json: JSON = False,
) -> int:
    """Show what a run would do, or what an address holds before a datasource exists. Stores no datasource.

    Of a datasource: counts, requests, and sample keys of each kind with the reason. Of an address: its objects,
    formats, folders and sidecars, what the patterns select, and an estimate of requests, time and cost. Ctrl-C stops a
    long listing and shows what was found so far.
    """
    if is_address(what):
        given = given_settings(settings, glob)
        return _preview_location(folder_address(what), connection=connection, settings=given, json=json)
    if connection is not None or glob is not None or settings is not None:
        raise UsageError(
            f"--connection, --glob and --settings belong to an address, and {what!r} is taken for the name of a "
            "datasource.",
            "Write an address such as s3://bucket/folder, or leave the options out.",
        )
    with open_server() as server:
        if server is not None:
            return show_report(build_preview_report(server.datasources.preview(what)), json=json)
    with open_foreground() as library, shown_progress() as progress:
        report = library.preview(what, progress)
    return show_report(report, json=json)


def given_settings(file: Path | None, globs: list[str] | None, **texts: str | None) -> dict[str, Json] | None:
    """The settings of a file, with those given as options in their place; None without any."""
    given = {} if file is None else read_object(parse_json(read_settings_file(file)), "The settings file")
    given |= {name: text for name, text in texts.items() if text is not None}
    if globs is not None:
        given["glob_patterns"] = [*globs]
    return given or None


def with_switches(given: dict[str, Json] | None, **switches: bool | None) -> dict[str, Json] | None:
    """The settings with those that are on or off, as far as they are given as options."""
    return {**(given or {}), **{name: on for name, on in switches.items() if on is not None}} or None


def _preview_location(uri: str, *, connection: str | None, settings: dict[str, Json] | None, json: bool) -> int:
    latest: list[LocationSummary] = []
    try:
        with shown_listing(uri) as show:

            def watch(summary: LocationSummary) -> None:
                latest[:] = [summary]
                show(summary)

            summary = _list_location(uri, connection, settings, watch)
    except KeyboardInterrupt:
        if latest:
            show_summary(latest[0], json=json)
        raise
    return show_summary(summary, json=json)


def _list_location(
    uri: str, connection: str | None, settings: dict[str, Json] | None, watch: SummaryCallback
) -> LocationSummary:
    with open_server() as server:
        if server is not None:
            return preview_on_server(server, uri, connection=connection, settings=settings, watch=watch)
    with open_foreground() as library, terminate_as_interrupt():
        return library.preview_location(uri, watch, connection=connection, settings=settings)
