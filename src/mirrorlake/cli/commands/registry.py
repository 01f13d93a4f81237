"""The commands by name, with their summaries. Only the module of the command that was called is imported."""

from __future__ import annotations

import typer

# Importing every command would add a second to every search, so the overview that `--help` prints reads these
# summaries instead of the modules. A test checks them against each command's own help.
COMMANDS = {
    "mirror": "Bring the library in step with a bucket or folder, and print the report.",
    "search": "Find assets by name, metadata and tags. An empty query finds everything.",
    "asset": "Look at single assets, and bring them back from the trash.",
    "tag": "Edit the tags of assets.",
    "metadata": "Edit the metadata of assets.",
    "datasource": "Look at what is mirrored, run it, schedule it, forget it.",
    "project": "Keep assets in named sets.",
    "runs": "Look at what passes did; confirm, cancel or retry them.",
    "jobs": "Show, wait for and cancel jobs: long work of any kind.",
    "verify": "Ask the sources whether what the library remembers of their objects is still true. Changes nothing.",
    "thumbnails": "Look after thumbnails: find and make lost ones, and remove files that no asset uses.",
    "worker": "Run scheduled passes and those that somebody asked for, one after another. Ctrl-C stops it.",
    "up": "Serve the library, and print the address to open. Ctrl-C stops it.",
    "down": "Stop the server and the embedded PostgreSQL of this library.",
    "doctor": "Say whether this machine can run mirrorlake, and what to do where it cannot.",
}


ALIASES = {"job": "jobs"}  # other names of commands


def install_command(name: str, app: typer.Typer) -> None:
    """Import the module of one command and add it to `app`. Raises KeyError for an unknown name."""
    match name:
        case "mirror":
            from mirrorlake.cli.commands.mirror import install  # noqa: PLC0415  see above
        case "search":
            from mirrorlake.cli.commands.search import install  # noqa: PLC0415  see above
        case "asset":
            from mirrorlake.cli.commands.asset import install  # noqa: PLC0415  see above
        case "tag":
            from mirrorlake.cli.commands.tag import install  # noqa: PLC0415  see above
        case "metadata":
            from mirrorlake.cli.commands.metadata import install  # noqa: PLC0415  see above
        case "datasource":
            from mirrorlake.cli.commands.datasource import install  # noqa: PLC0415  see above
        case "project":
            from mirrorlake.cli.commands.project import install  # noqa: PLC0415  see above
        case "runs":
            from mirrorlake.cli.commands.runs import install  # noqa: PLC0415  see above
        case "jobs":
            from mirrorlake.cli.commands.jobs import install  # noqa: PLC0415  see above
        case "verify":
            from mirrorlake.cli.commands.verify import install  # noqa: PLC0415  see above
        case "thumbnails":
            from mirrorlake.cli.commands.thumbnails import install  # noqa: PLC0415  see above
        case "worker":
            from mirrorlake.cli.commands.worker import install  # noqa: PLC0415  see above
        case "up":
            from mirrorlake.cli.commands.up import install  # noqa: PLC0415  see above
        case "down":
            from mirrorlake.cli.commands.down import install  # noqa: PLC0415  see above
        case "doctor":
            from mirrorlake.cli.commands.doctor import install  # noqa: PLC0415  see above
        case _:
            raise KeyError(name)
    install(app)
