"""`mirrorlake secrets`: the key that encrypts the secrets of connections, webhooks and functions."""

from __future__ import annotations

import sys
from typing import Final

import typer

from mirrorlake.cli.backend import open_library
from mirrorlake.cli.options import JSON
from mirrorlake.cli.output import echo, echo_detail, print_json
from mirrorlake.core.text import count_noun
from mirrorlake.model.master_keys import KeyPlace

app = typer.Typer(help="Make, show and rotate the key that encrypts the secrets of connections.", no_args_is_help=True)
_PLACES: Final = {
    KeyPlace.ENVIRONMENT: "The master keys are those of MIRRORLAKE_SECRET_KEY.",
    KeyPlace.FILE: "The master keys are in the data folder of the library.",
    KeyPlace.NONE: "There is no master key.",
}


@app.command("make-key")
def make_key() -> None:
    """Print a new random key for MIRRORLAKE_SECRET_KEY. Stores nothing."""
    from mirrorlake.connections.master_keys import new_key  # noqa: PLC0415  loads cryptography

    sys.stdout.write(f"{new_key()}\n")


@app.command("show")
def show(*, json: JSON = False) -> None:
    """Show how many secrets each master key encrypts. Keys are shown by a name that reveals nothing of them."""
    with open_library() as library:
        found = library.master_keys.show()
    if json:
        print_json(found)
        return
    echo(_PLACES[found.place])
    for key in found.keys:
        age = "newest" if key.newest else "older"
        echo(f"{key.id}  {key.kind}, {age}, encrypts {count_noun(key.secrets, 'secret')}")
    if found.older:
        echo_detail("Encrypt all of them with the newest key: mirrorlake secrets rotate")
    if found.lost:
        echo(f"The key of {count_noun(found.lost, 'secret')} is not on the library's machine.")


@app.command("rotate")
def rotate(*, json: JSON = False) -> None:
    """Encrypt the data keys of all secrets with the newest key. Nothing has to be stopped.

    The newest key is the first one of MIRRORLAKE_SECRET_KEY, which must also hold the previous ones. Without that
    variable, the key in the data folder is replaced by a new one.
    """
    with open_library() as library:
        rotation = library.master_keys.rotate()
    if json:
        print_json(rotation)
    else:
        again = count_noun(rotation.rewrapped, "secret")
        echo(f"Encrypted with the newest key now: {again}. It encrypted {rotation.current:,} before.")


def install(parent: typer.Typer) -> None:
    """Add these commands."""
    parent.add_typer(app, name="secrets")
