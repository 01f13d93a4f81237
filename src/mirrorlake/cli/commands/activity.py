"""`mirrorlake activity`: who changed what."""

from __future__ import annotations

from typing import Annotated

import orjson
import typer

from mirrorlake.cli.backend import open_library
from mirrorlake.cli.documents import activity_document
from mirrorlake.cli.formatting import moment
from mirrorlake.cli.output import echo, print_json_lines, print_table
from mirrorlake.model.activity import Activity, Subject


def show(
    *,
    kind: Annotated[Subject | None, typer.Option(help="Show only changes of this kind of subject.")] = None,
    subject: Annotated[
        str | None, typer.Option(help="Show only changes of this asset, project or datasource. Requires --kind.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Show at most this many.")] = 20,
    json: Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")] = False,
) -> None:
    """Show who changed assets, projects and datasources, the newest change first."""
    with open_library() as library:
        changes = library.activity.list(limit=limit, kind=kind, subject=subject)
    if json:
        print_json_lines(activity_document(change) for change in changes)
    elif not changes:
        echo("No matching changes.")
    else:
        print_table(["time", "by", "action", "subject", "details"], (_row(change) for change in changes))


def _row(change: Activity) -> tuple[object, ...]:
    details = orjson.dumps(change.details).decode() if change.details else ""
    return moment(change.at), change.actor, change.action, f"{change.subject_kind} {change.subject}", details


def install(parent: typer.Typer) -> None:
    """Add this command."""
    parent.command("activity")(show)
