"""`mirrorlake down`: stop what runs for a library."""

from __future__ import annotations

import typer

from mirrorlake.app.running import stop
from mirrorlake.cli.output import say
from mirrorlake.settings import read_settings


def down() -> None:
    """Stop the server and the embedded PostgreSQL of this library."""
    for sentence in stop(read_settings()):
        say(sentence)


def install(app: typer.Typer) -> None:
    """Add the command."""
    app.command("down")(down)
