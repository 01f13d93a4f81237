"""`mirrorlake saved`: searches with a name, shared with the workspace."""

from __future__ import annotations

import shlex
from typing import Annotated

import typer

from mirrorlake.cli.backend import open_library
from mirrorlake.cli.formatting import moment
from mirrorlake.cli.options import JSON
from mirrorlake.cli.output import echo, print_json, print_json_lines, print_table

app = typer.Typer(help="Manage saved searches: queries with a name that the workspace shares.", no_args_is_help=True)

NAME = Annotated[str, typer.Argument(metavar="NAME", help="Name of the saved search.")]


@app.command("add")
def add(
    name: NAME, query: Annotated[str, typer.Argument(metavar="QUERY", help="The query.")], *, json: JSON = False
) -> None:
    """Save a query under a name. `mirrorlake search --saved NAME` searches it."""
    with open_library() as library:
        made = library.saved_searches.add(name, query)
    if json:
        print_json(made)
    else:
        echo(f"Saved. Search it with: mirrorlake search --saved {shlex.quote(made.name)}")


@app.command("list")
def list_(*, json: JSON = False) -> None:
    """List the saved searches of the workspace."""
    with open_library() as library:
        found = library.saved_searches.list()
    if json:
        print_json_lines(found)
    elif not found:
        echo("No saved searches yet. Save one: mirrorlake saved add NAME QUERY")
    else:
        rows = ((one.name, one.query, one.created_by, moment(one.updated)) for one in found)
        print_table(["name", "query", "saved by", "changed"], rows)


@app.command("change")
def change(
    name: NAME,
    *,
    rename: Annotated[str | None, typer.Option("--rename", metavar="NAME", help="The new name.")] = None,
    query: Annotated[str | None, typer.Option("--query", metavar="QUERY", help="The new query.")] = None,
    json: JSON = False,
) -> None:
    """Change the name of a saved search, its query, or both."""
    with open_library() as library:
        changed = library.saved_searches.change(library.saved_searches.named(name).id, name=rename, query=query)
    if json:
        print_json(changed)
    else:
        echo(f"Changed: {changed.name} searches {changed.query or 'everything'}")


@app.command("delete")
def delete(name: NAME) -> None:
    """Delete a saved search. Its assets are not touched."""
    with open_library() as library:
        library.saved_searches.delete(library.saved_searches.named(name).id)
    echo(f"Saved search {name} was deleted.")


def install(parent: typer.Typer) -> None:
    """Add these commands."""
    parent.add_typer(app, name="saved")
