"""The MCP server over the tools for assistants. Needs the extra `mirrorlake[mcp]`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib.metadata import version
from typing import Any

from mcp.server.mcpserver import Image, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations

from mirrorlake.cli.mcp_tools import DATA, INSTRUCTIONS, AssetId, Tools
from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.services.contract import Library

_READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
_CHANGES = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False)


def make_server(library: Library, *, allow_edits: bool = False) -> MCPServer:
    """The MCP server over a library."""
    server = MCPServer("mirrorlake", instructions=INSTRUCTIONS, version=version("mirrorlake"), log_level="WARNING")
    tools = Tools(library)

    def get_thumbnail(asset_id: AssetId) -> Image:
        """Get the thumbnail of an asset as an image, at most 320 pixels on its longer side."""
        return Image(data=library.assets.thumbnail(asset_id), format="webp")

    offered = [(tool, _READS) for tool in (*tools.reading(), get_thumbnail)]
    if allow_edits:
        offered += [(tool, _CHANGES) for tool in tools.editing()]
    for tool, hints in offered:
        description = f"{tool.__doc__} {DATA}"
        server.add_tool(_reporting(tool), name=tool.__name__, description=description, annotations=hints)
    return server


def _reporting(tool: Callable[..., Any]) -> Callable[..., Any]:
    """The tool with our errors as messages that the assistant reads; other errors are hidden from it."""

    @wraps(tool)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return tool(*args, **kwargs)
        except MirrorlakeError as error:
            raise ToolError(str(error)) from error

    return call
