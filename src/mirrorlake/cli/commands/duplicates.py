"""`mirrorlake duplicates`: groups of pictures that look alike."""

from __future__ import annotations

from typing import Annotated

import typer

from mirrorlake.cli.backend import open_library
from mirrorlake.cli.formatting import pixels_text
from mirrorlake.cli.output import echo, print_json_lines, print_table
from mirrorlake.cli.progress import LineInterval
from mirrorlake.cli.query_command import add_query_command
from mirrorlake.core.text import bytes_text, count_noun
from mirrorlake.model.duplicates import DuplicateGroup
from mirrorlake.services.contract import PAGE_LIMIT

SHOWN = 20  # groups of the table, by default


def duplicates(
    query: Annotated[str, typer.Argument(help="Only among assets that match.", show_default="everything")] = "",
    *,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Show at most this many groups.", show_default="all with --json, else 20")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Output JSON Lines, one group each.")] = False,
) -> None:
    """List groups of pictures that look alike, such as copies in another size or format."""
    wanted = limit or (None if json else SHOWN)
    examined, shown, cursor = 0, 0, None
    interval = LineInterval()
    with open_library() as library:
        while wanted is None or shown < wanted:
            size = PAGE_LIMIT if wanted is None else min(wanted - shown, PAGE_LIMIT)
            page = library.assets.duplicates_page(query, limit=size, cursor=cursor)
            examined, shown, cursor = examined + page.examined, shown + len(page.groups), page.next_cursor
            for note in page.notes:
                echo(note)
            if json:
                print_json_lines(page.groups)
            else:
                _print_groups(page.groups)
            if cursor is None:
                break
            if interval.is_due():
                echo(f"{count_noun(examined, 'asset')} examined, {count_noun(shown, 'group')} found")
    if not shown:
        echo("No near-duplicates.")
    elif cursor is not None:
        echo(f"Showing the first {count_noun(shown, 'group')}. Use --limit N for more.")


def _print_groups(groups: tuple[DuplicateGroup, ...]) -> None:
    for group in groups:
        rows = ((one.id, one.name, bytes_text(one.size), pixels_text(one)) for one in group.assets)
        print_table(["id", "name", "size", "pixels"], rows, right=frozenset({2, 3}))
        if group.capped:
            echo(f"This group has more than {count_noun(len(group.assets), 'asset')}.")


def install(app: typer.Typer) -> None:
    """Add the command."""
    add_query_command(app, "duplicates", duplicates)
