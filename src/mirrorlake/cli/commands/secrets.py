"""`mirrorlake secrets`: the key that encrypts the secrets of connections."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from mirrorlake.cli.backend import open_foreground
from mirrorlake.cli.output import echo, print_json
from mirrorlake.core.text import count_noun

app = typer.Typer(help="Make and rotate the key that encrypts the secrets of connections.", no_args_is_help=True)


@app.command("make-key")
def make_key() -> None:
    """Print a new random key for MIRRORLAKE_SECRET_KEY. Stores nothing."""
    from mirrorlake.connections.master_keys import new_key  # noqa: PLC0415  loads cryptography

    sys.stdout.write(f"{new_key()}\n")


@app.command("rotate")
def rotate(*, json: Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")] = False) -> None:
    """Encrypt the data keys of all connections with the newest key. Nothing has to be stopped.

    The newest key is the first one of MIRRORLAKE_SECRET_KEY, which must also hold the previous ones. Without that
    variable, the key in the data folder is replaced by a new one.
    """
    with open_foreground() as library:
        rotation = library.rotate_secrets()
    if json:
        print_json(rotation)
    else:
        echo(f"{count_noun(rotation.rewrapped, 'connection')} now use the newest key; {rotation.current:,} did before.")


def install(parent: typer.Typer) -> None:
    """Add these commands."""
    parent.add_typer(app, name="secrets")
