"""`mirrorlake search`: find assets."""

from __future__ import annotations

from typing import Annotated

import typer

from mirrorlake.cli.backend import open_reader
from mirrorlake.cli.output import bytes_text, echo, print_json_lines, print_table
from mirrorlake.core.text import count_noun
from mirrorlake.model.serialization import asset_to_json

SHOWN = 50  # lines for a person; --limit asks for more


def search(
    query: Annotated[str, typer.Argument(help='For example: forklift metadata.site:"hall 3" -tag:reviewed')],
    *,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most so many assets.", show_default="all as JSON, else 50")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document a line.")] = False,
) -> None:
    """Search assets by name, metadata and tags. An empty query matches everything."""
    with open_reader() as reader:
        if json:
            print_json_lines(asset_to_json(asset) for asset in reader.find(query, limit=limit))
            return
        # One more than is shown tells whether there is more.
        shown = limit or SHOWN
        assets = list(reader.find(query, limit=shown + 1))
    if not assets:
        echo("Nothing matches.")
        return
    print_table(
        ["id", "name", "size", "pixels", "state"],
        ((a.id, a.name, bytes_text(a.size), f"{a.width}×{a.height}", a.state.value) for a in assets[:shown]),
        right=frozenset({2, 3}),
    )
    if len(assets) > shown:
        echo(f"Shown: the first {count_noun(shown, 'asset')}, which are not all; --limit N shows more.")


def install(app: typer.Typer) -> None:
    """Add the command. A query may begin with "-" (it means NOT): what is no option of ours belongs to the query."""
    # `-h` is not an option here: it would be found within a query such as `-height>100`.
    app.command("search", context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})(search)
