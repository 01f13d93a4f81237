"""`mirrorlake tag`: give one asset tags, and take them away."""

from __future__ import annotations

from typing import Annotated

import typer

from mirrorlake.cli.commands.asset import ID, JSON, edit_and_print
from mirrorlake.model.edits import Edit

app = typer.Typer(help="Add and remove tags of assets.", no_args_is_help=True)

TAGS = Annotated[list[str], typer.Argument(metavar="TAG…", help="Quote one with spaces in it.")]


@app.command("add")
def add(asset_id: ID, tags: TAGS, *, json: JSON = False) -> None:
    """Give an asset tags. One that it has already is no mistake."""
    edit_and_print(asset_id, Edit(add_tags=tuple(tags)), json=json)


@app.command("remove")
def remove(asset_id: ID, tags: TAGS, *, json: JSON = False) -> None:
    """Take tags from an asset. One that it does not have is no mistake."""
    edit_and_print(asset_id, Edit(remove_tags=tuple(tags)), json=json)


def install(parent: typer.Typer) -> None:
    """Add these commands."""
    parent.add_typer(app, name="tag")
