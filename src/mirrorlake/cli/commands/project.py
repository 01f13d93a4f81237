"""`mirrorlake project`: named sets of assets. No run removes an asset in a project."""

from __future__ import annotations

from typing import Annotated

import typer

from mirrorlake.cli.backend import open_library
from mirrorlake.cli.bulk import DRY_RUN, QUERY, run_bulk
from mirrorlake.cli.commands.asset import JSON
from mirrorlake.cli.commands.project_details import install_details
from mirrorlake.cli.commands.project_splits import install_splits
from mirrorlake.cli.options import JSON_LINES
from mirrorlake.cli.output import echo, print_json_lines, print_table
from mirrorlake.model.bulk import BulkEdit
from mirrorlake.model.edits import Edit
from mirrorlake.select.edits import check_edit

app = typer.Typer(help="Manage projects, which are named sets of assets.", no_args_is_help=True)

NAME = Annotated[str, typer.Argument(metavar="NAME", help="Name of the project.")]
IDS = Annotated[
    list[str] | None,
    typer.Argument(metavar="[ID…]", help="Ids of the assets, as printed by `mirrorlake search`; not with --query."),
]


@app.command("add")
def add(
    name: NAME, asset_ids: IDS = None, *, query: QUERY = None, dry_run: DRY_RUN = False, json: JSON = False
) -> None:
    """Add assets to a project. The project is created if it does not exist."""
    _change(Edit(add_projects=(name,)), asset_ids, query, dry_run=dry_run, json=json, verb=f"added to {name}")


@app.command("remove")
def remove(
    name: NAME, asset_ids: IDS = None, *, query: QUERY = None, dry_run: DRY_RUN = False, json: JSON = False
) -> None:
    """Remove assets from a project."""
    _change(Edit(remove_projects=(name,)), asset_ids, query, dry_run=dry_run, json=json, verb=f"removed from {name}")


def _change(
    edit: Edit, asset_ids: list[str] | None, query: str | None, *, dry_run: bool, json: bool, verb: str
) -> None:
    bulk = BulkEdit.of(check_edit(edit), query=query, assets=tuple(asset_ids or ()))
    run_bulk(bulk, dry_run=dry_run, json=json, verb=verb)


@app.command("list")
def list_(*, json: JSON_LINES = False) -> None:
    """List all projects with their numbers of assets, and how many of them are missing."""
    with open_library() as library:
        found = library.projects.list()
    if json:
        print_json_lines(found)
    elif not found:
        echo("No projects yet. Create one: mirrorlake project add NAME ID")
    else:
        rows = ((one.name, one.assets, "" if one.missing is None else one.missing) for one in found)
        print_table(["name", "assets", "missing"], rows, right=frozenset({1, 2}))


def install(parent: typer.Typer) -> None:
    """Add these commands."""
    install_details(app)
    install_splits(app)
    parent.add_typer(app, name="project")
