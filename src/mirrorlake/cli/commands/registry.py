"""The commands by name, with their summaries. Only the module of the command that was called is imported."""

from __future__ import annotations

from collections.abc import Callable

import typer

# Importing every command would add a second to every search, so the overview that `--help` prints reads these
# summaries instead of the modules. A test checks them against each command's own help.
COMMANDS = {
    "mirror": "Mirror a bucket or folder into the library and print the report.",
    "search": "Search assets by name, metadata and tags. An empty query matches everything.",
    "duplicates": "List groups of pictures that look alike, such as copies in another size or format.",
    "asset": "Show assets and their history, move them to the trash, and restore them.",
    "saved": "Manage saved searches: queries with a name that the workspace shares.",
    "tag": "Add and remove tags of assets.",
    "metadata": "Set and remove metadata of assets.",
    "upload": "Upload files as new assets, with metadata, tags, projects and a split. Equal bytes are named.",
    "keys": "Show the metadata keys of the library with their types, counts and values.",
    "facets": "Count the values of fields among matching assets.",
    "datasource": "Manage datasources: list, run, schedule, delete.",
    "connection": "Manage connections: credentials and servers that datasources use.",
    "project": "Manage projects, which are named sets of assets.",
    "workspace": "Manage workspaces: separate libraries on one server.",
    "snapshot": "Freeze projects, and compare and restore what was frozen.",
    "folders": "List the folders in a folder of the buckets, with their numbers of assets.",
    "ontology": "Manage ontologies, which are named lists of classes for annotations.",
    "labels": "Import, export, show and count labels of assets.",
    "export": "Export assets to Parquet, Arrow, JSON Lines, CSV, lists, manifests or WebDataset shards.",
    "runs": "List and show runs; confirm, cancel or retry them.",
    "jobs": "List, show, wait for, cancel and undo jobs: long work of any kind.",
    "webhook": "Manage webhooks: addresses that get a request when runs start and end.",
    "likeness": "Choose the model that ranks pictures by what they show.",
    "function": "Manage own functions: Python or webhooks that are called for assets and runs.",
    "indexes": "Show and maintain the indexes that are made for searches.",
    "activity": "Show who changed what, who signed in and what was refused, the newest first.",
    "member": "Manage members: who may use the library, and what they may do.",
    "apikey": "Manage API keys: what scripts use instead of a password.",
    "session": "List and end sessions: the browsers that are signed in.",
    "whoami": "Show who the caller is, its workspace and its permissions.",
    "verify": "Check the catalog against the source buckets (read-only).",
    "thumbnails": "Check, rebuild and clean thumbnails.",
    "backup": "Back up the library into one file: all workspaces, members and keys. Nothing has to be stopped.",
    "restore": "Restore a backup into an empty library.",
    "secrets": "Make, show and rotate the key that encrypts the secrets of connections.",
    "mcp": "Serve the library to an assistant over standard input and output (MCP); read-only without --allow-edits.",
    "worker": "Run scheduled and queued runs, one after another. Stop with Ctrl-C.",
    "up": "Serve the library and print its address. Stop with Ctrl-C.",
    "down": "Stop the server and the embedded PostgreSQL of this library.",
    "doctor": "Check whether this machine can run mirrorlake.",
    "completion": "Print the completion script of a shell.",
}

# The singular or plural of a noun, whichever is not the command's own name.
SPELLINGS = {
    "run": "runs",
    "job": "jobs",
    "assets": "asset",
    "key": "keys",
    "facet": "facets",
    "tags": "tag",
    "datasources": "datasource",
    "connections": "connection",
    "projects": "project",
    "workspaces": "workspace",
    "snapshots": "snapshot",
    "folder": "folders",
    "webhooks": "webhook",
    "functions": "function",
    "secret": "secrets",
    "index": "indexes",
    "members": "member",
    "apikeys": "apikey",
    "sessions": "session",
    "ontologies": "ontology",
    "label": "labels",
    "exports": "export",
    "thumbnail": "thumbnails",
    "workers": "worker",
}


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
        case "upload":
            from mirrorlake.cli.commands.upload import install  # noqa: PLC0415  see above
        case "datasource":
            from mirrorlake.cli.commands.datasource import install  # noqa: PLC0415  see above
        case "connection":
            from mirrorlake.cli.commands.connection import install  # noqa: PLC0415  see above
        case "export":
            from mirrorlake.cli.commands.export import install  # noqa: PLC0415  see above
        case "runs":
            from mirrorlake.cli.commands.runs import install  # noqa: PLC0415  see above
        case "jobs":
            from mirrorlake.cli.commands.jobs import install  # noqa: PLC0415  see above
        case "function":
            from mirrorlake.cli.commands.function import install  # noqa: PLC0415  see above
        case "webhook":
            from mirrorlake.cli.commands.webhook import install  # noqa: PLC0415  see above
        case _:
            install = _install_of_upkeep(name)
    install(app)


