"""`mirrorlake mcp`: serve the library to an assistant over the Model Context Protocol."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated

import typer

from mirrorlake.cli.backend import open_library
from mirrorlake.core.errors import SettingsError


def mcp(
    *,
    allow_edits: Annotated[
        bool, typer.Option("--allow-edits", help="Also let the assistant change tags and metadata of assets.")
    ] = False,
) -> None:
    """Serve the library to an assistant over standard input and output (MCP); read-only without --allow-edits."""
    if find_spec("mcp") is None:
        raise SettingsError(
            "The MCP server needs an optional package that is not installed.",
            "Install it in the checkout of mirrorlake: pip install '.[mcp]'",
        )
    from mirrorlake.cli.mcp_server import make_server  # noqa: PLC0415  an extra, and slow to import

    with open_library() as library:
        make_server(library, allow_edits=allow_edits).run("stdio")


def install(app: typer.Typer) -> None:
    """Add the command."""
    app.command("mcp")(mcp)
