"""`mirrorlake project`: named sets of assets, which are never removed for good while they are in one."""

from __future__ import annotations

from typing import Annotated

import typer

from mirrorlake.app.removing import add_to_project, list_projects, remove_from_project
from mirrorlake.cli.output import print_json_lines, print_table, say
from mirrorlake.settings import read_local_settings

app = typer.Typer(help="Keep assets in named sets.", no_args_is_help=True)

NAME = Annotated[str, typer.Argument(metavar="NAME", help="The project's name.")]
IDS = Annotated[list[str], typer.Argument(metavar="ID…", help="As `mirrorlake search` prints them.")]


@app.command("add")
def add(name: NAME, asset_ids: IDS) -> None:
    """Put assets into a project, which is made where there is none."""
    say(f"{add_to_project(read_local_settings(), name, asset_ids)} assets came into {name}.")


@app.command("remove")
def remove(name: NAME, asset_ids: IDS) -> None:
    """Take assets out of a project."""
    say(f"{remove_from_project(read_local_settings(), name, asset_ids)} assets left {name}.")


@app.command("list")
def list_(*, json: Annotated[bool, typer.Option("--json", help="JSON Lines.")] = False) -> None:
    """Every project with the number of its assets."""
    found = list_projects(read_local_settings())
    if json:
        print_json_lines({"name": name, "assets": count} for name, count in found)
    else:
        print_table(["name", "assets"], found, right=frozenset({1}))


def install(parent: typer.Typer) -> None:
    """Add these commands."""
    parent.add_typer(app, name="project")