def _install_of_upkeep(name: str) -> Callable[[typer.Typer], None]:
    """The same for who uses the library, and for what keeps it running."""
    match name:
        case "secrets":
            from mirrorlake.cli.commands.secrets import install  # noqa: PLC0415  see above
        case "activity":
            from mirrorlake.cli.commands.activity import install  # noqa: PLC0415  see above
        case "member":
            from mirrorlake.cli.commands.member import install  # noqa: PLC0415  see above
        case "apikey":
            from mirrorlake.cli.commands.apikey import install  # noqa: PLC0415  see above
        case "session":
            from mirrorlake.cli.commands.session import install  # noqa: PLC0415  see above
        case "whoami":
            from mirrorlake.cli.commands.session import install_whoami as install  # noqa: PLC0415  see above
        case "verify":
            from mirrorlake.cli.commands.verify import install  # noqa: PLC0415  see above
        case "thumbnails":
            from mirrorlake.cli.commands.thumbnails import install  # noqa: PLC0415  see above
        case "backup":
            from mirrorlake.cli.commands.backup import install_backup as install  # noqa: PLC0415  see above
        case "restore":
            from mirrorlake.cli.commands.backup import install_restore as install  # noqa: PLC0415  see above
        case "mcp":
            from mirrorlake.cli.commands.mcp import install  # noqa: PLC0415  see above
        case "worker":
            from mirrorlake.cli.commands.worker import install  # noqa: PLC0415  see above
        case "up":
            from mirrorlake.cli.commands.up import install  # noqa: PLC0415  see above
        case "down":
            from mirrorlake.cli.commands.down import install  # noqa: PLC0415  see above
        case "doctor":
            from mirrorlake.cli.commands.doctor import install  # noqa: PLC0415  see above
        case "completion":
            from mirrorlake.cli.commands.completion import install  # noqa: PLC0415  see above
        case _:
            install = _install_of_curation(name)
    return install


def _install_of_curation(name: str) -> Callable[[typer.Typer], None]:
    """The same for the commands that curate assets."""
    match name:
        case "project":
            from mirrorlake.cli.commands.project import install  # noqa: PLC0415  see above
        case "snapshot":
            from mirrorlake.cli.commands.snapshot import install  # noqa: PLC0415  see above
        case "folders":
            from mirrorlake.cli.commands.folders import install  # noqa: PLC0415  see above
        case "ontology":
            from mirrorlake.cli.commands.ontology import install  # noqa: PLC0415  see above
        case "labels":
            from mirrorlake.cli.commands.labels import install  # noqa: PLC0415  see above
        case "saved":
            from mirrorlake.cli.commands.saved import install  # noqa: PLC0415  see above
        case "keys":
            from mirrorlake.cli.commands.keys import install  # noqa: PLC0415  see above
        case "workspace":
            from mirrorlake.cli.commands.workspace import install  # noqa: PLC0415  see above
        case "indexes":
            from mirrorlake.cli.commands.indexes import install  # noqa: PLC0415  see above
        case "likeness":
            from mirrorlake.cli.commands.likeness import install  # noqa: PLC0415  see above
        case "duplicates":
            from mirrorlake.cli.commands.duplicates import install  # noqa: PLC0415  see above
        case "facets":
            from mirrorlake.cli.commands.facets import install  # noqa: PLC0415  see above
        case _:
            raise KeyError(name)
    return install
