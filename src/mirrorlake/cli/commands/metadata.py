"""`mirrorlake metadata`: set and remove metadata keys of assets."""

from __future__ import annotations

from typing import Annotated

import typer

from mirrorlake.cli.bulk import DRY_RUN, QUERY
from mirrorlake.cli.commands.asset import JSON, edit_and_print
from mirrorlake.core.errors import UsageError
from mirrorlake.model.edits import Edit
from mirrorlake.select.edits import parse_assignment

app = typer.Typer(help="Set and remove metadata of assets.", no_args_is_help=True)


@app.command("set")
def set_(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="[ID[,ID]] KEY=VALUE…",
            help="Ids of assets, unless --query selects them, and values: weight=2.5 ok=true side=front lot='\"007\"'",
        ),
    ],
    *,
    query: QUERY = None,
    dry_run: DRY_RUN = False,
    json: JSON = False,
) -> None:
    """Set metadata keys. A value that is a JSON scalar is stored as such, any other as text."""
    edit_and_print(
        words,
        lambda values: Edit(metadata=dict(parse_assignment(word) for word in _checked(values, "KEY=VALUE"))),
        query=query,
        dry_run=dry_run,
        json=json,
    )


@app.command("remove")
def remove(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="[ID[,ID]] KEY…",
            help="Ids of assets, unless --query selects them, and keys; keys that do not exist are ignored.",
        ),
    ],
    *,
    query: QUERY = None,
    dry_run: DRY_RUN = False,
    json: JSON = False,
) -> None:
    """Remove metadata keys, including those read from a sidecar."""
    edit_and_print(
        words,
        lambda keys: Edit(remove_metadata=tuple(_checked(keys, "KEY"))),
        query=query,
        dry_run=dry_run,
        json=json,
    )


def _checked(words: list[str], form: str) -> list[str]:
    if not words:
        raise UsageError("No metadata key was given.", f"Write {form} after the ids of the assets.")
    return words


def install(parent: typer.Typer) -> None:
    """Add these commands."""
    parent.add_typer(app, name="metadata")
