"""`mirrorlake metadata`: set and remove metadata keys of one asset."""

from __future__ import annotations

from typing import Annotated

import typer

from mirrorlake.cli.commands.asset import ID, JSON, edit_and_print
from mirrorlake.model.edits import Edit
from mirrorlake.select.edits import parse_assignment

app = typer.Typer(help="Set and remove metadata of assets.", no_args_is_help=True)


@app.command("set")
def set_(
    asset_id: ID,
    values: Annotated[
        list[str], typer.Argument(metavar="KEY=VALUE…", help="weight=2.5 ok=true side=front lot='\"007\"'")
    ],
    *,
    json: JSON = False,
) -> None:
    """Set metadata keys. A value that is a JSON scalar is stored as such, any other as text."""
    edit_and_print(asset_id, Edit(metadata=dict(parse_assignment(word) for word in values)), json=json)


@app.command("remove")
def remove(
    asset_id: ID,
    keys: Annotated[list[str], typer.Argument(metavar="KEY…", help="Keys that do not exist are ignored.")],
    *,
    json: JSON = False,
) -> None:
    """Remove metadata keys, including those read from a sidecar."""
    edit_and_print(asset_id, Edit(remove_metadata=tuple(keys)), json=json)


def install(parent: typer.Typer) -> None:
    """Add these commands."""
    parent.add_typer(app, name="metadata")
