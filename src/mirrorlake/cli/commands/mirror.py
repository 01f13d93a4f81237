"""`mirrorlake mirror`: run a bucket or folder in the foreground."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mirrorlake.cli.inputs import folder_address, read_settings_file
from mirrorlake.cli.progress import shown_progress
from mirrorlake.cli.report import show_report, terminate_as_interrupt
from mirrorlake.core.settings import read_local_settings
from mirrorlake.model.looking import Depth
from mirrorlake.services.mirror import mirror as run_mirror
from mirrorlake.services.mirror_request import MirrorRequest, read_request

_GLOB = typer.Option(help="Mirror only keys below the address that match this glob. Repeatable.")
_MEDIA = typer.Option(
    help="Mirror objects of this kind: image, video, audio, document, text. Repeatable.", show_default="image"
)
_LOOK = typer.Option(
    help="How much of each object to read: full, header (facts, no thumbnail) or none (register only).",
    show_default="full",
)
_PICTURE_TEXT = typer.Option(
    "--picture-text/--no-picture-text", help="Read the text in pictures after each run.", show_default="off"
)


def mirror(
    uri: Annotated[
        str,
        typer.Argument(
            metavar="URI", help="s3://bucket/folder, gs://bucket/folder, az://account/container/folder, or a folder."
        ),
    ],
    *,
    name: Annotated[str | None, typer.Option(help="Name of the datasource. Default: derived from the address.")] = None,
    glob: Annotated[list[str] | None, _GLOB] = None,
    media: Annotated[list[str] | None, _MEDIA] = None,
    look: Annotated[Depth | None, _LOOK] = None,
    picture_text: Annotated[bool | None, _PICTURE_TEXT] = None,
    settings: Annotated[Path | None, typer.Option(help="JSON file of mirror settings.")] = None,
    endpoint: Annotated[str | None, typer.Option(help="URL of an S3-compatible server.")] = None,
    region: Annotated[str | None, typer.Option(help="Region of the bucket.")] = None,
    profile: Annotated[str | None, typer.Option(help="AWS profile of this machine.")] = None,
    anonymous: Annotated[
        bool | None,
        typer.Option("--anonymous/--no-anonymous", help="Send unsigned requests, for a public bucket."),
    ] = None,
    connection: Annotated[
        str | None, typer.Option(help="Name of a stored connection, which specifies the server and the credentials.")
    ] = None,
    no_connection: Annotated[
        bool, typer.Option("--no-connection", help="Leave the stored connection, and use this machine's credentials.")
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, max=256, help="Worker processes that read and decode images.", show_default="one per core"),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what a run would do without doing it.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON document.")] = False,
) -> int:
    """Mirror a bucket or folder into the library and print the report.

    The first run creates the datasource; later runs reuse it and read only what changed.
    """
    request = MirrorRequest(
        uri=folder_address(uri),
        name=name,
        globs=None if glob is None else tuple(glob),
        media=None if media is None else tuple(media),
        look=look,
        picture_text=picture_text,
        settings_json=None if settings is None else read_settings_file(settings),
        settings_file=None if settings is None else str(settings),
        endpoint=endpoint,
        region=region,
        profile=profile,
        anonymous=anonymous,
        connection=connection,
        no_connection=no_connection,
        jobs=jobs,
        dry_run=dry_run,
    )
    asked = read_request(request)
    with terminate_as_interrupt(), shown_progress() as progress:
        report = run_mirror(read_local_settings(), asked, progress)
    return show_report(report, json=json)


def install(app: typer.Typer) -> None:
    """Add the command."""
    app.command("mirror")(mirror)
