"""`mirrorlake project`: named sets of assets, which are never removed for good while they are in one."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from mirrorlake.cli.backend import open_actor
from mirrorlake.cli.output import echo, print_json_lines, print_table
from mirrorlake.core.text import count_noun

app = typer.Typer(help="Manage projects, which are named sets of assets.", no_args_is_help=True)

NAME = Annotated[str, typer.Argument(metavar="NAME", help="The project's name.")]
IDS = Annotated[list[str], typer.Argument(metavar="ID…", help="As `mirrorlake search` prints them.")]


@app.command("add")
def add(name: NAME, asset_ids: IDS) -> None:
    """Put assets into a project, which is made where there is none."""
    with open_actor() as library:
        echo(f"{count_noun(library.add_to_project(name, asset_ids), 'asset')} came into {name}.")


@app.command("remove")
def remove(name: NAME, asset_ids: IDS) -> None:
    """Take assets out of a project."""
    with open_actor() as library:
        echo(f"{count_noun(library.remove_from_project(name, asset_ids), 'asset')} left {name}.")


@app.command("list")
def list_(*, json: Annotated[bool, typer.Option("--json", help="JSON Lines.")] = False) -> None:
    """Every project with the number of its assets."""
    with open_actor() as library:
        found = library.projects()
    if json:
        print_json_lines(asdict(project) for project in found)
    elif not found:
        echo("No project yet. Make one: mirrorlake project add NAME ID")
    else:
        print_table(["name", "assets"], ((one.name, one.assets) for one in found), right=frozenset({1}))


def install(parent: typer.Typer) -> None:
    """Add these commands."""
    parent.add_typer(app, name="project")
