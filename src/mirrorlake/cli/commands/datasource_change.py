"""`mirrorlake datasource change`, `schedule` and `history`: change settings, and show who did."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import orjson
import typer

from mirrorlake.cli.backend import open_library
from mirrorlake.cli.commands.datasource_create import (
    BaseNameSidecars,
    CaptionTags,
    KeywordTags,
    PictureText,
    given_settings,
    with_switches,
)
from mirrorlake.cli.documents import change_document, datasource_document
from mirrorlake.cli.formatting import moment
from mirrorlake.cli.options import JSON
from mirrorlake.cli.output import echo, print_json, print_json_lines, print_table
from mirrorlake.core.errors import UsageError
from mirrorlake.model.datasource_changes import DatasourceChange
from mirrorlake.model.looking import Depth
from mirrorlake.model.schedule import schedule_from_text
from mirrorlake.select.json_reader import Json

Name = Annotated[str, typer.Argument(metavar="NAME")]


def change(
    name: Name,
    *,
    title: Annotated[str | None, typer.Option(help="Title for users; an empty text removes it.")] = None,
    description: Annotated[str | None, typer.Option(help="Description for users; an empty text removes it.")] = None,
    glob: Annotated[
        list[str] | None,
        typer.Option("--glob", help="Pattern of keys to select, in place of all patterns. Repeatable."),
    ] = None,
    look: Annotated[Depth | None, typer.Option(help="How much of each object to read.")] = None,
    picture_text: PictureText = None,
    keyword_tags: KeywordTags = None,
    caption_tags: CaptionTags = None,
    base_name_sidecars: BaseNameSidecars = None,
    settings: Annotated[
        Path | None, typer.Option("--settings", help="JSON file of settings to change; null resets one.")
    ] = None,
    connection: Annotated[
        str | None, typer.Option("--connection", metavar="NAME", help="Connection to use from the next run on.")
    ] = None,
    no_connection: Annotated[
        bool, typer.Option("--no-connection", help="Leave the connection, and use the machine's own credentials.")
    ] = False,
    uri: Annotated[str | None, typer.Option("--uri", hidden=True)] = None,
    json: JSON = False,
) -> None:
    """Change the title, description, patterns, connection or other settings of a datasource, and keep the others.

    The next run uses them. The address cannot be changed. `mirrorlake datasource history` shows who changed what.
    """
    if uri is not None:
        raise UsageError(
            "The address of a datasource cannot be changed: its assets come from there.",
            f"Create another datasource: mirrorlake datasource create {shlex.quote(uri)}",
        )
    switches = {"pictureText": picture_text, "keywordTags": keyword_tags, "captionTags": caption_tags}
    switches["baseNameSidecars"] = base_name_sidecars
    given = with_switches(given_settings(settings, glob, look=look), **switches) or {}
    texts: dict[str, Json] = {
        key: text or None for key, text in (("title", title), ("description", description)) if text is not None
    }
    given |= texts
    if connection is not None and no_connection:
        raise UsageError("--connection and --no-connection cannot be combined.", "Remove one of them.")
    if connection is not None or no_connection:
        given["connection"] = connection
    if not given:
        raise UsageError("Nothing to change was given.", "Give at least one option, such as --title.")
    with open_library() as library:
        found = library.datasources.change_settings(name, given)
    if json:
        print_json(datasource_document(found))
    else:
        echo(f"The datasource {name} was changed. The next run uses the new settings.")


def schedule(
    name: Name,
    when: Annotated[str, typer.Argument(metavar="WHEN", help='"every: 6h", "0 3 * * *" (cron), or off.')],
    *,
    timezone: Annotated[str | None, typer.Option(help="Time zone of a cron expression.", show_default="UTC")] = None,
    json: JSON = False,
) -> None:
    """Set the schedule. Scheduled runs are executed by a worker."""
    schedule_from_text(when, timezone)  # an invalid schedule is refused before any request
    with open_library() as library:
        found = library.datasources.change_settings(name, {"schedule": when, "timezone": timezone})
    if json:
        print_json(datasource_document(found))
    elif found.next_due is None:
        echo(f"{name} has no schedule. It is mirrored only on request.")
    else:
        echo(f"Next run of {name}: {moment(found.next_due)}. It needs a worker: mirrorlake worker, or mirrorlake up.")


def history(
    name: Name,
    *,
    limit: Annotated[int, typer.Option(min=1, help="Show at most this many changes.")] = 20,
    json: JSON = False,
) -> None:
    """Show who created and changed a datasource, from which values to which, the newest change first."""
    with open_library() as library:
        changes = library.datasources.history(name, limit=limit)
    if json:
        print_json_lines(change_document(one) for one in changes)
    else:
        print_table(["time", "by", "action", "setting", "old", "new"], (row for one in changes for row in _rows(one)))


def _rows(change: DatasourceChange) -> list[tuple[object, ...]]:
    who = (moment(change.at), change.actor, change.action.replace("_", " "))
    if not change.changes:
        return [(*who, None, None, None)]
    return [(*who, one.setting, _text(one.old), _text(one.new)) for one in change.changes]


def _text(value: object) -> str:
    """A value of a settings file, as it is written there; a text without its quotes."""
    if value is None:
        return "-"
    return value if isinstance(value, str) else orjson.dumps(value).decode()
