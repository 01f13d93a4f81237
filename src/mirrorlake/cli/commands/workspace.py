"""`mirrorlake workspace`: parts of a library that share nothing but the server."""

from __future__ import annotations

import shlex
from typing import Annotated

import typer

from mirrorlake.cli.backend import open_library
from mirrorlake.cli.exit_codes import USAGE
from mirrorlake.cli.options import JSON, JSON_LINES
from mirrorlake.cli.output import echo, echo_error, print_json, print_json_lines, print_table
from mirrorlake.core.errors import UsageError
from mirrorlake.core.text import bytes_text, count_noun
from mirrorlake.model.workspaces import Limits, Workspace

app = typer.Typer(help="Manage workspaces: separate libraries on one server.", no_args_is_help=True)

NAME = Annotated[str, typer.Argument(metavar="NAME", help="Name of the workspace.")]
ASSETS = Annotated[int | None, typer.Option("--assets", min=0, help="The most assets, the trash included.")]
BYTES = Annotated[int | None, typer.Option("--bytes", min=0, help="The most bytes of the objects of all assets.")]


@app.command("create")
def create(name: NAME, *, assets: ASSETS = None, size: BYTES = None, json: JSON = False) -> None:
    """Create an empty workspace."""
    with open_library() as library:
        made = library.workspaces.create(name, Limits(assets=assets, bytes=size))
    if json:
        print_json(made)
    else:
        echo(f"Workspace {name} was created. To use it: mirrorlake --workspace {shlex.quote(name)} …")


@app.command("list")
def list_(*, json: JSON_LINES = False) -> None:
    """List the workspaces with what they hold and their limits."""
    with open_library() as library:
        found = library.workspaces.list()
    if json:
        print_json_lines(found)
    else:
        _print(*found)


@app.command("show")
def show(name: NAME, *, json: JSON = False) -> None:
    """Show a workspace."""
    with open_library() as library:
        _show(library.workspaces.get(name), json=json)


@app.command("rename")
def rename(name: NAME, new: Annotated[str, typer.Argument(metavar="NEW", help="Its new name.")]) -> None:
    """Rename a workspace. Everything in it stays."""
    with open_library() as library:
        library.workspaces.rename(name, new)
    echo(f"Workspace {name} is named {new} now.")


@app.command("limit")
def limit(
    name: NAME,
    *,
    assets: ASSETS = None,
    size: BYTES = None,
    no_assets: Annotated[bool, typer.Option("--no-assets", help="Remove the limit of assets.")] = False,
    no_bytes: Annotated[bool, typer.Option("--no-bytes", help="Remove the limit of bytes.")] = False,
    json: JSON = False,
) -> None:
    """Set or remove limits of a workspace. What is there stays.

    A run that reaches a limit ends as succeeded and keeps what it imported; the next run continues once there is room.
    """
    if (assets, size, no_assets, no_bytes) == (None, None, False, False):
        raise UsageError("No limit was given.", "Use --assets, --bytes, --no-assets or --no-bytes.")
    if (assets is not None and no_assets) or (size is not None and no_bytes):
        raise UsageError("A limit cannot be set and removed at once.", "Leave one of the options out.")
    with open_library() as library:
        before = library.workspaces.get(name).limits
        limits = Limits(
            assets=None if no_assets else before.assets if assets is None else assets,
            bytes=None if no_bytes else before.bytes if size is None else size,
        )
        _show(library.workspaces.limit(name, limits), json=json)


@app.command("delete")
def delete(
    name: NAME,
    *,
    acknowledge: Annotated[
        int | None, typer.Option(metavar="COUNT", min=0, help="The number of assets in it, to confirm.")
    ] = None,
    json: JSON = False,
) -> int:
    """Delete a workspace with everything in it.

    Without --acknowledge COUNT, shows only what would be deleted. Buckets are never modified.
    """
    with open_library() as library:
        found = library.workspaces.get(name)
        if acknowledge is not None:
            found = library.workspaces.delete(name, acknowledge=acknowledge)
    if json:
        print_json(found)
    if acknowledge is None:
        echo_error(
            f"Nothing was deleted: the workspace has {count_noun(found.assets, 'asset')}. "
            f"To confirm: mirrorlake workspace delete {shlex.quote(name)} --acknowledge {found.assets}"
        )
        return USAGE
    if not json:
        echo(f"Workspace {name} with {count_noun(found.assets, 'asset')} was deleted. A worker deletes its thumbnails.")
    return 0


def _show(workspace: Workspace, *, json: bool) -> None:
    if json:
        print_json(workspace)
    else:
        _print(workspace)


def _print(*workspaces: Workspace) -> None:
    rows = (
        (
            one.name,
            one.assets,
            "" if one.limits.assets is None else f"{one.limits.assets:,}",
            bytes_text(one.bytes),
            "" if one.limits.bytes is None else bytes_text(one.limits.bytes),
        )
        for one in workspaces
    )
    print_table(["name", "assets", "limit", "bytes", "limit"], rows, right=frozenset({1, 2, 3, 4}))


def install(parent: typer.Typer) -> None:
    """Add these commands."""
    parent.add_typer(app, name="workspace")
