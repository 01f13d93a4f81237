"""`mirrorlake tag`: add and remove tags of one asset."""

from __future__ import annotations

from typing import Annotated

import typer

from mirrorlake.cli.commands.asset import ID, JSON, edit_and_print
from mirrorlake.model.edits import Edit

app = typer.Typer(help="Add and remove tags of assets.", no_args_is_help=True)

TAGS = Annotated[list[str], typer.Argument(metavar="TAG…", help="Tags; quote those that contain spaces.")]


@app.command("add")
def add(asset_id: ID, tags: TAGS, *, json: JSON = False) -> None:
    """Add tags to an asset. Tags that it already has are ignored."""
    edit_and_print(asset_id, Edit(add_tags=tuple(tags)), json=json)


@app.command("remove")
def remove(asset_id: ID, tags: TAGS, *, json: JSON = False) -> None:
    """Remove tags from an asset. Tags that it does not have are ignored."""
    edit_and_print(asset_id, Edit(remove_tags=tuple(tags)), json=json)


def install(parent: typer.Typer) -> None:
    """Add these commands."""
    parent.add_typer(app, name="tag")
