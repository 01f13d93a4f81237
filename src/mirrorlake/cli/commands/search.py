"""`mirrorlake search`: search assets."""

from __future__ import annotations

from itertools import chain
from typing import Annotated

import typer

from mirrorlake.cli.backend import open_library
from mirrorlake.cli.formatting import pixels_text
from mirrorlake.cli.output import bytes_text, echo, print_json_lines, print_table
from mirrorlake.core.text import count_noun

SHOWN = 50  # default number of lines of the table


def search(
    query: Annotated[
        str,
        typer.Argument(help='For example: forklift metadata.site:"hall 3" -tag:reviewed', show_default="everything"),
    ] = "",
    *,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Show at most this many assets.", show_default="all with --json, else 50")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Output JSON Lines.")] = False,
) -> None:
    """Search assets by name, metadata and tags. An empty query matches everything."""
    with open_library() as library:
        found = library.assets.find(query, limit=limit if json else (limit or SHOWN) + 1)  # one more than is shown
        first = next(found, None)
        if first is None:
            if not json:
                echo("No matching assets.")
            for note in library.assets.search(query, limit=1).notes:
                echo(note)
            return
        if json:
            print_json_lines(chain([first], found))
            return
        assets, shown = [first, *found], limit or SHOWN
    print_table(
        ["id", "name", "size", "pixels", "state"],
        ((a.id, a.name, bytes_text(a.size), pixels_text(a), a.state.value) for a in assets[:shown]),
        right=frozenset({2, 3}),
    )
    if len(assets) > shown:
        echo(f"Showing the first {count_noun(shown, 'result')}. Use --limit N for more.")


def install(app: typer.Typer) -> None:
    """Add the command. A query may begin with "-" (NOT), so unknown options belong to the query."""
    # `-h` is not an option here: it would be found within a query such as `-height>100`.
    app.command("search", context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})(search)
