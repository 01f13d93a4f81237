"""`mirrorlake activity`: who did what, when and from where."""

from __future__ import annotations

from typing import Annotated

import orjson
import typer

from mirrorlake.cli.backend import open_library
from mirrorlake.cli.documents import activity_document
from mirrorlake.cli.formatting import moment
from mirrorlake.cli.inputs import read_moment
from mirrorlake.cli.options import JSON
from mirrorlake.cli.output import echo, print_json_lines, print_table
from mirrorlake.model.activity import Activity, ActivityFilter, Subject


def show(
    *,
    kind: Annotated[Subject | None, typer.Option(help="Show only changes of this kind of subject.")] = None,
    subject: Annotated[
        str | None, typer.Option(help="Show only changes of this asset, project or datasource. Requires --kind.")
    ] = None,
    actor: Annotated[str | None, typer.Option(metavar="NAME", help="Show only what this actor did.")] = None,
    action: Annotated[str | None, typer.Option(metavar="WORD", help="Show only this action, such as sign_in.")] = None,
    refused: Annotated[
        bool | None, typer.Option("--refused/--done", help="Show only what was refused, or only what was done.")
    ] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help="Show it from this moment on.")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Show it before this moment.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Show at most this many.")] = 20,
    everything: Annotated[bool, typer.Option("--all", help="Show all of it, without a limit.")] = False,
    json: JSON = False,
) -> None:
    """Show who changed what, who signed in and what was refused, the newest first.

    Times are written like 2026-11-29 or 2026-11-29T08:00Z.
    """
    chosen = ActivityFilter(
        kind=kind,
        subject=subject,
        actor=actor,
        action=action,
        refused=refused,
        since=None if since is None else read_moment(since, "--since"),
        until=None if until is None else read_moment(until, "--until"),
    )
    with open_library() as library:
        found = library.activity.each(chosen, limit=None if everything else limit)
        if json:
            print_json_lines(activity_document(one) for one in found)
            return
        rows = [_row(one) for one in found]
    if not rows:
        echo("No matching activity.")
    else:
        print_table(["time", "by", "from", "action", "subject", "details"], rows)


def _row(one: Activity) -> tuple[object, ...]:
    details = orjson.dumps(one.details).decode() if one.details else ""
    action = f"{one.action} (refused)" if one.refused else one.action
    origin = " ".join(part for part in (one.address, one.credential) if part is not None)
    return moment(one.at), one.actor, origin, action, f"{one.subject_kind} {one.subject}", details


def install(parent: typer.Typer) -> None:
    """Add this command."""
    parent.command("activity")(show)
