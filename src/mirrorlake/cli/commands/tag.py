"""`mirrorlake tag`: add and remove tags of assets."""

from __future__ import annotations

from typing import Annotated

import typer

from mirrorlake.cli.bulk import DRY_RUN, QUERY
from mirrorlake.cli.commands.asset import JSON, edit_and_print
from mirrorlake.core.errors import UsageError
from mirrorlake.model.edits import Edit

app = typer.Typer(help="Add and remove tags of assets.", no_args_is_help=True)

WORDS = Annotated[
    list[str],
    typer.Argument(
        metavar="[ID[,ID]] TAG…", help="Ids of assets, unless --query selects them, and tags; quote those with spaces."
    ),
]


@app.command("add")
def add(words: WORDS, *, query: QUERY = None, dry_run: DRY_RUN = False, json: JSON = False) -> None:
    """Add tags to assets. Tags that they already have are ignored."""
    edit_and_print(
        words, lambda tags: Edit(add_tags=_checked(tags)), query=query, dry_run=dry_run, json=json, verb="tagged"
    )


@app.command("remove")
def remove(words: WORDS, *, query: QUERY = None, dry_run: DRY_RUN = False, json: JSON = False) -> None:
    """Remove tags from assets. Tags that they do not have are ignored."""
    edit_and_print(words, lambda tags: Edit(remove_tags=_checked(tags)), query=query, dry_run=dry_run, json=json)


def _checked(tags: list[str]) -> tuple[str, ...]:
    if not tags:
        raise UsageError("No tag was given.", "Write one or more after the ids of the assets.")
    return tuple(tags)


def install(parent: typer.Typer) -> None:
    """Add these commands."""
    parent.add_typer(app, name="tag")
