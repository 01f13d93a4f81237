"""`mirrorlake project`: named sets of assets. An asset in a project is never removed permanently."""

from __future__ import annotations

from typing import Annotated

import typer

from mirrorlake.cli.backend import open_library
from mirrorlake.cli.output import echo, print_json_lines, print_table
from mirrorlake.core.text import count_noun

app = typer.Typer(help="Manage projects, which are named sets of assets.", no_args_is_help=True)

NAME = Annotated[str, typer.Argument(metavar="NAME", help="Name of the project.")]
IDS = Annotated[list[str], typer.Argument(metavar="ID…", help="Ids of the assets, as printed by `mirrorlake search`.")]


@app.command("add")
def add(name: NAME, asset_ids: IDS) -> None:
    """Add assets to a project. The project is created if it does not exist."""
    with open_library() as library:
        echo(f"{count_noun(library.projects.add(name, asset_ids), 'asset')} added to {name}.")


@app.command("remove")
def remove(name: NAME, asset_ids: IDS) -> None:
    """Remove assets from a project."""
    with open_library() as library:
        echo(f"{count_noun(library.projects.remove(name, asset_ids), 'asset')} removed from {name}.")


@app.command("list")
def list_(*, json: Annotated[bool, typer.Option("--json", help="Output JSON Lines.")] = False) -> None:
    """List all projects with their numbers of assets."""
    with open_library() as library:
        found = library.projects.list()
    if json:
        print_json_lines(found)
    elif not found:
        echo("No projects yet. Create one: mirrorlake project add NAME ID")
    else:
        print_table(["name", "assets"], ((one.name, one.assets) for one in found), right=frozenset({1}))


def install(parent: typer.Typer) -> None:
    """Add these commands."""
    parent.add_typer(app, name="project")
