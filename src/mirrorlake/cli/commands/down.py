"""`mirrorlake down`: stop the server and the database of a library."""

from __future__ import annotations

import typer

from mirrorlake.cli.output import echo
from mirrorlake.core.settings import read_settings
from mirrorlake.services.server import stop


def down() -> None:
    """Stop the server and the embedded PostgreSQL of this library."""
    for sentence in stop(read_settings()):
        echo(sentence)


def install(app: typer.Typer) -> None:
    """Add the command."""
    app.command("down")(down)
