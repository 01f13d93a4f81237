"""`mirrorlake folders`: the folders of buckets that have assets."""

from __future__ import annotations

from typing import Annotated

import typer

from mirrorlake.cli.backend import open_library
from mirrorlake.cli.options import JSON_LINES
from mirrorlake.cli.output import echo, print_json_lines, print_table


def folders(
    path: Annotated[str, typer.Argument(metavar="[PATH]", help="Folder; the top if omitted.")] = "",
    *,
    datasource: Annotated[str | None, typer.Option(help="Only folders of this datasource.")] = None,
    query: Annotated[str | None, typer.Option(help="Count only assets that match.")] = None,
    json: JSON_LINES = False,
) -> None:
    """List the folders in a folder of the buckets, with their numbers of assets."""
    with open_library() as library:
        found = list(library.folders.list(path, datasource=datasource, query=query))
    if json:
        print_json_lines(found)
    elif not found:
        echo("No folders with assets here.")
    else:
        rows = ((one.path, one.datasource, one.assets) for one in found)
        print_table(["path", "datasource", "assets"], rows, right=frozenset({2}))


def install(app: typer.Typer) -> None:
    """Add the command."""
    app.command("folders")(folders)
