"""`mirrorlake mirror`: one pass over a bucket or folder, in the foreground."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mirrorlake.cli.progress import shown_progress
from mirrorlake.cli.report import show_report, terminate_as_interrupt
from mirrorlake.core.errors import SettingsError
from mirrorlake.core.settings import read_local_settings
from mirrorlake.services.mirror import mirror as run_mirror
from mirrorlake.services.mirror_request import MirrorRequest, read_request


def mirror(
    uri: Annotated[str, typer.Argument(metavar="URI", help="s3://bucket/folder or file:///folder")],
    *,
    name: Annotated[str | None, typer.Option(help="The datasource's name; made from the address if left out.")] = None,
    glob: Annotated[
        list[str] | None, typer.Option(help="Mirror only keys that match, below the address. Repeatable.")
    ] = None,
    settings: Annotated[Path | None, typer.Option(help="A JSON file of mirror settings.")] = None,
    endpoint: Annotated[
        str | None, typer.Option(help="Address of an S3-compatible server, with http:// or https://.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="Region of the bucket.")] = None,
    profile: Annotated[str | None, typer.Option(help="Profile of this machine's AWS configuration.")] = None,
    anonymous: Annotated[bool, typer.Option("--anonymous", help="Sign no request: a public bucket.")] = False,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=256, help="Processes that look at images.", show_default="one a core")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what a pass would do, and do nothing.")] = False,
    json: Annotated[bool, typer.Option("--json", help="The report as one JSON document.")] = False,
) -> int:
    """Bring the library in step with a bucket or folder, and print the report.

    The first pass makes the datasource; later ones reuse it, and look only at what changed.
    """
    request = MirrorRequest(
        uri=uri,
        name=name,
        globs=None if glob is None else tuple(glob),
        settings_json=None if settings is None else _read(settings),
        settings_file=None if settings is None else str(settings),
        endpoint=endpoint,
        region=region,
        profile=profile,
        anonymous=anonymous,
        jobs=jobs,
        dry_run=dry_run,
    )
    asked = read_request(request)
    with terminate_as_interrupt(), shown_progress() as progress:
        report = run_mirror(read_local_settings(), asked, progress)
    return show_report(report, json=json)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The settings file {path} cannot be read: {error}.", "Name a readable JSON file in UTF-8."
        ) from error


def install(app: typer.Typer) -> None:
    """Add the command."""
    app.command("mirror")(mirror)
